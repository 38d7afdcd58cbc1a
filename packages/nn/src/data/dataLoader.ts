/** @file Batches of a dataset, for `for` and `for await`. */
import {
  ChainruleError,
  Tensor,
  tensor,
  type DType,
  type Shape,
  type TypedArray,
} from '@chainrule/autograd';
import { collate as defaultCollate, type Collated } from './collate.js';
import { isRows, Rows, type Dataset } from './datasets.js';
import { permutation } from './random.js';

/** A typed array and what its elements mean. */
export interface ShapedArray {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype?: DType;
}

/** What a loader can read: see `DataLoader`. */
export type DataSource =
  Tensor | TypedArray | ShapedArray | readonly unknown[] | Dataset | AsyncIterable<unknown>;

/** One item of a dataset. */
export type ItemOf<D> = D extends Tensor | TypedArray | ShapedArray
  ? Tensor
  : D extends readonly (infer T)[]
    ? T
    : D extends AsyncIterable<infer T>
      ? T
      : D extends { at(index: number): infer T }
        ? Exclude<Awaited<T>, undefined>
        : never;

export interface DataLoaderOptions<T, B> {
  /** Default 1. */
  readonly batchSize?: number;
  /** Whether each pass goes through the items in a new random order. */
  readonly shuffle?: boolean;
  /** Makes the orders reproducible; without it `manualSeed` governs them. */
  readonly seed?: number;
  /** Whether a last batch that is not full is left out. */
  readonly dropLast?: boolean;
  /** Makes a batch of a list of items. Default: tensors are stacked, see `collate`. */
  readonly collate?: (samples: T[]) => B;
  /** With `for await`: how many batches are asked for ahead. Default 0. */
  readonly prefetch?: number;
  /** For a bare typed array: the shape of the whole, samples first. */
  readonly shape?: Shape;
}

/**
 * Goes through a dataset in batches.
 *
 * Datasets are arrays; tensors and typed arrays with a shape, whose samples are rows; objects with `length` and `at(i)`,
 * which may return promises; or async iterables, which have no length, cannot be shuffled and take `for await`. Each
 * loop is a new pass. An item that fails is an error that says which. PyTorch: `DataLoader`, without worker processes.
 *
 * @example
 * for (const [images, labels] of new DataLoader(new TensorDataset(x, y), { batchSize: 64, shuffle: true, seed: 1 })) { … }
 */
