/** @file Batches of a dataset, for `for` and `for await`. */
import {
  defineOptions,
  display,
  kinds,
  passes,
  type Kind,
  ChainruleError,
  FormatError,
  type Shape,
} from '@chainrule/autograd';
import { breathe } from '../breathe.js';
import { failed, gathered, isPromise, textOf, worked } from './batchItems.js';
import { collate as defaultCollate, type Collated } from './collate.js';
import { isRows, type Dataset } from './datasets.js';
import { sourceOf, type DataSource, type ItemOf } from './dataSource.js';
import { drawnSeed, permutation } from './random.js';
import { WorkerDataset } from './workerDataset.js';
import { checkSamplers, type BatchChooser, type Sampler } from './sampler.js';

/** What a loader makes of a dataset: its items put together, or what workers have put together. */
export type BatchOf<D> = D extends WorkerDataset<infer W> ? W : Collated<ItemOf<D>>;

/** Options of `DataLoader`. */
export interface DataLoaderOptions<T, B> {
  /** Default 1. */
  readonly batchSize?: number;
  /** Whether each pass goes through the items in a new random order. */
  readonly shuffle?: boolean;
  /** Makes the orders reproducible; without it `manualSeed` governs them. */
  readonly seed?: number;
  /** Chooses the items of each pass, in place of `shuffle`. PyTorch's samplers are here under their names. */
  readonly sampler?: Sampler | undefined;
  /** Chooses whole batches, in place of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  readonly batchSampler?: BatchChooser | undefined;
  /** Whether a last batch that is not full is left out. */
  readonly dropLast?: boolean;
  /** Makes a batch of a list of items. Default: tensors are stacked, see `collate`. */
  readonly collate?: (samples: T[]) => B;
  /** With `for await`: how many batches are asked for ahead. Default 0. */
  readonly prefetch?: number;
  /** For a bare typed array: the shape of the whole, samples first. */
  readonly shape?: Shape;
}

/** Where a loader is: what `stateDict()` gives. */
export interface LoaderState {
  /** The pass. */
  readonly epoch: number;
  /** How many of its batches have been handed out. */
  readonly batch: number;
  /** What decides its order. */
  readonly order: number;
}

