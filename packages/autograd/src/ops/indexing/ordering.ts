/** @file Sorting, searching, counting. Derivatives go through a gather of the values in their order. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, IndexError, ShapeError } from '../../errors.js';
import {
  checkInteger,
  checkSize,
  normalizeDim,
  sameShape,
  show,
  type Shape,
} from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { argsortOf } from './argsort.js';
import { single } from '../build/leaves.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type DimOr, type Having, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { gatherOf } from './gather.js';
import { indexAddOf } from './take.js';
import { narrowNode } from '../shape/movement.js';
import { filled } from '../build/primitive.js';
import { searchPositions } from './search.js';
import type { ValuesAndIndices } from '../reductions/reductions.js';
import type { UniqueMethods } from './unique.js';

export { unique, type UniqueOptions, type UniqueParts } from './unique.js';

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** Whether to sort from the largest down. Default false. */
  readonly descending?: boolean;
  /** Has no effect, as sorting is always stable; accepted for code from PyTorch. */
  readonly stable?: boolean;
}

type Ordering<Result> = <X extends Operand, const D extends number>(
  x: Having<X, D>,
  dim?: DimOr<D, SortOptions>,
  options?: SortOptions,
) => Result;

type OrderingMethod<Result> = <T extends Tensor, const D extends number>(
  this: Having<T, D>,
  dim?: DimOr<D, SortOptions>,
  options?: SortOptions,
) => Result;

const sortOptions = byPosition(
  defineOptions<SortOptions & { readonly dim?: number }>({
    dim: kinds.dim,
    descending: kinds.flag,
    stable: kinds.flag,
  }),
  'dim',
);

/**
 * Sorts the elements along `dim` (default −1); gives them and their indices in `x`. Stable: equal elements keep
 * their order. NaN counts as larger than all numbers. The gradient goes back to where each element came from.
 * PyTorch: `torch.sort`.
 * @example sort(tensor([3, 1, 2])) // values [1, 2, 3], indices [1, 2, 0]
 */
export const sort: Ordering<ValuesAndIndices> = composite('sort', (x, dim, options) =>
  sorted('sort', operand('sort', x), dim, options),
);

/**
 * The indices that sort `x` along `dim`: those of `sort`. PyTorch: `torch.argsort`; here always stable.
 * @example argsort(tensor([3, 1, 2])) // [1, 2, 0]
 */
export const argsort: Ordering<Tensor> = composite(
  'argsort',
  (x, dim, options) => sorted('argsort', operand('argsort', x), dim, options).indices,
);

function sorted(
  op: string,
  x: Tensor,
  dim: number | SortOptions | undefined,
  options?: SortOptions,
): ValuesAndIndices {
  const given = sortOptions(op, dim, options);
  const { descending = false } = given;
  const d = normalizeDim(op, given.dim ?? -1, x.ndim);
  if (x.ndim === 0) return { values: x, indices: single(0, 'int32') };
  const indices = argsortOf([x], { dim: d, descending });
  return { values: gatherOf([x, indices], { dim: d }), indices };
}

/** Options of `topk`. */
export interface TopkOptions {
  /** The dimension to choose along. Default −1. */
  readonly dim?: number;
  /** Whether to take the largest elements rather than the smallest. Default true. */
  readonly largest?: boolean;
  /** Has no effect, as the result is always sorted; accepted for code from PyTorch. */
  readonly sorted?: boolean;
}

const topkOptions = byPosition(
  defineOptions<TopkOptions>({ dim: kinds.dim, largest: kinds.flag, sorted: kinds.flag }),
  'dim',
);

/**
 * The `k` largest elements along `dim` (default −1), in order, and their indices. PyTorch: `torch.topk`.
 * @throws {ShapeError} if there are fewer than `k`.
 * @example topk(tensor([3, 1, 4, 1, 5]), 2).values // [5, 4]
 */
export const topk: <X extends Operand, const D extends number>(
  x: Having<X, D>,
  k: number,
  dim?: DimOr<D, TopkOptions>,
  options?: TopkOptions,
) => ValuesAndIndices = composite('topk', (x, k, dim, options) => {
  const node = operand('topk', x);
  const given = topkOptions('topk', dim, options);
  const d = normalizeDim('topk', given.dim ?? -1, node.ndim);
  const n = node.sizes[d] ?? 1;
  if (checkInteger('topk', 'k', k, 0) > n) {
    throw new ShapeError(
      `topk: k is ${k}, but dimension ${d} of shape ${show(node.sizes)} has only ${n}`,
    );
  }
  if (node.ndim === 0) return sorted('topk', node, 0);
  const order = argsortOf([node], { dim: d, descending: given.largest ?? true, leading: k });
  const indices = narrowNode(order, d, 0, k);
  return { values: gatherOf([node, indices], { dim: d }), indices };
});

