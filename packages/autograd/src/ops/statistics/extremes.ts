/** @file Elements by rank or frequency: smallest and largest, k-th, most frequent, median without NaN. */
import { medianPosition } from '../reductions/selection.js';
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { checkInteger, normalizeDim, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand, type Having } from '../build/define.js';
import { choose } from '../build/element.js';
import { single } from '../build/leaves.js';
import { filled, type PrimitiveOp } from '../build/primitive.js';
import { eq, isNan } from '../build/relations.js';
import { detach } from '../build/detach.js';
import { gatherOf } from '../indexing/gather.js';
import { argsortOf } from '../indexing/argsort.js';
import { maxOver, minOver, position } from '../reductions/fold.js';
import {
  foldedDims,
  isNothing,
  reduceOptions,
  type ReduceOptions,
} from '../reductions/reduction.js';
import type { ValuesAndIndices } from '../reductions/reductions.js';
import { narrowNode } from '../shape/movement.js';

/** Options of `aminmax`. */
export interface AminmaxOptions extends ReduceOptions {
  /** The dimension. Default: all of them. */
  readonly dim?: number | null;
}

const aminmaxOptions: OptionsReader<AminmaxOptions> = defineOptions<AminmaxOptions>({
  dim: kinds.orNull(kinds.dim),
  keepdim: kinds.flag,
});

/** The result of `aminmax`. */
export interface MinMax {
  /** The smallest element. */
  readonly min: Tensor;
  /** The largest element. */
  readonly max: Tensor;
}

/**
 * The smallest and the largest element, of all or along `dim`; NaN if one is NaN. Gradients are split evenly among
 * equal elements. PyTorch: `torch.aminmax`. @throws {ShapeError} if there are no elements.
 * @example aminmax(tensor([3, 1, 2])).max // 3
 */
export const aminmax = composite('aminmax', (x: Operand, options?: AminmaxOptions): MinMax => {
  const { dim, keepdim = false } = aminmaxOptions('aminmax', options);
  const node = operand('aminmax', x);
  const dims = foldedDims('aminmax', dim, node.ndim);
  checkNotEmpty('aminmax', node, dims);
  const attrs = { dims, keepdim };
  return { min: minOver([node], attrs), max: maxOver([node], attrs) };
});

function checkNotEmpty(op: string, { sizes: shape }: Tensor, dims: readonly number[]): void {
  const empty = dims.find((d) => shape[d] === 0);
  if (empty !== undefined) {
    throw new ShapeError(
      `${op}: dimension ${empty} of shape ${show(shape)} is empty; there is no element to choose`,
    );
  }
}

/**
 * The `k`-th smallest elements along `dim` (default −1), and their indices; NaN counts as larger than all numbers.
 * PyTorch: `torch.kthvalue`. @throws {ShapeError} if there are fewer than `k`.
 * @example kthvalue(tensor([3, 1, 2]), 2) // values 2, indices 2
 */
export const kthvalue = composite(
  'kthvalue',
  <X extends Operand, const D extends number>(
    x: Having<X, D>,
    k: number,
    dim?: D,
    options?: ReduceOptions,
  ): ValuesAndIndices => {
    const { keepdim = false } = reduceOptions('kthvalue', options);
    const node = operand('kthvalue', x);
    const d = normalizeDim('kthvalue', dim ?? -1, node.ndim);
    const n = node.sizes[d] ?? 1;
    checkInteger('kthvalue', 'k', k, 1);
    if (k > n) {
      throw new ShapeError(
        `kthvalue: k is ${k}, but dimension ${d} of shape ${show(node.sizes)} has only ${n}`,
      );
    }
    if (node.ndim === 0) return { values: node, indices: single(0, 'int32') };
    const order = argsortOf([node], { dim: d, descending: false, leading: k });
    return chosen(node, narrowNode(order, d, k - 1, 1), d, keepdim);
  },
);

/** Elements at positions along a dimension that is kept or dropped. */
function chosen(x: Tensor, at: Tensor, dim: number, keepdim: boolean): ValuesAndIndices {
  const values = gatherOf([x, at], { dim });
  if (keepdim) return { values, indices: at };
  const shape = x.sizes.filter((_, i) => i !== dim);
  return { values: reshapeNode(values, shape), indices: reshapeNode(at, shape) };
}

type PositionOf = PrimitiveOp<{ readonly dim: number; readonly keepdim: boolean }>;

/**
 * The position of the last of the most frequent elements; of equally frequent ones the smallest counts. Each NaN is an element
 * of its own.
 */
