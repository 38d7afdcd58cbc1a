/** @file The options of a data loader, and its position. */
import { defineOptions, kinds, type Kind, type Shape } from '@chainrule/autograd';
import type { BatchChooser, Sampler } from './sampler.js';

/** Options of `DataLoader`. */
export interface DataLoaderOptions<T, B> {
  /** The number of items in a batch. Default 1. */
  readonly batchSize?: number;
  /** Whether each pass takes the items in a new random order. */
  readonly shuffle?: boolean;
  /** Makes the random orders reproducible; without it they depend on `manualSeed`. */
  readonly seed?: number;
  /** Chooses the items of each pass, instead of `shuffle`. PyTorch's samplers have the same names here. */
  readonly sampler?: Sampler | undefined;
  /** Chooses whole batches, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  readonly batchSampler?: BatchChooser | undefined;
  /** Whether to drop a last batch that is not full. */
  readonly dropLast?: boolean;
  /** Makes a batch of a list of items. Default: tensors are stacked, see `collate`. */
  readonly collate?: (samples: T[]) => B;
  /** With `for await`: how many batches to request ahead. Default 0. */
  readonly prefetch?: number;
  /** For a bare typed array: the shape of the whole, samples first. */
  readonly shape?: Shape;
}

/** The position of a loader, from `stateDict()`. */
export interface LoaderState {
  /** The pass. */
  readonly epoch: number;
  /** How many of its batches have been delivered. */
  readonly batch: number;
  /** The seed of its order. */
  readonly order: number;
}

/** Reads the options. */
export const loaderOptions = defineOptions<DataLoaderOptions<never, never>>({
  batchSize: kinds.count,
  shuffle: kinds.flag,
  seed: kinds.whole,
  dropLast: kinds.flag,
  collate: kinds.callable as Kind<never>,
  prefetch: kinds.size,
  sampler: kinds.anything,
  batchSampler: kinds.anything,
  shape: kinds.listOf(kinds.size),
});

/** A position that `stateDict()` could have returned. */
export const loaderState = kinds.kind<LoaderState>('be a state', (x) => {
  const { epoch, batch, order } = x as LoaderState;
  return kinds.size.test(epoch) && kinds.size.test(batch) && kinds.whole.test(order);
});