const loaderOptions = defineOptions<DataLoaderOptions<never, never>>({
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

/**
 * Goes through a dataset in batches.
 *
 * Datasets are arrays; tensors and typed arrays with a shape, whose samples are rows; objects with `length` and `at(i)`,
 * which may return promises; or async iterables, which have no length, cannot be shuffled and take `for await`. Each
 * loop is a new pass. An item that fails is an error that says which, and in which batch; `stateDict()` then stands
 * before that batch. A `WorkerDataset` loads in workers. PyTorch: `DataLoader`.
 *
 * @example
 * for (const [images, labels] of new DataLoader(new TensorDataset(x, y), { batchSize: 64, shuffle: true, seed: 1 })) { … }
 */
export class DataLoader<const D extends DataSource, B = BatchOf<D>>
  implements Iterable<B>, AsyncIterable<B>
{
  /** The pass that the next loop makes: with a seed it decides the order, so a run can be resumed. */
  epoch = 0;
  /** How many items a batch has. */
  readonly batchSize: number;
  /** The pass of the last loop, until it has ended. */
  private current: LoaderState | null = null;
  /** Where the next loop goes on. */
  private resumed: LoaderState | null = null;
  private readonly source: Dataset | AsyncIterable<unknown>;
  private readonly options: DataLoaderOptions<ItemOf<D>, B>;

  constructor(dataset: D, given?: DataLoaderOptions<ItemOf<D>, B>) {
    loaderOptions('DataLoader', given as never);
    const options: DataLoaderOptions<ItemOf<D>, B> = given ?? {};
    const { batchSize = 1 } = options;
    checkSamplers(options);
    this.batchSize = batchSize;
    this.options = options;
    this.source = sourceOf(dataset, options.shape);
    if (dataset instanceof WorkerDataset && options.collate !== undefined) {
      throw new ChainruleError(
        'DataLoader: workers put their batches together; give collate to serveDataset',
      );
    }
    const { shuffle = false, sampler, batchSampler } = options;
    if (this.isStream && (shuffle || sampler !== undefined || batchSampler !== undefined)) {
      throw new ChainruleError(
        'DataLoader: an async iterable comes in its own order and cannot be shuffled or sampled',
      );
    }
  }

  /** The number of batches of a pass. @throws {ChainruleError} for an async iterable. */
  get length(): number {
    const { sampler, batchSampler } = this.options;
    if (batchSampler !== undefined) return batchSampler.length;
    const items = sampler?.length ?? this.dataset('length').length;
    return this.options.dropLast === true
      ? Math.floor(items / this.batchSize)
      : Math.ceil(items / this.batchSize);
  }

  /**
   * Where the last loop stands, so that a checkpoint saved in the middle of a pass goes on with the batch after the last
   * one that was handed out; after a pass, the beginning of the next.
   */
  stateDict(): LoaderState {
    const { epoch, current, resumed } = this;
    // Somebody may have set `epoch`.
    if (current?.epoch === epoch - 1) return current;
    return resumed?.epoch === epoch ? resumed : { epoch, batch: 0, order: 0 };
  }

  /** The next loop goes on where `state` was taken. @throws {FormatError} if it is no such state. */
  loadStateDict(state: LoaderState): void {
    if (!passes(loaderState, state)) {
      throw new FormatError(
        `DataLoader.loadStateDict: expected { epoch, batch, order }, whole numbers as stateDict() gives them, got ${display(state)}`,
      );
    }
    this.epoch = state.epoch;
    this.current = null;
    this.resumed = state.batch > 0 ? { ...state } : null;
  }

  *[Symbol.iterator](): Iterator<B> {
    const dataset = this.dataset('for');
    if (dataset instanceof WorkerDataset)
      throw new ChainruleError('DataLoader: workers answer later: use `for await`');
    const pass = this.begin();
    let { batch } = pass;
    for (const indices of this.batches(dataset.length, pass)) {
      const value = this.load(dataset, indices, batch, (i) => {
        const item = dataset.at(i);
        if (isPromise(item)) {
          item.then(undefined, () => undefined);
          throw new ChainruleError('it is a promise: use `for await`');
        }
        return item;
      });
      this.current = { ...pass, batch: ++batch };
      yield value;
    }
    this.current = null;
  }

  [Symbol.asyncIterator](): AsyncIterator<B> {
    const { source } = this;
    const { prefetch = source instanceof WorkerDataset ? 2 * source.workers : 0 } = this.options;
    const pass = this.begin();
    let { batch: handed } = pass;
    const ask = this.isStream ? this.streamed(pass) : this.requested(pass);
    const started: Promise<IteratorResult<B, undefined>>[] = [];
    const done = { done: true, value: undefined } as const;
    let ended = false;
    const end = async (): Promise<void> => {
      if (ended) return;
      ended = true;
      await ask.close?.();
    };
    const hand = (result: IteratorResult<B, undefined>): IteratorResult<B, undefined> => {
      if (result.done === true) {
        this.current = null;
        return end().then(() => done) as never;
      }
      this.current = { ...pass, batch: ++handed };
      // A page draws between two batches.
      return (breathe()?.then(() => result) ?? result) as typeof result;
    };
    const fail = async (error: unknown): Promise<never> => {
      await end();
      throw error;
    };
    return {
      // Not an async function: a loop over rows then waits for one promise a batch.
      next: () => {
        if (ended) return Promise.resolve(done);
        while (started.length <= prefetch) {
          const batch = ask();
          // A failure is reported when its turn comes.
          batch.catch(() => undefined);
          started.push(batch);
        }
        return (started.shift() as Promise<IteratorResult<B, undefined>>).then(hand, fail);
      },
      return: async () => {
        await end();
        return done;
      },
    };
  }

  /** Starts loading the next batch of a dataset; the items of a batch are asked for at once. */
  private requested(pass: LoaderState): Next<B> {
    const dataset = this.dataset('for await');
    const order = this.batches(dataset.length, pass);
    let asked = pass.batch;
    const next: Next<B> = (): Promise<IteratorResult<B, undefined>> => {
      const { done, value: indices } = order.next();
      if (done === true) return Promise.resolve({ done: true, value: undefined });
      const batch = asked++;
      if (dataset instanceof WorkerDataset) return worked(dataset, indices, pass, batch);
      return isRows(dataset) && this.options.collate === undefined
        ? new Promise((resolve) => resolve({ value: dataset.batch(indices) as B }))
        : gathered(dataset, indices, batch).then((items) => ({
            value: this.load(dataset, indices, batch, (_, place) => items[place]),
          }));
    };
    if (dataset instanceof WorkerDataset) next.close = () => Promise.resolve(dataset.release(pass));
    return next;
  }

  /** Reads the next batch of an async iterable; calls wait for each other. */
  private streamed(pass: LoaderState): Next<B> {
    const items = (this.source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    let index = 0;
    let before: Promise<unknown> = Promise.resolve();
    let ended = false;
    let asked = pass.batch;
    // A stream cannot be entered in the middle: what came before is read and left.
    const skip = async (): Promise<void> => {
      while (index < pass.batch * this.batchSize && !ended) {
        ended = (await items.next()).done === true;
        index++;
      }
    };
    const read = async (): Promise<IteratorResult<B, undefined>> => {
      const samples: unknown[] = [];
      const batch = asked++;
      while (samples.length < this.batchSize && !ended) {
        let item: IteratorResult<unknown>;
        try {
          await skip();
          item = await items.next();
        } catch (error) {
          ended = true;
          throw failed(index, batch, error);
        }
        if (item.done === true) ended = true;
        else samples.push(item.value);
        if (!ended) index++;
      }
      const short = samples.length < this.batchSize && this.options.dropLast === true;
      return samples.length === 0 || short
        ? { done: true, value: undefined }
        : { value: this.join(samples, batch) };
    };
    const next: Next<B> = () => {
      const batch = before.then(read, read);
      before = batch.catch(() => undefined);
      return batch;
    };
    next.close = async () => void (ended || (await items.return?.()));
    return next;
  }

  /** The next pass, or the rest of one that is gone on with. */
  private begin(): LoaderState {
    const { shuffle = false, seed, sampler, batchSampler } = this.options;
    const random = shuffle || sampler !== undefined || batchSampler !== undefined;
    const { epoch, resumed } = this;
    this.epoch = epoch + 1;
    this.resumed = null;
    if (resumed?.epoch === epoch) return (this.current = resumed);
    if (!random) return (this.current = { epoch, batch: 0, order: 0 });
    const order = seed === undefined ? drawnSeed() : (seed + Math.imul(epoch, 0x632be5ab)) | 0;
    return (this.current = { epoch, batch: 0, order });
  }

  /** The numbers of the items of each batch of a pass. */
  private *batches(
    items: number,
    { epoch, batch, order: seed }: LoaderState,
  ): Generator<Int32Array, undefined> {
    const { shuffle = false, dropLast = false, sampler, batchSampler } = this.options;
    if (batchSampler !== undefined) {
      let k = 0;
      for (const indices of batchSampler.batches({ epoch, seed }))
        if (k++ >= batch) yield Int32Array.from(indices);
      return undefined;
    }
    const order =
      sampler !== undefined
        ? Int32Array.from(sampler.order({ epoch, seed }))
        : shuffle
          ? permutation(items, seed)
          : Int32Array.from({ length: items }, (_, i) => i);
    for (let from = batch * this.batchSize; from < order.length; from += this.batchSize) {
      const indices = order.subarray(from, from + this.batchSize);
      if (indices.length === this.batchSize || !dropLast) yield indices;
    }
    return undefined;
  }

  private load(
    dataset: Dataset,
    indices: Int32Array,
    batch: number,
    item: (index: number, place: number) => unknown,
  ): B {
    if (isRows(dataset) && this.options.collate === undefined) return dataset.batch(indices) as B;
    const samples = Array.from(indices, (i, place) => {
      try {
        return item(i, place);
      } catch (error) {
        throw failed(i, batch, error);
      }
    });
    return this.join(samples, batch);
  }

  private join(samples: unknown[], batch: number): B {
    const { collate } = this.options;
    try {
      return collate === undefined
        ? (defaultCollate(samples) as B)
        : collate(samples as ItemOf<D>[]);
    } catch (cause) {
      throw new ChainruleError(
        `DataLoader: batch ${batch} cannot be put together: ${textOf(cause)}`,
        {
          cause,
        },
      );
    }
  }

  private get isStream(): boolean {
    return Symbol.asyncIterator in this.source;
  }

  private dataset(use: string): Dataset {
    if (!this.isStream) return this.source as Dataset;
    throw new ChainruleError(
      `DataLoader: an async iterable has no length${use === 'for' ? '; use `for await`' : ''}`,
    );
  }
}

const loaderState = kinds.kind<LoaderState>('be a state', (x) => {
  const { epoch, batch, order } = x as LoaderState;
  return kinds.size.test(epoch) && kinds.size.test(batch) && kinds.whole.test(order);
});

/** Starts the next batch. */
interface Next<B> {
  (): Promise<IteratorResult<B, undefined>>;
  close?: () => Promise<void>;
}
