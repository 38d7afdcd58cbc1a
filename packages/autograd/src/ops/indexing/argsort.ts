/** @file The sorting primitive: the order of the elements along a dimension. */
import type { DType } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { sorting } from '../../kernels/sorting.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { alongRows } from '../reductions/recurrence.js';

type Order = {
  readonly dim: number;
  readonly descending: boolean;
  /** How many of the first positions are needed: nothing reads the others, which may hold anything. */
  readonly leading?: number;
};

/** The positions of the elements of the sorted row in the row, along `dim`. Stable; NaN is larger than all numbers. */
export const argsortOf: PrimitiveOp<Order> = primitive<Order>('argsort', {
  lowering: {
    kind: 'kernel',
    family: sorting,
    kernel: ({ dim, descending, leading }) => ({
      kind: 'sort',
      result: 'order',
      descending,
      dims: [dim],
      leading,
    }),
  },
  shape: ([x]) => (x as Tensor).sizes,
  dtype: () => 'int32',
  batch: ([x], _batched, { dim, ...order }) => argsortOf([x as Tensor], { dim: dim + 1, ...order }),
  reference: ([x], out, { dim, descending }) => {
    const { data, shape, dtype } = x as Value;
    const n = shape[dim] ?? 1;
    const key = keys[dtype];
    const sortRow = (row: Float64Array): ArrayLike<number> =>
      key === null || n > 2 ** INDEX_BITS
        ? sortByComparing(row, descending)
        : sortByKeys(row, key, descending);
    const row = new Float64Array(n);
    alongRows(shape, dim, false, (first, step) => {
      for (let i = 0; i < n; i++) row[i] = data[first + i * step]!;
      const order = sortRow(row);
      for (let i = 0; i < n; i++) out.data[first + i * step] = order[i]!;
    });
  },
});

const INDEX_BITS = 21;
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** A 32-bit integer for each element, in the same order: NaN has the largest, and −0 the same as 0. */
const keys: Readonly<Record<DType, ((x: number) => number) | null>> = {
  bool: (x) => x,
  int32: (x) => x + 2 ** 31,
  float32: (x) => {
    if (x !== x) return 0xffffffff;
    float[0] = x + 0;
    const pattern = bits[0]!;
    // The bit patterns of negative numbers fall as the numbers rise.
    return pattern >= 2 ** 31 ? 0xffffffff - pattern : pattern + 2 ** 31;
  },
  float64: null,
};

/**
 * Sorts keys with their positions in the lower bits: 53 bits in all, which a float64 holds and JavaScript sorts without a
 * callback.
 */
function sortByKeys(
  row: Float64Array,
  key: (x: number) => number,
  descending: boolean,
): ArrayLike<number> {
  for (let i = 0; i < row.length; i++) {
    const k = key(row[i]!);
    row[i] = (descending ? 0xffffffff - k : k) * 2 ** INDEX_BITS + i;
  }
  row.sort();
  for (let i = 0; i < row.length; i++) {
    const k = row[i]!;
    row[i] = k - Math.floor(k / 2 ** INDEX_BITS) * 2 ** INDEX_BITS; // several times as fast as %
  }
  return row;
}

/** Sorts arbitrary numbers by comparisons. */
function sortByComparing(row: Float64Array, descending: boolean): ArrayLike<number> {
  const order = Uint32Array.from(row, (_, i) => i);
  return order.sort((i, j) => {
    const [a, b] = descending ? [row[j]!, row[i]!] : [row[i]!, row[j]!];
    if (a < b) return -1;
    if (a > b) return 1;
    // Equal elements keep their order; NaN is larger than any number.
    if (a === b) return i - j;
    const [p, q] = [a !== a, b !== b];
    return p === q ? i - j : p ? 1 : -1;
  });
}
