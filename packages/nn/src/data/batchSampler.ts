/** @file Batches of a sampler's items. */
import { checkArgument, defineOptions, kinds } from '@chainrule/autograd';
import { drawnSeed } from './random.js';
import { samplerKind, type BatchChooser, type Pass, type Sampler } from './sampler.js';

/** Options of `BatchSampler`. */
export interface BatchSamplerOptions {
  /** Whether to drop a last batch that is not full. Default false. */
  readonly dropLast?: boolean | undefined;
}

const readBatch = defineOptions<BatchSamplerOptions>({ dropLast: kinds.flag });

/**
 * The items of a sampler, `batchSize` at a time. PyTorch: `BatchSampler`.
 * @example
 * [...new BatchSampler(new SequentialSampler([1, 2, 3, 4, 5]), 2)].map((batch) => batch.length) // [2, 2, 1]
 */
export class BatchSampler implements BatchChooser, Iterable<number[]> {
  readonly length: number;
  private readonly sampler: Sampler;
  private readonly batchSize: number;
  private readonly dropLast: boolean;

  constructor(sampler: Sampler, batchSize: number, options?: BatchSamplerOptions) {
    const { dropLast = false } = readBatch('BatchSampler', options);
    this.sampler = checkArgument('BatchSampler', 'sampler', sampler, samplerKind);
    this.batchSize = checkArgument('BatchSampler', 'batchSize', batchSize, kinds.count);
    this.dropLast = dropLast;
    const batches = sampler.length / batchSize;
    this.length = dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The indices of each batch of a pass. */
  *batches(pass: Pass): Generator<number[], undefined> {
    const order = Array.from(this.sampler.order(pass));
    for (let i = 0; i < this.length; i++)
      yield order.slice(i * this.batchSize, (i + 1) * this.batchSize);
    return undefined;
  }

  [Symbol.iterator](): Iterator<number[]> {
    return this.batches({ epoch: 0, seed: drawnSeed() });
  }
}
