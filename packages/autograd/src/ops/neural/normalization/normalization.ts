/** @file Normalizations: softmax, and those that subtract a mean and divide by a deviation. */
import { byPosition, defineOptions, plural } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ShapeError } from '../../../errors.js';
import { checkInteger, show, sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { add, mul, rsqrt } from '../../elements/arithmetic.js';
import type { BatchNormOptions, InstanceNormOptions } from './batchNormalization.js';
import { reshapeNode } from '../../build/broadcast.js';
import {
  composite,
  floatOperand,
  type Operand,
  type SameShapeAlong,
  type SameShapeAlongMethod,
} from '../../build/define.js';
import { logSoftmaxOver, softmaxOver } from '../../reductions/probabilities.js';
import {
  affine,
  affineOptions,
  channelled,
  lastDims,
  meanOver,
  momentsOf,
  standardize,
  type AffineOptions,
  type Maybe,
  type NormOptions,
} from './moments.js';
import { rowDims } from '../rowDims.js';
import type { CosineSimilarityOptions, NormalizeOptions } from '../similarity.js';

export * from './batchNormalization.js';
export * from '../similarity.js';
export type { AffineOptions, NormOptions };

/** Options of `rmsNorm`. */
export interface RmsNormOptions {
  /** The weight of each element. Default: none. */
  readonly weight?: Maybe;
  /** Added to the mean square. Default: the machine epsilon of the dtype. */
  readonly eps?: number | null;
}

const byWeightAndBias = byPosition(affineOptions, 'weight', 'bias');
const rmsNormOptions = byPosition(
  defineOptions<RmsNormOptions>(
    { weight: kinds.orNull(kinds.tensor), eps: kinds.orNull(kinds.finite) },
    ({ weight, eps }) => ({ weight, eps }),
  ),
  'weight',
);

/**
 * `exp(x) / Σ exp(x)` along `dim`, without overflow. A row of −Inf gives NaN, as in
 * PyTorch. PyTorch: `torch.softmax`.
 *
 * @throws {DTypeError} for integers. @throws {IndexError} for a dimension out of range.
 * @example softmax(tensor([0, 0]), 0) // [0.5, 0.5]
 */
export const softmax = composite('softmax', (input: Operand, dim: number): Tensor => {
  const x = floatOperand('softmax', input);
  return softmaxOver(x, rowDims('softmax', x, dim));
}) as SameShapeAlong;

/**
 * `ln(softmax(x))` without overflow or cancellation, accurate even where a probability is nearly 1. PyTorch:
 * `torch.log_softmax`. See `softmax`.
 * @example logSoftmax(tensor([0, 0]), 0) // [-0.6931, -0.6931]
 */
export const logSoftmax = composite('logSoftmax', (input: Operand, dim: number): Tensor => {
  const x = floatOperand('logSoftmax', input);
  return logSoftmaxOver(x, rowDims('logSoftmax', x, dim));
}) as SameShapeAlong;

/**
 * `(x − mean) / √(var + eps) · weight + bias` over the last dimensions, whose sizes are `normalizedShape`; `eps` is
 * 1e-5. PyTorch: `nn.functional.layer_norm`.
 *
 * @throws {ShapeError} if x does not end in `normalizedShape`, or weight or bias are not of that shape.
 * @example layerNorm(tensor([[1, 3]]), 2) // [[-1.0000, 1.0000]]
 */
export const layerNorm: (
  x: Tensor,
  normalizedShape: number | Shape,
  weight?: Maybe | AffineOptions,
  bias?: Maybe | AffineOptions,
  options?: AffineOptions,
) => Tensor = composite('layerNorm', (input, normalizedShape, a, b, options): Tensor => {
  const { weight, bias, eps = 1e-5 } = byWeightAndBias('layerNorm', a, b, options);
  const x = floatOperand('layerNorm', input);
  const { dims, shape } = lastDims('layerNorm', x, normalizedShape);
  const y = standardize(momentsOf(x, dims), eps);
  return affine('layerNorm', y, weight, bias, shape, shape);
});

/**
 * `x / √(mean(x²) + eps) · weight` over the last dimensions, whose sizes are `normalizedShape`. `eps` is by default
 * the machine epsilon of x's dtype. PyTorch: `nn.functional.rms_norm`.
 * @example rmsNorm(tensor([[3, 4]]), 2) // [[0.8485, 1.1314]]
 */
export const rmsNorm: (
  x: Tensor,
  normalizedShape: number | Shape,
  weight?: Maybe | RmsNormOptions,
  options?: RmsNormOptions,
) => Tensor = composite('rmsNorm', (input, normalizedShape, a, options): Tensor => {
  const { weight, eps } = rmsNormOptions('rmsNorm', a, options);
  const x = floatOperand('rmsNorm', input);
  const { dims, shape } = lastDims('rmsNorm', x, normalizedShape);
  const y = mul(
    x,
    rsqrt(add(meanOver(mul(x, x), dims), eps ?? (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23))),
  );
  return affine('rmsNorm', y, weight, null, shape, shape);
});

/**
 * `layerNorm` over groups of channels: `x [n, c, …]`, with c a multiple of `numGroups`; weight and bias are `[c]`.
 * PyTorch: `nn.functional.group_norm`.
 * @example groupNorm(tensor([[1, 3, 10, 30]]), 2) // [[-1.0000, 1.0000, -1, 1]]
 */
export const groupNorm: (
  x: Tensor,
  numGroups: number,
  weight?: Maybe | AffineOptions,
  bias?: Maybe | AffineOptions,
  options?: AffineOptions,
) => Tensor = composite('groupNorm', (input, numGroups, a, b, options): Tensor => {
  const { weight, bias, eps = 1e-5 } = byWeightAndBias('groupNorm', a, b, options);
  const x = channelled('groupNorm', input);
  checkInteger('groupNorm', 'numGroups', numGroups, 1);
  const [n, c, ...rest] = x.sizes as readonly [number, number, ...number[]];
  if (c % numGroups !== 0) {
    throw new ShapeError(
      `groupNorm: the ${plural(c, 'channel')} of x ${show(x.sizes)} do not divide into ${numGroups} groups`,
    );
  }
  const groups = reshapeNode(x, [n, numGroups, (c / numGroups) * sizeOf(rest)]);
  const y = reshapeNode(standardize(momentsOf(groups, [2]), eps), x.sizes);
  return affine('groupNorm', y, weight, bias, [c], [c, ...rest.map(() => 1)]);
});

/** The methods of this family. */
export interface NormalizationMethods<S extends Shape = Shape> {
  softmax: SameShapeAlongMethod;
  logSoftmax: SameShapeAlongMethod;
  layerNorm(
    normalizedShape: number | Shape,
    weight?: Maybe | AffineOptions,
    bias?: Maybe | AffineOptions,
    options?: AffineOptions,
  ): Tensor<S>;
  rmsNorm(
    normalizedShape: number | Shape,
    weight?: Maybe | RmsNormOptions,
    options?: RmsNormOptions,
  ): Tensor<S>;
  groupNorm(
    numGroups: number,
    weight?: Maybe | AffineOptions,
    bias?: Maybe | AffineOptions,
    options?: AffineOptions,
  ): Tensor<S>;
  batchNorm(
    runningMean?: Maybe | BatchNormOptions,
    runningVar?: Maybe | BatchNormOptions,
    weight?: Maybe | BatchNormOptions,
    bias?: Maybe | BatchNormOptions,
    options?: BatchNormOptions,
  ): Tensor<S>;
  instanceNorm(
    runningMean?: Maybe | InstanceNormOptions,
    runningVar?: Maybe | InstanceNormOptions,
    weight?: Maybe | InstanceNormOptions,
    bias?: Maybe | InstanceNormOptions,
    options?: InstanceNormOptions,
  ): Tensor<S>;
  normalize(options?: NormalizeOptions): Tensor<S>;
  cosineSimilarity(other: Tensor, options?: CosineSimilarityOptions): Tensor;
}
