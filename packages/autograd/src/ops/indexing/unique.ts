/** @file Distinct elements. Part of the ordering family. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { normalizeDim, sizeOf } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { argsortOf } from './argsort.js';
import { takeOf } from './take.js';
import { moveDim } from '../shape/movement.js';

/** Options of `uniqueConsecutive` and `unique`. */
export interface UniqueOptions {
  /** Whether to return, for each element of `x`, its index among the distinct ones. Default false. */
  readonly returnInverse?: boolean;
  /** Whether to return how often each occurs. Default false. */
  readonly returnCounts?: boolean;
  /** Compares whole slices along this dimension instead of elements. */
  readonly dim?: number | null;
}

const uniqueOptions = defineOptions<UniqueOptions>({
  returnInverse: kinds.flag,
  returnCounts: kinds.flag,
  dim: kinds.orNull(kinds.dim),
});

/** The results of `unique` that were requested. */
export interface UniqueParts {
  /** The distinct elements, sorted. */
  readonly values: Tensor;
  /** For each element of the input, its index in `values`. */
  readonly inverse?: Tensor;
  /** How often each of `values` occurs. */
  readonly counts?: Tensor;
}

export interface Unique {
  (x: Operand): Tensor;
  (
    x: Operand,
    options: UniqueOptions & ({ readonly returnInverse: true } | { readonly returnCounts: true }),
  ): UniqueParts;
  (x: Operand, options?: UniqueOptions): Tensor | UniqueParts;
}

/**
 * The distinct elements in ascending order, as a vector, or the distinct slices along `dim`; with `returnInverse` or
 * `returnCounts` in an object. Every NaN is distinct. The shape depends on values, so `x` is evaluated immediately.
 * Gradients go to the first of equal elements. PyTorch: `torch.unique`, which has no gradient.
 * @example unique(tensor([3, 1, 3, 2])) // [1, 2, 3]
 */
export const unique: Unique = composite('unique', (x: Operand, options?: UniqueOptions) => {
  const {
    returnInverse = false,
    returnCounts = false,
    dim = null,
  } = uniqueOptions('unique', options);
  const node = operand('unique', x);
  const d = dim === null ? 0 : normalizeDim('unique', dim, node.ndim);
  const whole = dim === null || node.ndim === 0;
  const rows = whole ? reshapeNode(node, [node.size]) : node;
  const found = distinct(rows, d);
  const values = takeOf([rows, leafOf(found.first)], { dim: d });
  if (!returnInverse && !returnCounts) return values;
  const inverse = makeLeaf(found.inverse, whole ? node.sizes : [found.inverse.length], 'int32');
  return {
    values,
    ...(returnInverse && { inverse }),
    ...(returnCounts && { counts: leafOf(found.counts) }),
  };
}) as Unique;

function leafOf(data: Int32Array): Tensor {
  return makeLeaf(data, [data.length], 'int32');
}

/**
 * The distinct slices along a dimension, sorted: the position of each one's first occurrence, the number of each slice, and the
 * counts.
 */
function distinct(
  x: Tensor,
  dim: number,
): { first: Int32Array; inverse: Int32Array; counts: Int32Array } {
  const rows = moveDim(x, dim, 0);
  const data = valueOf(rows, 'unique');
  const n = x.sizes[dim]!;
  const width = sizeOf(x.sizes.filter((_, d) => d !== dim));
  const compare = (i: number, j: number): number => {
    for (let k = 0; k < width; k++) {
      const [a, b] = [data[i * width + k]!, data[j * width + k]!];
      if (a < b) return -1;
      if (a > b) return 1;
      if (a !== b) return a === a ? -1 : b === b ? 1 : i - j;
    }
    return 0;
  };
  const order =
    width === 1
      ? valueOf(argsortOf([reshapeNode(rows, [n])], { dim: 0, descending: false }), 'unique')
      : Int32Array.from({ length: n }, (_, i) => i).sort((i, j) => compare(i, j) || i - j);
  const [first, inverse, counts] = [new Int32Array(n), new Int32Array(n), new Int32Array(n)];
  let found = 0;
  for (let k = 0; k < n; k++) {
    const i = order[k]!;
    if (k === 0 || compare(order[k - 1]!, i) !== 0) first[found++] = i;
    counts[found - 1]!++;
    inverse[i] = found - 1;
  }
  return { first: first.slice(0, found), inverse, counts: counts.slice(0, found) };
}

export interface UniqueMethods {
  unique(): Tensor;
  unique(
    options: UniqueOptions & ({ readonly returnInverse: true } | { readonly returnCounts: true }),
  ): UniqueParts;
  unique(options?: UniqueOptions): Tensor | UniqueParts;
}
