/** @file The kinds of data that a loader can read. */
import {
  display,
  kinds,
  passes,
  ChainruleError,
  Tensor,
  tensor,
  type DType,
  type Shape,
  type TypedArray,
} from '@chainrule/autograd';
import { Rows, type Dataset } from './datasets.js';
import type { WorkerDataset } from './workers/workerDataset.js';

/** A typed array with a shape. */
export interface ShapedArray {
  /** The elements, in row-major order. */
  readonly data: TypedArray;
  /** The shape of the whole: the first size is the number of rows. */
  readonly shape: Shape;
  /** The dtype of the elements. */
  readonly dtype?: DType;
}

/** What a loader can read: see `DataLoader`. */
export type DataSource =
  Tensor | TypedArray | ShapedArray | readonly unknown[] | Dataset | AsyncIterable<unknown>;

/** One item of a dataset. */
export type ItemOf<D> =
  D extends WorkerDataset<infer B>
    ? B
    : D extends Tensor | TypedArray | ShapedArray
      ? Tensor
      : D extends readonly (infer T)[]
        ? T
        : D extends AsyncIterable<infer T>
          ? T
          : D extends { at(index: number): infer T }
            ? Exclude<Awaited<T>, undefined>
            : never;

/** The dataset or stream in the argument of a loader. */
export function sourceOf(
  source: unknown,
  shape: Shape | undefined,
): Dataset | AsyncIterable<unknown> {
  if (source instanceof Tensor) return Rows.of(source as Tensor);
  if (ArrayBuffer.isView(source)) return rowsOf(source as TypedArray, shape);
  if (passes(stream, source) || passes(items, source)) return source;
  if (passes(shapedArray, source)) return rowsOf(source.data, source.shape, source.dtype);
  throw new ChainruleError(
    'DataLoader: expected an array, a tensor, a typed array with a shape, an object with length and at(i), or an async ' +
      `iterable, got ${display(source)}`,
  );
}

const stream = kinds.kind<AsyncIterable<unknown>>(
  'be an async iterable',
  (x) => kinds.object.test(x) && Symbol.asyncIterator in x,
);
const items = kinds.kind<Dataset>('be an array, or an object with length and at(i)', (x) => {
  const { length, at } = x as Partial<Dataset>;
  return typeof x === 'object' && kinds.size.test(length) && typeof at === 'function';
});
const shapedArray = kinds.kind<ShapedArray>('be { data, shape }', (x) => {
  const { data, shape } = x as Partial<ShapedArray>;
  return ArrayBuffer.isView(data) && Array.isArray(shape);
});

function rowsOf(data: TypedArray, shape: Shape = [data.length], dtype?: DType): Dataset {
  // As `tensor` reads a typed array. It is a copy, so that batches do not change with the array.
  const t = tensor(data, { shape, ...(dtype && { dtype }) });
  return Rows.of(t);
}