export class DataLoader<const D extends DataSource, B = Collated<ItemOf<D>>>
  implements Iterable<B>, AsyncIterable<B>
{
  /** The pass that the next loop makes: with a seed it decides the order, so a run can be resumed. */
  epoch = 0;
  readonly batchSize: number;
  private readonly source: Dataset | AsyncIterable<unknown>;
  private readonly options: DataLoaderOptions<ItemOf<D>, B>;

  constructor(dataset: D, options: DataLoaderOptions<ItemOf<D>, B> = {}) {
    const { batchSize = 1, prefetch = 0 } = options;
    if (!(Number.isInteger(batchSize) && batchSize > 0)) {
      throw new ChainruleError(
        `DataLoader: batchSize must be a whole number of at least 1, got ${batchSize}`,
      );
    }
    if (!(Number.isInteger(prefetch) && prefetch >= 0)) {
      throw new ChainruleError(
        `DataLoader: prefetch must be a whole number of at least 0, got ${prefetch}`,
      );
    }
    this.batchSize = batchSize;
    this.options = options;
    this.source = sourceOf(dataset, options.shape);
    if (this.isStream && options.shuffle === true) {
      throw new ChainruleError(
        'DataLoader: an async iterable comes in its own order and cannot be shuffled',
      );
    }
  }

  /** The number of batches of a pass. @throws {ChainruleError} for an async iterable. */
  get length(): number {
    const items = this.dataset('length').length;
    return this.options.dropLast === true
      ? Math.floor(items / this.batchSize)
      : Math.ceil(items / this.batchSize);
  }

  *[Symbol.iterator](): Iterator<B> {
    const dataset = this.dataset('for');
    for (const indices of this.batches(dataset.length)) {
      yield this.load(dataset, indices, (i) => {
        const item = dataset.at(i);
        if (isPromise(item)) {
          item.then(undefined, () => undefined);
          throw new ChainruleError('it is a promise: use `for await`');
        }
        return item;
      });
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterator<B> {
    const { prefetch = 0 } = this.options;
    const next = this.isStream ? this.streamed() : this.requested();
    const started: Promise<IteratorResult<B, undefined>>[] = [];
    try {
      for (;;) {
        while (started.length <= prefetch) {
          const batch = next();
          // A failure is reported when its turn comes.
          batch.catch(() => undefined);
          started.push(batch);
        }
        const { done, value } = await (started.shift() as Promise<IteratorResult<B, undefined>>);
        if (done === true) return;
        yield value;
      }
    } finally {
      await next.close?.();
    }
  }

  /** Starts loading the next batch of a dataset; the items of a batch are asked for at once. */
  private requested(): Next<B> {
    const dataset = this.dataset('for await');
    const order = this.batches(dataset.length);
    return async () => {
      const { done, value: indices } = order.next();
      if (done === true) return { done: true, value: undefined };
      if (isRows(dataset) && this.options.collate === undefined)
        return { value: dataset.batch(indices) as B };
      const items = await Promise.all(
        Array.from(indices, async (i) => {
          try {
            return await dataset.at(i);
          } catch (error) {
            throw failed(i, error);
          }
        }),
      );
      return { value: this.load(dataset, indices, (_, place) => items[place]) };
    };
  }

  /** Reads the next batch of an async iterable; calls wait for each other. */
  private streamed(): Next<B> {
    const items = (this.source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    let index = 0;
    let before: Promise<unknown> = Promise.resolve();
    let ended = false;
    const read = async (): Promise<IteratorResult<B, undefined>> => {
      const samples: unknown[] = [];
      while (samples.length < this.batchSize && !ended) {
        let item: IteratorResult<unknown>;
        try {
          item = await items.next();
        } catch (error) {
          ended = true;
          throw failed(index, error);
        }
        if (item.done === true) ended = true;
        else samples.push(item.value);
        if (!ended) index++;
      }
      const short = samples.length < this.batchSize && this.options.dropLast === true;
      return samples.length === 0 || short
        ? { done: true, value: undefined }
        : { value: this.join(samples) };
    };
    const next: Next<B> = () => {
      const batch = before.then(read, read);
      before = batch.catch(() => undefined);
      return batch;
    };
    next.close = async () => void (ended || (await items.return?.()));
    return next;
  }

  /** The numbers of the items of each batch of the next pass. */
  private *batches(items: number): Generator<Int32Array, undefined> {
    const { shuffle = false, seed, dropLast = false } = this.options;
    const pass = this.epoch++;
    const order = shuffle
      ? permutation(items, seed === undefined ? undefined : seed + Math.imul(pass, 0x632be5ab))
      : Int32Array.from({ length: items }, (_, i) => i);
    for (let from = 0; from < items; from += this.batchSize) {
      const indices = order.subarray(from, from + this.batchSize);
      if (indices.length === this.batchSize || !dropLast) yield indices;
    }
    return undefined;
  }

  private load(
    dataset: Dataset,
    indices: Int32Array,
    item: (index: number, place: number) => unknown,
  ): B {
    if (isRows(dataset) && this.options.collate === undefined) return dataset.batch(indices) as B;
    const samples = Array.from(indices, (i, place) => {
      try {
        return item(i, place);
      } catch (error) {
        throw failed(i, error);
      }
    });
    return this.join(samples);
  }

  private join(samples: unknown[]): B {
    const { collate } = this.options;
    return collate === undefined ? (defaultCollate(samples) as B) : collate(samples as ItemOf<D>[]);
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

/** Starts the next batch. */
interface Next<B> {
  (): Promise<IteratorResult<B, undefined>>;
  close?: () => Promise<void>;
}

function failed(index: number, cause: unknown): ChainruleError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ChainruleError(`DataLoader: item ${index} failed: ${reason}`, { cause });
}

function isPromise(x: unknown): x is Promise<unknown> {
  return typeof (x as { then?: unknown } | null | undefined)?.then === 'function';
}

function sourceOf(source: unknown, shape: Shape | undefined): Dataset | AsyncIterable<unknown> {
  if (source instanceof Tensor) return Rows.of(source as Tensor);
  if (ArrayBuffer.isView(source)) return rowsOf(source as TypedArray, shape);
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source || Array.isArray(source))
      return source as AsyncIterable<unknown> | Dataset;
    const { data, shape: own, dtype, length, at } = source as Partial<ShapedArray & Dataset>;
    if (ArrayBuffer.isView(data) && own !== undefined) return rowsOf(data, own, dtype);
    if (typeof length === 'number' && typeof at === 'function') return source as Dataset;
  }
  throw new ChainruleError(
    'DataLoader: expected an array, a tensor, a typed array with a shape, an object with length and at(i), or an async iterable',
  );
}

function rowsOf(data: TypedArray, shape: Shape = [data.length], dtype?: DType): Dataset {
  // As `tensor` reads a typed array; a copy, so that batches do not change with it.
  const t = tensor(data, { shape, ...(dtype && { dtype }) });
  return Rows.of(t);
}
