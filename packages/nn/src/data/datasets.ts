/** @file Datasets: items by index, and for rows, whole batches. */
import type { Tensor } from '@chainrule/autograd';
import {
  checkArgument,
  guardMethods,
  defineOptions,
  display,
  kinds,
  plural,
  readList,
  ChainruleError,
  IndexError,
  ShapeError,
  tensor,
  type TypedArray,
} from '@chainrule/autograd';
import { drawnSeed, permutation } from './random.js';

/** Anything with a length and items by index; an item may be a promise. */
export interface Dataset<T = unknown> {
  /** The number of items. */
  readonly length: number;
  /** The item at an index. */
  at(index: number): T | Promise<T> | undefined;
}

/** A dataset that can make a whole batch at once. */
export interface RowDataset<T = unknown> extends Dataset<T> {
  /** The items at these indices, stacked. */
  batch(indices: ArrayLike<number>): T;
}

export function isRows(dataset: object): dataset is RowDataset {
  return typeof (dataset as Partial<RowDataset>).batch === 'function';
}

const aDataset = kinds.kind<Dataset>('be an array, or an object with length and at(i)', (x) => {
  const { length, at } = x as Partial<Dataset>;
  return kinds.size.test(length) && typeof at === 'function';
});
export const someIndices = kinds.kind<ArrayLike<number>>('be an array of whole numbers', (x) => {
  const list = x as ArrayLike<number>;
  if (!Array.isArray(x) && !ArrayBuffer.isView(x)) return false;
  for (let i = 0; i < list.length; i++) if (!kinds.size.test(list[i])) return false;
  return true;
});
const splitOptions = defineOptions<{ readonly seed?: number }>({ seed: kinds.whole });

/** The rows of an array, along its first dimension. */
export class Rows implements RowDataset<Tensor> {
  readonly length: number;
  private readonly data: TypedArray;
  private readonly shape: readonly number[];
  private readonly row: number;
  private readonly dtype: Tensor['dtype'];
  private gathered: TypedArray | null = null;

  constructor(data: TypedArray, shape: readonly number[], dtype: Tensor['dtype']) {
    const size = shape.reduce((n, d) => n * d, 1);
    if (shape.length === 0 || size !== data.length) {
      throw new ShapeError(
        `DataLoader: shape [${shape.join(', ')}] does not fit an array of length ${data.length}`,
      );
    }
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
    this.length = shape[0] as number;
    this.row = this.length === 0 ? 0 : size / this.length;
  }

  static of(t: Tensor): Rows {
    checkArgument('TensorDataset', 'each argument', t, kinds.tensor);
    if (t.ndim === 0)
      throw new ShapeError('TensorDataset: a tensor without dimensions has no rows');
    return new Rows(t.dataSync(), t.shape, t.dtype);
  }

  at(index: number): Tensor {
    checkIndex(index, this.length);
    const { row, dtype } = this;
    return tensor(this.data.subarray(index * row, (index + 1) * row), {
      shape: this.shape.slice(1),
      dtype,
    });
  }

  batch(indices: ArrayLike<number>): Tensor {
    checkArgument('dataset', 'indices', indices, someIndices);
    const { data, row, dtype } = this;
    const out = this.scratch(indices.length * row);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] as number;
      checkIndex(index, this.length);
      if (row === 1) out[i] = data[index] as number;
      else out.set(data.subarray(index * row, (index + 1) * row), i * row);
    }
    return tensor(out, { shape: [indices.length, ...this.shape.slice(1)], dtype });
  }

  /**
   * Where rows are gathered before `tensor` copies them; used again, as new memory for each batch takes as long as
   * filling it.
   */
  private scratch(size: number): TypedArray {
    if (this.gathered?.length !== size)
      this.gathered = new (this.data.constructor as new (n: number) => TypedArray)(size);
    return this.gathered;
  }
}

/**
 * Samples from the rows of several tensors of the same length: `at(i)` is an array of rows. The tensors are
 * read once. PyTorch: `TensorDataset`.
 *
 * @throws {ShapeError} if the first dimensions differ.
 * @example new TensorDataset(images, labels).at(0) // [image, label]
 */
export class TensorDataset<
  const Ts extends readonly Tensor[] = readonly Tensor[],
