/** @file Composite reductions: variance, norms, log-sum-exp, any and all. Part of the reductions family. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { reducedShape, sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { div, mul, sub } from '../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, operand, type Having, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { where } from '../elements/comparison.js';
import { maxOver, minOver } from './fold.js';
import { logsumexpOver } from './probabilities.js';
import { nuclearNorm } from '../linalg/nuclearNorm.js';
import { vectorNorm } from '../linalg/vectorNorm.js';
import { sqrt } from '../elements/powers.js';
import { filled, zerosOf } from '../build/primitive.js';
import {
  foldedDims,
  reduceOptions,
  type ReduceDims,
  type ReduceOptions,
  type Reduction,
  type ReductionMethod,
} from './reduction.js';
import { eq, gt, ne } from '../build/relations.js';
import type { Reduced, ShapeIn } from '../../types/index.js';

/** The mean over dimensions counted from the front. */
export function meanOver(x: Tensor, dims: readonly number[], keepdim: boolean): Tensor {
  return div(sumOver([x], { dims, keepdim }), countOf(x, dims));
}

function countOf({ sizes: shape }: Tensor, dims: readonly number[]): number {
  return sizeOf(dims.map((d) => shape[d] as number));
}

export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the number of elements in the divisor. Default 1. */
  readonly correction?: number;
}

const varianceOptions = defineOptions<VarianceOptions>(
  { ...reduceOptions.table, correction: kinds.finite },
  ({ keepdim, correction }) => ({ keepdim, correction }),
);

/**
 * The variance `Σ (x − mean)² / (n − correction)` over `dim`, without cancellation; NaN or Inf if the
 * divisor is 0. The default correction is 1. PyTorch: `torch.var`.
 * @throws {DTypeError} for integers and booleans.
 * @example tensor([1, 2, 3]).var(0, { correction: 0 }) // 0.6667
 */
const variance = composite(
  'var',
  (x: Operand, dim?: ReduceDims, options?: VarianceOptions): Tensor =>
    varianceOf('var', x, dim, options),
) as Reduction<VarianceOptions>;
export { variance as var };

/**
 * The standard deviation: the square root of the variance, without overflow in float32;
 * where it is 0, its derivative is 0. PyTorch: `torch.std`.
 * @example std(tensor([1, 2, 3])) // 1
 */
export const std = composite(
  'std',
  (x: Operand, dim?: ReduceDims, options?: VarianceOptions): Tensor => deviationOf(x, dim, options),
) as Reduction<VarianceOptions>;

/** In double precision where the device has it: it holds the squares of every float32. */
function deviationOf(x: Operand, dim: ReduceDims, options?: VarianceOptions): Tensor {
  const node = floatOperand('std', x);
  const wide = varianceOf(
    'std',
    castNode(node, node.home === 'webgpu' ? node.dtype : 'float64'),
    dim,
    options,
  );
  return castNode(rootOf(wide), node.dtype);
}

function varianceOf(op: string, x: Operand, dim: ReduceDims, options?: VarianceOptions): Tensor {
  const { correction = 1, keepdim = false } = varianceOptions(op, options);
  const node = floatOperand(op, x);
  const dims = foldedDims(op, dim, node.ndim);
  const d = sub(node, meanOver(node, dims, true));
  const divisor = Math.max(0, countOf(node, dims) - correction);
  return div(sumOver([mul(d, d)], { dims, keepdim }), divisor);
}

/** The square root with derivative 0 at 0. */
function rootOf(x: Tensor): Tensor {
  const zero = eq(x, 0);
  return where(zero, zerosOf(x), sqrt(where(zero, filled(1, x.sizes, x.dtype), x)));
}

export interface NormOptions extends ReduceOptions {
  /**
   * The order: any number, ±Infinity, or 0 for the count of elements that are not 0; `'fro'` as 2; `'nuc'` of matrices the
   * sum of their singular values. Default 2.
   */
  readonly p?: number | 'fro' | 'nuc';
  readonly dim?: ReduceDims;
}