/** Options of `searchsorted`. */
export interface SearchOptions {
  /** Whether to insert after elements equal to the value instead of before them. Default false. */
  readonly right?: boolean;
  /** `'right'` is the same as `right: true`. */
  readonly side?: 'left' | 'right';
}

const searchOptions = defineOptions<SearchOptions>({
  right: kinds.flag,
  side: kinds.oneOf('left', 'right'),
});

/**
 * The index where each value must be inserted into a sorted vector, or into the row of a sorted tensor with the same
 * leading dimensions, to keep it sorted: int32, in the shape of `values`. PyTorch: `torch.searchsorted`.
 * @example searchsorted(tensor([1, 3, 5]), tensor([0, 3, 9])) // [0, 1, 3]
 */
export const searchsorted: (sorted: Tensor, values: Operand, options?: SearchOptions) => Tensor =
  composite('searchsorted', (sorted, values, options) => {
    const { right, side } = searchOptions('searchsorted', options);
    const rows = operand('searchsorted', sorted);
    const searched = operand('searchsorted', values, rows.dtype);
    if (rows.ndim === 0)
      throw new ShapeError('searchsorted: the sorted tensor needs at least one dimension');
    if (rows.ndim > 1 && !sameShape(rows.sizes.slice(0, -1), searched.sizes.slice(0, -1))) {
      throw new ShapeError(
        `searchsorted: shapes ${show(rows.sizes)} and ${show(searched.sizes)} must agree in all dimensions but the last`,
      );
    }
    return searchPositions([rows, searched], {
      right: side === undefined ? right === true : side === 'right',
    });
  });

/** Options of `bincount`. */
export interface BincountOptions {
  /** What each number adds to its count. Default 1. */
  readonly weights?: Tensor | null;
  /** The smallest length of the result. Default 0. */
  readonly minlength?: number;
}

const bincountOptions = defineOptions<BincountOptions>({
  weights: kinds.orNull(kinds.tensor),
  minlength: kinds.size,
});

/**
 * How often each of the numbers 0, 1, 2 … occurs in a vector, or the sum of its `weights`. The result is as long as
 * the largest number requires, and at least `minlength`; `x` is evaluated immediately. PyTorch: `torch.bincount`.
 * @throws {IndexError} for a negative number.
 * @example bincount(tensor([1, 1, 3], { dtype: 'int32' })) // [0, 2, 0, 1]
 */
export const bincount: (x: Operand, options?: BincountOptions) => Tensor = composite(
  'bincount',
  (x, options) => {
    const { weights = null, minlength = 0 } = bincountOptions('bincount', options);
    const node = operand('bincount', x);
    if (node.ndim !== 1)
      throw new ShapeError(`bincount: expected a vector, got shape ${show(node.sizes)}`);
    if (node.dtype !== 'int32') {
      throw new DTypeError(`bincount: expected int32, got ${node.dtype}; cast it: x.cast('int32')`);
    }
    const data = valueOf(node, 'bincount') as Int32Array;
    const size = Math.max(minlength, mostOf(data) + 1);
    checkSize('bincount', [size]);
    if (weights === null) return makeLeaf(countsOf(data, size), [size], 'int32');
    const given = operand('bincount', weights);
    if (!sameShape(given.sizes, node.sizes)) {
      throw new ShapeError(
        `bincount: the weights have shape ${show(given.sizes)}, the numbers ${show(node.sizes)}; they must be equal`,
      );
    }
    // As in PyTorch, sums of weights are float64 unless the weights are float32.
    const dtype = given.dtype === 'float32' ? 'float32' : 'float64';
    return indexAddOf(
      [filled(0, [size], dtype), node, reshapeNode(castNode(given, dtype), node.sizes)],
      { dim: 0 },
    );
  },
);

/** The largest of the numbers, none of which may be negative; −1 if there are none. */
function mostOf(data: Int32Array): number {
  let most = -1;
  let all = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (x > most) most = x;
    all |= x;
  }
  if (all < 0) {
    const i = data.findIndex((x) => x < 0);
    throw new IndexError(`bincount: ${data[i]!} at position ${i} is negative`);
  }
  return most;
}

function countsOf(data: Int32Array, size: number): Int32Array {
  const counts = new Int32Array(size);
  for (let i = 0; i < data.length; i++) counts[data[i]!]!++;
  return counts;
}

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface OrderingMethods<S extends Shape = Shape> extends UniqueMethods {
  sort: OrderingMethod<ValuesAndIndices>;
  argsort: OrderingMethod<Tensor>;
  topk<T extends Tensor, const D extends number>(
    this: Having<T, D>,
    k: number,
    dim?: DimOr<D, TopkOptions>,
    options?: TopkOptions,
  ): ValuesAndIndices;
  bincount(options?: BincountOptions): Tensor;
}