> implements RowDataset<{ [K in keyof Ts]: Tensor }> {
  /** The number of items. */
  readonly length: number;
  private readonly columns: readonly Rows[];

  constructor(...tensors: Ts) {
    guardMethods(this, TensorDataset.prototype, 'dataset', (x) => x instanceof TensorDataset);
    if (tensors.length === 0)
      throw new ChainruleError('TensorDataset: expected at least one tensor');
    this.columns = tensors.map((t) => Rows.of(t));
    this.length = this.columns[0]?.length ?? 0;
    if (this.columns.some((c) => c.length !== this.length)) {
      throw new ShapeError(
        `TensorDataset: the first dimensions differ: ${tensors.map((t) => `[${t.shape.join(', ')}]`).join(', ')}`,
      );
    }
  }

  /** The item at an index. */
  at(index: number): { [K in keyof Ts]: Tensor } {
    return this.columns.map((c) => c.at(index)) as { [K in keyof Ts]: Tensor };
  }

  batch(indices: ArrayLike<number>): { [K in keyof Ts]: Tensor } {
    return this.columns.map((c) => c.batch(indices)) as { [K in keyof Ts]: Tensor };
  }
}

/**
 * Some of the items of a dataset, by index. PyTorch: `Subset`.
 * @example new Subset([10, 20, 30], [2, 0]).at(0) // 30
 */
export class Subset<T> implements Dataset<T> {
  /** The number of items. */
  readonly length: number;
  /** The batch of a dataset in rows; undefined for others. */
  readonly batch: ((indices: ArrayLike<number>) => T) | undefined;
  /** The whole dataset. */
  readonly dataset: Dataset<T>;
  /** The indices of its items, in order. */
  readonly indices: ArrayLike<number>;

  constructor(dataset: Dataset<T>, indices: ArrayLike<number>) {
    guardMethods(this, Subset.prototype, 'dataset', (x) => x instanceof Subset);
    checkArgument('Subset', 'dataset', dataset, aDataset);
    checkArgument('Subset', 'indices', indices, someIndices);
    this.dataset = dataset;
    this.indices = indices;
    this.length = indices.length;
    this.batch = isRows(dataset)
      ? (chosen) => dataset.batch(Array.from(chosen, (i) => indices[i] as number)) as T
      : undefined;
  }

  /** The item at an index. */
  at(index: number): T | Promise<T> | undefined {
    checkIndex(index, this.length);
    return this.dataset.at(this.indices[index] as number);
  }
}

/**
 * Splits a dataset at random into parts, given by lengths or by shares that add up to 1. PyTorch: `random_split`.
 *
 * @throws {ChainruleError} if the lengths do not add up to the dataset's.
 * @example const [train, test] = randomSplit(dataset, [0.8, 0.2], { seed: 1 });
 */
export function randomSplit<T>(
  dataset: Dataset<T> | readonly T[],
  lengths: readonly number[],
  options?: { readonly seed?: number },
): Subset<T>[] {
  const { seed } = splitOptions('randomSplit', options);
  checkArgument('randomSplit', 'dataset', dataset, aDataset);
  const given = readList('randomSplit', 'lengths', lengths, kinds.nonNegative);
  const n = dataset.length;
  const sum = given.reduce((a, b) => a + b, 0);
  const shares = given.some((x) => !Number.isInteger(x)) || (sum === 1 && n !== 1);
  const counts = shares ? given.map((x) => Math.floor(x * n + 1e-9)) : given;
  // Items left over by rounding go to the first parts, one each.
  const whole = !shares || Math.abs(sum - 1) < 1e-9;
  let left = shares && whole ? n - counts.reduce((a, b) => a + b, 0) : 0;
  for (let i = 0; left > 0; i = (i + 1) % counts.length, left--)
    counts[i] = (counts[i] as number) + 1;
  if (!whole || counts.reduce((a, b) => a + b, 0) !== n) {
    throw new ChainruleError(
      `randomSplit: lengths ${display(given)} must add up to ${n}, the length of the dataset, or be shares that add up to 1`,
    );
  }
  const order = permutation(n, seed ?? drawnSeed());
  let from = 0;
  return counts.map(
    (count) => new Subset(dataset as Dataset<T>, order.slice(from, (from += count))),
  );
}

function checkIndex(index: number, length: number): void {
  if (!(Number.isInteger(index) && index >= 0 && index < length)) {
    throw new IndexError(
      `dataset: there is no item ${display(index)}; it has ${plural(length, 'item')}`,
    );
  }
}