const argmodeOf: PositionOf = position('argmode', { kind: 'reference' }, (data, from, step, n) => {
  const { row, words, table, counts, lasts } = countingTables(n);
  const shift = 32 - Math.log2(table.length);
  table.fill(-1);
  let best = -1;
  for (let i = 0; i < n; i++) {
    // Adding 0 gives −0 the bits of 0.
    const x = (row[i] = data[from + i * step]! + 0);
    if (x !== x) continue;
    const bits = Math.imul(words[2 * i]!, 0x9e3779b1) ^ words[2 * i + 1]!;
    let slot = Math.imul(bits, 0x85ebca6b) >>> shift;
    while (table[slot]! >= 0 && row[table[slot]!] !== x) slot = (slot + 1) & (table.length - 1);
    let first = table[slot]!;
    if (first < 0) {
      table[slot] = first = i;
      counts[first] = 0;
    }
    const count = ++counts[first]!;
    lasts[first] = i;
    if (best < 0 || count > counts[best]! || (count === counts[best]! && x < row[best]!))
      best = first;
  }
  return best < 0 ? 0 : lasts[best]!;
});

/** The tables for counting equal numbers of a row. */
interface CountingTables {
  readonly row: Float64Array;
  /** The bits of the row. */
  readonly words: Int32Array;
  /**
   * A hash table of the index where each number occurs first, with linear probing; its size is a power of two, and half of it
   * stays free.
   */
  readonly table: Int32Array;
  /** At the index of the first of equal numbers: how many there are, and where the last one is. */
  readonly counts: Int32Array;
  readonly lasts: Int32Array;
}

/** The longest rows whose tables are kept for the next row. */
const MAX_CACHED_ROW = 4096;

let lastTables: CountingTables | null = null;

/** Tables for rows of `n` numbers. */
function countingTables(n: number): CountingTables {
  if (lastTables?.row.length === n) return lastTables;
  const row = new Float64Array(n);
  const tables: CountingTables = {
    row,
    words: new Int32Array(row.buffer),
    table: new Int32Array(2 ** Math.ceil(Math.log2(2 * n + 2))),
    counts: new Int32Array(n),
    lasts: new Int32Array(n),
  };
  if (n <= MAX_CACHED_ROW) lastTables = tables;
  return tables;
}

/**
 * The most frequent elements along `dim` (default −1), and the index of the last occurrence of each; of equally
 * frequent elements, the smallest. PyTorch: `torch.mode`.
 * @example mode(tensor([1, 3, 3, 2])).values // 3
 */
export const mode = composite(
  'mode',
  <X extends Operand, const D extends number>(
    x: Having<X, D>,
    dim?: D,
    options?: ReduceOptions,
  ): ValuesAndIndices => {
    const { keepdim = false } = reduceOptions('mode', options);
    return picked('mode', argmodeOf, operand('mode', x), dim ?? -1, keepdim);
  },
);

function picked(
  op: string,
  pick: PositionOf,
  x: Tensor,
  dim: number,
  keepdim: boolean,
): ValuesAndIndices {
  const d = normalizeDim(op, dim, x.ndim);
  if (x.ndim === 0) return { values: x, indices: single(0, 'int32') };
  checkNotEmpty(op, x, [d]);
  return chosen(x, pick([x], { dim: d, keepdim: true }), d, keepdim);
}

/** The position of the lower median of the numbers that are not NaN; 0 if there are none. */
const argnanmedianOf: PositionOf = position(
  'argnanmedian',
  { kind: 'reference' },
  (data, from, step, n) => medianPosition(data, from, step, n, true),
);

/** One tensor for all elements, or values and indices along a dimension. */
export interface NanMedian {
  (x: Operand, dim?: null): Tensor;
  (x: Operand, dim: number, options?: ReduceOptions): ValuesAndIndices;
}

/**
 * Like `median`, without NaN; NaN if there are no other elements. PyTorch: `torch.nanmedian`.
 * @example nanmedian(tensor([3, NaN, 1])) // 1
 */
export const nanmedian: NanMedian = composite(
  'nanmedian',
  (x: Operand, dim?: number | null, options?: ReduceOptions): Tensor | ValuesAndIndices => {
    const { keepdim = false } = reduceOptions('nanmedian', options);
    const node = operand('nanmedian', x);
    if (dim !== undefined && dim !== null)
      return picked('nanmedian', argnanmedianOf, node, dim, keepdim);
    if (isNothing(node)) return filled(NaN, [], node.dtype);
    if (node.size === 0)
      throw new ShapeError(`nanmedian: the tensor of shape ${show(node.sizes)} has no elements`);
    const flat = reshapeNode(node, [node.size]);
    const median = detach(
      gatherOf([flat, argnanmedianOf([flat], { dim: 0, keepdim: true })], { dim: 0 }),
    );
    // The gradient is split evenly among equal elements, as for their minimum.
    const equal = choose(eq(flat, median), flat, node.dtype === 'int32' ? 2 ** 31 - 1 : Infinity);
    const least = minOver([equal], { dims: [0], keepdim: true });
    return reshapeNode(choose(isNan(median), median, least), []);
  },
) as NanMedian;

/** The methods of this family. */
export interface ExtremesMethods {
  aminmax(options?: AminmaxOptions): MinMax;
}
