/** @file Positions as results: flat indices split by dimension, indices of nonzero elements, runs of equal elements. */
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { checkShape, normalizeDim, sizeOf, stridesOf, type Shape } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { floorDivide, remainder } from '../elements/arithmetic.js';
import { moveDim } from '../shape/movement.js';
import { takeOf } from './take.js';
import { nonzero } from './indexing.js';
import { indexTensor, type Indices } from './indices.js';
import { sort } from './ordering.js';
import type { UniqueOptions, UniqueParts } from './unique.js';

/**
 * The indices in each dimension of a tensor of `shape` for flat, row-major indices: one int32 tensor for each
 * dimension. PyTorch: `torch.unravel_index`. @throws {IndexError} for an index out of range.
 * @example unravelIndex(tensor([5], { dtype: 'int32' }), [2, 3]) // [1] and [2]
 */
export const unravelIndex: (indices: Indices, shape: Shape) => Tensor[] = composite(
  'unravelIndex',
  (indices, shape) => {
    const sizes = checkShape('unravelIndex', shape);
    const at = indexTensor('unravelIndex', indices, sizeOf(sizes), 0);
    if (at.size === 0) return sizes.map(() => at);
    const strides = stridesOf(sizes);
    return sizes.map((n, d) => remainder(floorDivide(at, strides[d]!), n));
  },
);

/**
 * The same as `nonzero`. PyTorch: `torch.argwhere`.
 * @example argwhere(tensor([0, 5, 6])) // [[1], [2]]
 */
export const argwhere: (x: Operand) => Tensor = composite('argwhere', (x) => nonzero(x));

/**
 * `x` sorted along the first dimension: the values of `sort(x, 0)`. PyTorch: `torch.msort`.
 * @example msort(tensor([[3, 1], [2, 4]])) // [[2, 1], [3, 4]]
 */
export const msort: (x: Operand) => Tensor = composite('msort', (x) => sort(x, 0).values);

const uniqueOptions: OptionsReader<UniqueOptions> = defineOptions<UniqueOptions>({
  returnInverse: kinds.flag,
  returnCounts: kinds.flag,
  dim: kinds.orNull(kinds.dim),
});

/** The signature of `uniqueConsecutive`, whose result depends on its options. */
export interface UniqueConsecutive {
  (x: Operand): Tensor;
  (
    x: Operand,
    options: UniqueOptions & ({ readonly returnInverse: true } | { readonly returnCounts: true }),
  ): UniqueParts;
  (x: Operand, options?: UniqueOptions): Tensor | UniqueParts;
}

/**
 * The first of each run of equal elements, as a vector, or of equal slices along `dim`; with `returnInverse` or
 * `returnCounts` in an object. Every NaN is distinct. The shape depends on values, so `x` is evaluated immediately.
 * PyTorch: `torch.unique_consecutive`, which has no gradient.
 * @example uniqueConsecutive(tensor([1, 1, 2, 1])) // [1, 2, 1]
 */
export const uniqueConsecutive: UniqueConsecutive = composite(
  'uniqueConsecutive',
  (x: Operand, options?: UniqueOptions) => {
    const {
      returnInverse = false,
      returnCounts = false,
      dim = null,
    } = uniqueOptions('uniqueConsecutive', options);
    const node = operand('uniqueConsecutive', x);
    const whole = dim === null || node.ndim === 0;
    const rows = whole ? reshapeNode(node, [node.size]) : node;
    const d = whole ? 0 : normalizeDim('uniqueConsecutive', dim, node.ndim);
    const runs = runsOf(rows, d, returnInverse);
    const values = takeOf([rows, leafOf(runs.first)], { dim: d });
    if (!returnInverse && !returnCounts) return values;
    return {
      values,
      ...(runs.inverse && {
        inverse: reshapeNode(leafOf(runs.inverse), whole ? node.sizes : [runs.inverse.length]),
      }),
      ...(returnCounts && { counts: leafOf(lengthsOf(runs.first, rows.sizes[d]!)) }),
    };
  },
) as UniqueConsecutive;

function leafOf(data: Int32Array): Tensor {
  return makeLeaf(data, [data.length], 'int32');
}

interface Runs {
  readonly first: Int32Array;
  readonly inverse: Int32Array | null;
}

/** Where each run of equal slices begins; and the run of each slice, if it is asked for. */
function runsOf(x: Tensor, dim: number, inverted: boolean): Runs {
  const data = valueOf(moveDim(x, dim, 0), 'uniqueConsecutive');
  const n = x.sizes[dim]!;
  const width = data.length / Math.max(1, n);
  const first = new Int32Array(n);
  const inverse = inverted ? new Int32Array(n) : null;
  let count = 0;
  let last = NaN;
  for (let i = 0; i < n; i++) {
    let differ = Number(i === 0);
    if (width === 1) {
      const element = data[i]!;
      differ |= Number(element !== last);
      last = element;
    } else
      for (let k = i * width; k < (i + 1) * width; k++)
        differ |= Number(data[k] !== data[k - width]);
    // Always written, but kept only if the run is new: no branch that could be mispredicted.
    first[count] = i;
    count += differ;
    if (inverse !== null) inverse[i] = count - 1;
  }
  return { first: first.slice(0, count), inverse };
}

function lengthsOf(first: Int32Array, n: number): Int32Array {
  const lengths = new Int32Array(first.length);
  for (let r = 0; r < first.length; r++) lengths[r] = (first[r + 1] ?? n) - first[r]!;
  return lengths;
}

/** The methods of this family. */
export interface PlacesMethods {
  argwhere(): Tensor;
  msort(): Tensor;
}
