/** @file What a loader can read. */
import {
  ChainruleError,
  Tensor,
  tensor,
  type DType,
  type Shape,
  type TypedArray,
} from '@chainrule/autograd';
import { Rows, type Dataset } from './datasets.js';

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

/** The dataset or stream in what a loader was given. */
export function sourceOf(
  source: unknown,
  shape: Shape | undefined,
): Dataset | AsyncIterable<unknown> {
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
