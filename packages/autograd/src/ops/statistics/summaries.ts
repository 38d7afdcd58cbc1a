/** @file Sums and means without NaN, counts, and mean and spread together. */
import { composite, floatOperand, operand, type Operand, type Having } from '../build/define.js';
import type { Tensor } from '../../graph/tensor.js';
import { sumOver } from '../build/broadcast.js';
import { castNode, choose } from '../build/element.js';
import { div } from '../build/fieldOperations.js';
import { isNan, logicalNot, ne } from '../build/relations.js';
import {
  foldedDims,
  reduceOptions,
  type ReduceDims,
  type ReduceOptions,
  type Reduction,
  type ReductionMethod,
} from '../reductions/reduction.js';
import type { Reduced, ShapeIn } from '../../types/index.js';
import { mean } from '../reductions/reductions.js';
import { std, var as variance, type VarianceOptions } from '../reductions/spread.js';

/**
 * The number of elements over `dim` that are not 0, as int32; NaN counts. PyTorch: `torch.count_nonzero`.
 * @example countNonzero(tensor([0, 1, 2])) // 2
 */
export const countNonzero = composite('countNonzero', (x: Operand, dim?: ReduceDims): Tensor => {
  const node = operand('countNonzero', x);
  const dims = foldedDims('countNonzero', dim, node.ndim);
  return sumOver([castNode(ne(node, 0), 'int32')], { dims, keepdim: false });
}) as <X extends Operand, const D extends ReduceDims = undefined>(
  x: Having<X, D>,
  dim?: D,
) => Tensor<Reduced<ShapeIn<X>, D>>;

/**
 * The sum over `dim` without NaN; 0 if nothing is left. The gradient of a NaN element is 0. PyTorch: `torch.nansum`.
 * @example nansum(tensor([1, NaN, 2])) // 3
 */
export const nansum = composite(
  'nansum',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('nansum', options);
    const node = operand('nansum', x);
    return sumOver([withoutNan(node)], { dims: foldedDims('nansum', dim, node.ndim), keepdim });
  },
) as Reduction;

function withoutNan(x: Tensor): Tensor {
  return choose(isNan(x), 0, x);
}

/**
 * The mean over `dim` without NaN; NaN if nothing is left. PyTorch: `torch.nanmean`. @throws {DTypeError} for
 * integers.
 * @example nanmean(tensor([1, NaN, 3])) // 2
 */
export const nanmean = composite(
  'nanmean',
  (x: Operand, dim?: ReduceDims, options?: ReduceOptions): Tensor => {
    const { keepdim = false } = reduceOptions('nanmean', options);
    const node = floatOperand('nanmean', x);
    const attrs = { dims: foldedDims('nanmean', dim, node.ndim), keepdim };
    const count = sumOver([castNode(logicalNot(isNan(node)), node.dtype)], attrs);
    return div(sumOver([withoutNan(node)], attrs), count);
  },
) as Reduction;

/** The standard deviation and the mean. */
export interface StdMean {
  /** The standard deviation. */
  readonly std: Tensor;
  /** The mean. */
  readonly mean: Tensor;
}

/** The variance and the mean. */
export interface VarMean {
  /** The variance. */
  readonly var: Tensor;
  /** The mean. */
  readonly mean: Tensor;
}

/**
 * `std` and `mean` over `dim` together, with the options of `std`. PyTorch: `torch.std_mean`.
 * @example stdMean(tensor([1, 2, 3])).std // 1
 */
export const stdMean = composite(
  'stdMean',
  (x: Operand, dim?: ReduceDims, options?: VarianceOptions): StdMean => ({
    std: std(x, dim, options),
    mean: meanLike(x, dim, options),
  }),
);

/**
 * `var` and `mean` over `dim` together, with the options of `var`. PyTorch: `torch.var_mean`.
 * @example varMean(tensor([1, 2, 3])).var // 1
 */
export const varMean = composite(
  'varMean',
  (x: Operand, dim?: ReduceDims, options?: VarianceOptions): VarMean => ({
    var: variance(x, dim, options),
    mean: meanLike(x, dim, options),
  }),
);

function meanLike(x: Operand, dim: ReduceDims, options: VarianceOptions | undefined): Tensor {
  return mean(x, dim, options?.keepdim === undefined ? undefined : { keepdim: options.keepdim });
}

/** The methods of this family. */
export interface SummariesMethods {
  countNonzero<T extends Tensor, const D extends ReduceDims = undefined>(
    this: Having<T, D>,
    dim?: D,
  ): Tensor<Reduced<ShapeIn<T>, D>>;
  nansum: ReductionMethod;
  nanmean: ReductionMethod;
}
