/** @file The primitive that sorts: the order of the elements along a dimension. */
import type { TypedArray } from '../graph/dtype.js';
import type { Value } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { primitive, type PrimitiveOp } from './primitive.js';
import { alongRows } from './recurrence.js';

/**
 * Where the elements of the sorted row are in the row, along `dim`. Stable; NaN is larger than all numbers.
 */
export const argsortOf: PrimitiveOp<{ dim: number; descending: boolean }> = primitive('argsort', {
  shape: ([x]) => (x as Tensor).shape,
  dtype: () => 'int32',
  batch: ([x], _batched, { dim, descending }) =>
    argsortOf([x as Tensor], { dim: dim + 1, descending }),
  reference: ([x], out, { dim, descending }) => {
    const { data, shape } = x as Value;
    const n = shape[dim] ?? 1;
    const order = new Uint32Array(n);
    const row = new Float64Array(n);
    alongRows(shape, dim, false, (first, step) => {
      for (let i = 0; i < n; i++) row[i] = data[first + i * step]!;
      sortOrder(order, row, descending);
      for (let i = 0; i < n; i++) out.data[first + i * step] = order[i]!;
    });
  },
});

/** Fills `order` with the positions of `row` in sorted order. */
export function sortOrder(
  order: Uint32Array,
  row: Float64Array | TypedArray,
  descending: boolean,
): Uint32Array {
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((i, j) => {
    const [a, b] = descending ? [row[j]!, row[i]!] : [row[i]!, row[j]!];
    if (a < b) return -1;
    if (a > b) return 1;
    // Equal elements in their order; of NaN and a number the NaN is the larger one.
    if (a === b) return i - j;
    const [p, q] = [a !== a, b !== b];
    return p === q ? i - j : p ? 1 : -1;
  });
}
