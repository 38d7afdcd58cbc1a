/** @file Reductions over dimensions: sums, means, extremes, norms. */
import { ShapeError } from '../../errors.js';
import { normalizeDim, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, operand, type Operand } from '../build/define.js';
import {
  argmaxOf,
  argminOf,
  argmedianOf,
  maxOver,
  medianOver,
  minOver,
  prodOver,
  type FoldAttrs,
} from './fold.js';
import { gatherOf } from '../indexing/gather.js';
import { filled, type PrimitiveOp } from '../build/primitive.js';
import { single } from '../build/leaves.js';
import {
  foldedDims,
  isNothing,
  reduceOptions,
  type ReduceDims,
  type ReduceOptions,
  type Reduction,
  type ReductionMethod,
} from './reduction.js';
import { meanOver, type SpreadMethods } from './spread.js';
import type { DimResult, Reduced, ShapeIn, Unless } from '../../types/index.js';

export { all, any, logsumexp, norm, std, var } from './spread.js';
export type { ReduceDims, ReduceOptions, Reduction } from './reduction.js';

/** Elements along one dimension, and their indices. */
export interface ValuesAndIndices<S extends Shape = Shape> {
  /** The chosen elements. */
  readonly values: Tensor<S>;
  /** The index of each along the dimension, int32. */
  readonly indices: Tensor<S>;
}

/** A tensor without dimensions for all elements, or values and indices along one dimension. */
export interface Choice {
  (x: Operand): Tensor<[]>;
  <X extends Operand, const K extends boolean = false>(
    x: X,
    dim: null | undefined,
    options?: { readonly keepdim?: K },
  ): Tensor<Reduced<ShapeIn<X>, null, K>>;
  <X extends Operand, const D extends number = number, const K extends boolean = false>(
    x: X & Unless<DimResult<ShapeIn<X>, D>>,
    dim: D,
    options?: { readonly keepdim?: K },
  ): ValuesAndIndices<Reduced<ShapeIn<X>, D, K>>;
}

/** The same, as a method. */
export interface ChoiceMethod {
  <T extends Tensor, const K extends boolean = false>(
    this: T,
    dim?: null,
    options?: { readonly keepdim?: K },
  ): Tensor<Reduced<ShapeIn<T>, null, K>>;
  <T extends Tensor, const D extends number, const K extends boolean = false>(
    this: T & Unless<DimResult<ShapeIn<T>, D>>,
    dim: D,
    options?: { readonly keepdim?: K },
  ): ValuesAndIndices<Reduced<ShapeIn<T>, D, K>>;
}

/**
 * The sum over `dim`; 0 if there are no elements. Integers and booleans add up in int32. PyTorch: `torch.sum`.
 * @example sum(tensor([[1, 2], [3, 4]]), 0) // [4, 6]
 */
export const sum = composite(
  'sum',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('sum', options);
    const node = operand('sum', x);
    return sumOver([node], { dims: foldedDims('sum', dim, node.ndim), keepdim });
  },
) as Reduction;

/**
 * The mean over `dim`; NaN if there are no elements. PyTorch: `torch.mean`.
 * @throws {DTypeError} for integers and booleans, as in PyTorch: cast them first.
 * @example mean(tensor([[1, 2], [3, 4]]), 1) // [1.5, 3.5]
 */
export const mean = composite(
  'mean',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('mean', options);
    const node = floatOperand('mean', x);
    return meanOver(node, foldedDims('mean', dim, node.ndim), keepdim);
  },
) as Reduction;

/**
 * The product over `dim`; 1 if there are no elements. The derivative is correct even where elements are 0. PyTorch:
 * `torch.prod`, which takes one dimension or all.
 * @example prod(tensor([2, 3, 4])) // 24
 */
export const prod = composite(
  'prod',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('prod', options);
    const node = operand('prod', x);
    return prodOver([node], { dims: foldedDims('prod', dim, node.ndim), keepdim });
  },
) as Reduction;

/**
 * The largest element over `dim`; NaN if one is NaN. The gradient is split evenly among equal elements.
 * PyTorch: `torch.amax`. @throws {ShapeError} if there are no elements.
 * @example amax(tensor([[1, 2], [4, 3]]), 1) // [2, 4]
 */
export const amax = composite(
  'amax',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor =>
    extreme('amax', maxOver, x, dim, options),
) as Reduction;

/**
 * The smallest element over `dim`; otherwise like `amax`. PyTorch: `torch.amin`.
 * @example amin(tensor([[1, 2], [4, 3]]), 1) // [1, 3]
 */
export const amin = composite(
  'amin',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor =>
    extreme('amin', minOver, x, dim, options),
) as Reduction;

function extreme(
  op: string,
  fold: PrimitiveOp<FoldAttrs>,
  x: Operand,
  dim: ReduceDims,
  options?: ReduceOptions,
): Tensor {
  const { keepdim = false } = reduceOptions(op, options);
  const node = operand(op, x);
  const dims = foldedDims(op, dim, node.ndim);
  checkNotEmpty(op, node, dims);
  return fold([node], { dims, keepdim });
}

function checkNotEmpty(op: string, { sizes: shape }: Tensor, dims: readonly number[]): void {
  const empty = dims.find((d) => shape[d] === 0);
  if (empty !== undefined) {
    throw new ShapeError(
      `${op}: dimension ${empty} of shape ${show(shape)} is empty; there is no element to choose`,
    );
  }
}