const normOptions = byPosition(
  defineOptions<NormOptions>({
    ...reduceOptions.table,
    p: kinds.either(kinds.real, kinds.oneOf('fro', 'nuc')),
    dim: kinds.anything,
  }),
  'dim',
);

interface NormOf<D, K> {
  readonly p?: number | 'fro' | 'nuc';
  readonly dim?: D;
  readonly keepdim?: K;
}

type Norm = <
  X extends Operand,
  const D extends ReduceDims = undefined,
  const K extends boolean = false,
>(
  x: Having<X, D>,
  dim?: D | NormOf<D, K>,
  options?: NormOf<D, K>,
) => Tensor<Reduced<ShapeIn<X>, D, K>>;

type NormMethod = <
  T extends Tensor,
  const D extends ReduceDims = undefined,
  const K extends boolean = false,
>(
  this: Having<T, D>,
  dim?: D | NormOf<D, K>,
  options?: NormOf<D, K>,
) => Tensor<Reduced<ShapeIn<T>, D, K>>;

/**
 * The vector norm `(Σ |x|^p)^(1/p)` over `dim` (default: all dimensions), or with `p: 'nuc'` the nuclear norm over two.
 * Where it is 0, its derivative is 0. PyTorch: `torch.norm`; for other matrix norms see `linalg.norm`.
 * @example norm(x) // norm(x, 1, { p: 1, keepdim: true }), norm(x, { p: Infinity })
 */
export const norm = composite(
  'norm',
  (x: Operand, dim?: ReduceDims | NormOptions, options?: NormOptions): Tensor => {
    const given = normOptions('norm', dim, options);
    const { keepdim = false } = given;
    const { p = 2 } = given;
    const node = floatOperand('norm', x);
    const dims = foldedDims('norm', given.dim, node.ndim);
    return p === 'nuc'
      ? nuclearNorm('norm', node, dims, keepdim)
      : vectorNorm(node, p === 'fro' ? 2 : p, dims, keepdim);
  },
) as Norm;

/**
 * `ln Σ exp(x)` over `dim`, without overflow. A row of −Inf gives −Inf and
 * gradient 0. PyTorch: `torch.logsumexp`.
 * @example logsumexp(tensor([0, 0]), 0) // 0.6931
 */
export const logsumexp = composite(
  'logsumexp',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('logsumexp', options);
    const given = operand('logsumexp', x);
    const node = castNode(given, given.dtype === 'float64' ? 'float64' : 'float32');
    const dims = foldedDims('logsumexp', dim, node.ndim);
    return reshapeNode(logsumexpOver(node, dims), reducedShape(node.sizes, dims, keepdim));
  },
) as Reduction;

/**
 * Whether any element over `dim` is not 0; false if there are none. NaN counts as true. PyTorch: `torch.any`.
 * @example any(tensor([[0, 1], [0, 0]]), 1) // [true, false]
 */
export const any = composite(
  'any',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('any', options);
    const node = operand('any', x);
    return gt(maxOver([ones(node)], { dims: foldedDims('any', dim, node.ndim), keepdim }), 0);
  },
) as Reduction;

/**
 * Whether all elements over `dim` are not 0; true if there are none. PyTorch: `torch.all`.
 * @example all(tensor([[1, 1], [0, 1]]), 1) // [true, false]
 */
export const all = composite(
  'all',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('all', options);
    const node = operand('all', x);
    return gt(minOver([ones(node)], { dims: foldedDims('all', dim, node.ndim), keepdim }), 0);
  },
) as Reduction;

/** 1 where an element is not 0, otherwise 0; in float32, whose extremes run on vectors. */
function ones(x: Tensor): Tensor {
  return castNode(ne(x, 0), 'float32');
}

export interface SpreadMethods {
  var: ReductionMethod<VarianceOptions>;
  std: ReductionMethod<VarianceOptions>;
  norm: NormMethod;
  logsumexp: ReductionMethod;
  any: ReductionMethod;
  all: ReductionMethod;
}
