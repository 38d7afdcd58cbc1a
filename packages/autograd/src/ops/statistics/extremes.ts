/** @file Elements by rank or frequency: smallest and largest, k-th, most frequent, median without NaN. */
import { medianPosition } from '../reductions/selection.js';
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { checkInteger, normalizeDim, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
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
  (x: Operand, k: number, dim?: number, options?: ReduceOptions): ValuesAndIndices => {
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
 * Where the last of the most frequent elements is; of equally frequent ones the smallest counts, each NaN for
 * itself.
 */
const argmodeOf: PositionOf = position('argmode', { kind: 'reference' }, (data, from, step, n) => {
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) row[i] = data[from + i * step]!;
  const sorted = risingRow(row);
  let [value, most, count] = [NaN, 0, 0];
  for (let k = 0; k < n; k++) {
    count++;
    if (k < n - 1 && sorted[k] === sorted[k + 1]) continue;
    if (count > most) [value, most] = [sorted[k]!, count];
    count = 0;
  }
  return value === value ? row.lastIndexOf(value) : 0;
});

/** Elements up to which insertion is the fastest way to sort. */
const FEW = 32;

/** The numbers in rising order, NaN last. */
function risingRow(row: Float64Array): Float64Array {
  const sorted = row.slice();
  if (row.length > FEW) return sorted.sort();
  for (let i = 1; i < sorted.length; i++) {
    const x = sorted[i]!;
    let at = i;
    for (; at > 0 && (sorted[at - 1]! > x || sorted[at - 1] !== sorted[at - 1]); at--)
      sorted[at] = sorted[at - 1]!;
    sorted[at] = x;
  }
  return sorted;
}

/**
 * The most frequent elements along `dim` (default −1), and the index of the last occurrence of each; of equally
 * frequent elements, the smallest. PyTorch: `torch.mode`.
 * @example mode(tensor([1, 3, 3, 2])).values // 3
 */
export const mode = composite(
  'mode',
  (x: Operand, dim?: number, options?: ReduceOptions): ValuesAndIndices => {
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

/** Where the lower median of what is no NaN is; 0 if there is nothing else. */
const argnanmedianOf: PositionOf = position(
  'argnanmedian',
  { kind: 'reference' },
  (data, from, step, n) => medianPosition(data, from, step, n, true),
);

/** One tensor of all elements, or values and indices along a dimension. */
export interface NanMedian {
  (x: Operand, dim?: null): Tensor;
  (x: Operand, dim: number, options?: ReduceOptions): ValuesAndIndices;
}

/**
 * As `median`, without NaN; NaN if there are no other elements. PyTorch: `torch.nanmedian`.
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
    // The gradient is split evenly among equal elements, as that of their minimum.
    const equal = choose(eq(flat, median), flat, node.dtype === 'int32' ? 2 ** 31 - 1 : Infinity);
    const least = minOver([equal], { dims: [0], keepdim: true });
    return reshapeNode(choose(isNan(median), median, least), []);
  },
) as NanMedian;

/** The methods of this family. */
export interface ExtremesMethods {
  aminmax(options?: AminmaxOptions): MinMax;
}
