/** @file Batches of a dataset, for `for` and `for await`. */
import {
  ChainruleError,
  display,
  FormatError,
  guardMethods,
  passes,
  type OptionsReader,
} from '@chainrule/autograd';
import { breathe } from '../breathe.js';
import { batchOrder } from './batchOrder.js';
import { failed, gathered, isPromise, textOf, worked } from './batchItems.js';
import { collate as defaultCollate, type Collated } from './collate.js';
import { isRows, type Dataset } from './datasets.js';
import { sourceOf, type DataSource, type ItemOf } from './dataSource.js';
import {
  loaderOptions,
  loaderState,
  type DataLoaderOptions,
  type LoaderState,
} from './loaderOptions.js';
import { drawnSeed } from './random.js';
import { WorkerDataset } from './workers/workerDataset.js';
import { checkSamplers } from './sampler.js';
import { streamBatches, type NextBatch } from './streamBatches.js';

/** The batches of a dataset: its collated items, or the batches that workers return. */
export type BatchOf<D> = D extends WorkerDataset<infer W> ? W : Collated<ItemOf<D>>;

/**
 * Iterates over a dataset in batches.
 *
 * A dataset is an array; a tensor, or a typed array with a shape, whose samples are its rows; an object with
 * `length` and `at(i)`, which may return promises; or an async iterable, which has no length, cannot be shuffled and
 * needs `for await`. Each loop is a new pass. If an item fails, the error names the item and its batch, and
 * `stateDict()` is the position before that batch. A `WorkerDataset` loads in workers. PyTorch: `DataLoader`.
 *
 * @example
 * for (const [images, labels] of new DataLoader(new TensorDataset(x, y), { batchSize: 64, shuffle: true, seed: 1 })) { … }
 */
export class DataLoader<const D extends DataSource, B = BatchOf<D>>
  implements Iterable<B>, AsyncIterable<B>
{
  /** The number of the next pass. With a seed it determines the order, so a run can be resumed. */
  epoch = 0;
  /** The number of items in a batch. */
  readonly batchSize: number;
  /** The pass of the last loop, until it has ended. */
  private current: LoaderState | null = null;
  /** Where the next loop resumes. */
  private resumed: LoaderState | null = null;
  private readonly source: Dataset | AsyncIterable<unknown>;
  private readonly options: DataLoaderOptions<ItemOf<D>, B>;

  constructor(dataset: D, given?: DataLoaderOptions<ItemOf<D>, B>) {
    guardMethods(this, DataLoader.prototype, 'loader', isMade);
    const read = loaderOptions as unknown as OptionsReader<DataLoaderOptions<ItemOf<D>, B>>;
    const options = read('DataLoader', given);
    const { batchSize = 1 } = options;
    checkSamplers(options);
    this.batchSize = batchSize;
    this.options = options;
    this.source = sourceOf(dataset, options.shape);
    if (dataset instanceof WorkerDataset && options.collate !== undefined) {
      throw new ChainruleError(
        'DataLoader: workers collate their batches; give collate to serveDataset',
      );
    }
    const { shuffle = false, sampler, batchSampler } = options;
    if (this.isStream && (shuffle || sampler !== undefined || batchSampler !== undefined)) {
      throw new ChainruleError(
        'DataLoader: an async iterable has its own order and cannot be shuffled or sampled',
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
   * The position of the last loop: a checkpoint saved in the middle of a pass resumes with the batch after the last one
   * delivered. After a complete pass, the start of the next.
   */
  stateDict(): LoaderState {
    const { epoch, current, resumed } = this;
    // The user may have set `epoch`.
    if (current?.epoch === epoch - 1) return current;
    return resumed?.epoch === epoch ? resumed : { epoch, batch: 0, order: 0 };
  }

  /** Makes the next loop resume at `state`. @throws {FormatError} if it is not a loader's state. */
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
      throw new ChainruleError('DataLoader: the items of workers are promises: use `for await`');
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
      // Not an async function: then a loop over rows waits for only one promise per batch.
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

  /** Starts loading the next batch of a dataset; all items of a batch are requested at once. */
  private requested(pass: LoaderState): NextBatch<B> {
    const dataset = this.dataset('for await');
    const order = this.batches(dataset.length, pass);
    let nextBatch = pass.batch;
    const next: NextBatch<B> = (): Promise<IteratorResult<B, undefined>> => {
      const { done, value: indices } = order.next();
      if (done === true) return Promise.resolve({ done: true, value: undefined });
      const batch = nextBatch++;
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

  /** Reads the next batch of an async iterable. */
  private streamed(pass: LoaderState): NextBatch<B> {
    const { batchSize, options } = this;
    const source = this.source as AsyncIterable<unknown>;
    return streamBatches(
      source,
      pass,
      { batchSize, dropLast: options.dropLast === true },
      (samples, batch) => this.join(samples, batch),
    );
  }

  /** The next pass, or the rest of one that is resumed. */
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

  private batches(items: number, pass: LoaderState): Generator<Int32Array, undefined> {
    return batchOrder(items, pass, this.batchSize, this.options);
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
      throw new ChainruleError(`DataLoader: batch ${batch} cannot be collated: ${textOf(cause)}`, {
        cause,
      });
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

/** Whether `x` is a constructed loader, and not only an object with its prototype. */
function isMade(x: unknown): boolean {
  return x instanceof DataLoader && Reflect.get(x, 'source') !== undefined;
}