/**
 * The largest element of all, or the largest elements along `dim` and their indices: the first of equal ones; NaN
 * counts as largest. The gradient goes to the chosen element; without `dim` it is split evenly among equal ones.
 * PyTorch: `torch.max`.
 * @example max(x, 1).indices // the classes with the highest score
 */
export const max: Choice = composite(
  'max',
  (x: Operand, dim?: number | null, options?: ReduceOptions) =>
    choose('max', maxOver, argmaxOf, x, dim, options),
) as Choice;

/**
 * The smallest element; otherwise like `max`, and NaN counts as smallest. PyTorch: `torch.min`.
 * @example min(tensor([[1, 2], [4, 3]]), 1).indices // [0, 1]
 */
export const min: Choice = composite(
  'min',
  (x: Operand, dim?: number | null, options?: ReduceOptions) =>
    choose('min', minOver, argminOf, x, dim, options),
) as Choice;

/**
 * The median of all elements, or the medians along `dim` and their indices: for an even number, the lower of the two
 * in the middle; NaN if one is NaN, and for no floats at all. PyTorch: `torch.median`.
 * @example median(tensor([4, 1, 3, 2])) // 2
 */
export const median: Choice = composite(
  'median',
  (x: Operand, dim?: number | null, options?: ReduceOptions) => {
    const node = operand('median', x);
    return (dim ?? null) === null && isNothing(node)
      ? filled(NaN, [], node.dtype)
      : choose('median', medianOver, argmedianOf, node, dim, options);
  },
) as Choice;

function choose(
  op: string,
  fold: PrimitiveOp<FoldAttrs>,
  position: typeof argmaxOf,
  x: Operand,
  dim: number | null | undefined,
  options?: ReduceOptions,
): Tensor | ValuesAndIndices {
  const { keepdim = false } = reduceOptions(op, options);
  const node = operand(op, x);
  if (dim === undefined || dim === null) return extreme(op, fold, node, undefined, { keepdim });
  const d = normalizeDim(op, dim, node.ndim);
  if (node.ndim === 0) return { values: node, indices: single(0, 'int32') };
  checkNotEmpty(op, node, [d]);
  const kept = position([node], { dim: d, keepdim: true });
  const values = gatherOf([node, kept], { dim: d });
  if (keepdim) return { values, indices: kept };
  const shape = node.sizes.filter((_, i) => i !== d);
  return { values: reshapeNode(values, shape), indices: reshapeNode(kept, shape) };
}

type Position = <
  X extends Operand,
  const D extends number | null | undefined = undefined,
  const K extends boolean = false,
>(
  x: X & Unless<DimResult<ShapeIn<X>, D>>,
  dim?: D,
  options?: { readonly keepdim?: K },
) => Tensor<Reduced<ShapeIn<X>, D, K>>;

type PositionMethod = <
  T extends Tensor,
  const D extends number | null | undefined = undefined,
  const K extends boolean = false,
>(
  this: T & Unless<DimResult<ShapeIn<T>, D>>,
  dim?: D,
  options?: { readonly keepdim?: K },
) => Tensor<Reduced<ShapeIn<T>, D, K>>;

/**
 * The index of the largest element along `dim`, or among all elements in row-major order: the first of equal ones;
 * NaN counts as largest. An int32 tensor. PyTorch: `torch.argmax`.
 * @example argmax(tensor([[1, 2], [4, 3]]), 1) // [1, 0]
 */
export const argmax = composite(
  'argmax',
  (x: Operand, dim?: number | null, options?: ReduceOptions): Tensor =>
    positionOf('argmax', argmaxOf, x, dim, options),
) as Position;

/**
 * The index of the smallest element; otherwise like `argmax`, and NaN counts as smallest. PyTorch: `torch.argmin`.
 * @example argmin(tensor([[1, 2], [4, 3]]), 1) // [0, 1]
 */
export const argmin = composite(
  'argmin',
  (x: Operand, dim?: number | null, options?: ReduceOptions): Tensor =>
    positionOf('argmin', argminOf, x, dim, options),
) as Position;

function positionOf(
  op: string,
  position: typeof argmaxOf,
  x: Operand,
  dim: number | null | undefined,
  options?: ReduceOptions,
): Tensor {
  const { keepdim = false } = reduceOptions(op, options);
  const node = operand(op, x);
  if (dim === undefined || dim === null || node.ndim === 0) {
    if (typeof dim === 'number') normalizeDim(op, dim, 0);
    if (node.size === 0)
      throw new ShapeError(`${op}: the tensor of shape ${show(node.sizes)} has no elements`);
    const y = position([reshapeNode(node, [node.size])], { dim: 0, keepdim: false });
    return keepdim
      ? reshapeNode(
          y,
          node.sizes.map(() => 1),
        )
      : y;
  }
  const d = normalizeDim(op, dim, node.ndim);
  checkNotEmpty(op, node, [d]);
  return position([node], { dim: d, keepdim });
}

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface ReductionsMethods<S extends Shape = Shape> extends SpreadMethods {
  sum: ReductionMethod;
  mean: ReductionMethod;
  prod: ReductionMethod;
  amax: ReductionMethod;
  amin: ReductionMethod;
  max: ChoiceMethod;
  min: ChoiceMethod;
  median: ChoiceMethod;
  argmax: PositionMethod;
  argmin: PositionMethod;
}
