/** @file The primitive that searches sorted rows. */
import type { TypedArray } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { searching } from '../../kernels/searching.js';
import { reshapeNode } from '../build/broadcast.js';
import { batchAll } from '../shape/movement.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';

/** The positions where values belong in sorted rows: one row for all values, or one for each row of values. */
export const searchPositions: PrimitiveOp<{ right: boolean }> = primitive('searchsorted', {
  lowering: {
    kind: 'kernel',
    family: searching,
    kernel: ({ right }) => ({ kind: 'search', right }),
  },
  shape: ([, values]) => (values as Tensor).sizes,
  dtype: () => 'int32',
  batch: (inputs, batched, attrs, size) => {
    const [rows, values] = batchAll(inputs, batched, size) as [Tensor, Tensor];
    const inner = values.sizes.slice(1);
    if (rows.ndim > 2) return searchPositions([rows, values], attrs);
    // With one row per example, an example's values of any shape become one row too.
    const flat = reshapeNode(values, [size, inner.reduce((a, b) => a * b, 1)]);
    return reshapeNode(searchPositions([rows, flat], attrs), values.sizes);
  },
  reference: ([rows, values], out, { right }) => {
    const { data, shape } = rows as Value;
    const wanted = (values as Value).data;
    const n = shape.at(-1)!;
    const each = shape.length > 1 ? out.shape.at(-1)! : out.data.length;
    for (let i = 0; i < wanted.length; i++) {
      out.data[i] = insertion(data, Math.floor(i / each) * n, n, wanted[i]!, right);
    }
  },
});

/** NaN counts as larger than all numbers, as in sorting. */
function insertion(data: TypedArray, from: number, n: number, x: number, right: boolean): number {
  let low = 0;
  for (let left = n; left > 0; left >>= 1) {
    const half = (left + 1) >> 1;
    const y = data[from + low + half - 1]!;
    const before = right ? y <= x || x !== x : y < x || (x !== x && y === y);
    if (before) low += half;
  }
  return low;
}
