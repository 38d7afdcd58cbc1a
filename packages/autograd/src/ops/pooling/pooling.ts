/** @file Pooling as functions and methods: the maximum or mean of each window. */
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { composite } from '../build/define.js';
import {
  adaptiveAvgPool,
  avgPool,
  type AdaptivePool,
  type AvgPool,
  type AvgPoolOptions,
} from './avgPooling.js';
import {
  adaptiveMaxPool,
  maxPool,
  type AdaptiveMaxPool,
  type IndicesOption,
  type MaxPool,
  type MaxPoolOptions,
  type Pooled,
  type PoolResult,
} from './maxPooling.js';
import type { OutputSize, PerDim } from './poolGeometry.js';

export type { AvgPoolOptions, IndicesOption, MaxPoolOptions, OutputSize, Pooled, PoolResult };

/**
 * The maximum of each window of `x [n, c, l]` or `[c, l]`: `⌊(l + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1` windows
 * of size k, rounded up with `ceilMode`; the stride is the kernel size unless given. The gradient goes to the first of equal
 * elements; NaN counts as the largest. With `{ returnIndices: true }` the result is `{ values, indices }`, with the int32
 * positions of the values in the input. PyTorch: `nn.functional.max_pool1d`.
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example maxPool1d(tensor([[1, 3, 2, 4]]), 2) // [[3, 4]]
 */
export const maxPool1d: MaxPool = composite('maxPool1d', maxPool('maxPool1d', 1));

/**
 * The maximum of each window of `x [n, c, h, w]` or `[c, h, w]`. Along a dimension of size s there are
 * `⌊(s + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1` windows of size k, rounded up with `ceilMode`; the stride is the
 * kernel size unless given. The gradient goes to the first of equal elements; NaN counts as the largest. With
 * `{ returnIndices: true }` the result is `{ values, indices }`, with int32 positions that count over h · w. PyTorch:
 * `nn.functional.max_pool2d`.
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example maxPool2d(tensor([[[1, 2], [3, 4]]]), 2) // [[[4]]]
 */
export const maxPool2d: MaxPool = composite('maxPool2d', maxPool('maxPool2d', 2));

/**
 * The mean of each window of `x [n, c, l]` or `[c, l]`: `⌊(l + 2 padding − k) / stride⌋ + 1` windows of size k, rounded up
 * with `ceilMode`, which divides a window over the edge by what it covers of input and padding; the stride is the kernel size
 * unless given. PyTorch: `nn.functional.avg_pool1d` (which has no divisorOverride).
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example avgPool1d(tensor([[1, 3, 2, 4]]), 2) // [[2, 3]]
 */
export const avgPool1d: AvgPool = composite('avgPool1d', avgPool('avgPool1d', 1));

/**
 * The mean of each window of `x [n, c, h, w]` or `[c, h, w]`. Along a dimension of size s there are
 * `⌊(s + 2 padding − k) / stride⌋ + 1` windows of size k, rounded up with `ceilMode`, which divides a window over the edge by
 * what it covers of input and padding; the stride is the kernel size unless given. PyTorch: `nn.functional.avg_pool2d`.
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example avgPool2d(tensor([[[1, 2], [3, 4]]]), 2) // [[[2.5]]]
 */
export const avgPool2d: AvgPool = composite('avgPool2d', avgPool('avgPool2d', 2));

/**
 * The mean over `outputSize` windows that cover `x [n, c, h, w]` or `[c, h, w]`: window i of n over a size s reaches
 * from ⌊i s / n⌋ to ⌈(i + 1) s / n⌉. PyTorch: `nn.functional.adaptive_avg_pool2d`.
 * @example adaptiveAvgPool2d(tensor([[[1, 2], [3, 4]]]), 1) // [[[2.5]]]
 */
export const adaptiveAvgPool2d: AdaptivePool = composite(
  'adaptiveAvgPool2d',
  adaptiveAvgPool('adaptiveAvgPool2d', 2),
);

/**
 * The maximum of each of `outputSize` windows that cover `x [n, c, h, w]` or `[c, h, w]`: window i of n over a size s reaches
 * from ⌊i s / n⌋ to ⌈(i + 1) s / n⌉. PyTorch: `nn.functional.adaptive_max_pool2d`.
 * @example adaptiveMaxPool2d(tensor([[[1, 2], [3, 4]]]), [1, 2]) // [[[3, 4]]]
 */
export const adaptiveMaxPool2d: AdaptiveMaxPool = composite(
  'adaptiveMaxPool2d',
  adaptiveMaxPool('adaptiveMaxPool2d', 2),
);

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface PoolingMethods<S extends Shape = Shape> {
  maxPool1d<const O extends MaxPoolOptions = Record<never, never>>(
    kernelSize: PerDim,
    options?: O,
  ): PoolResult<O>;
  maxPool2d<const O extends MaxPoolOptions = Record<never, never>>(
    kernelSize: PerDim,
    options?: O,
  ): PoolResult<O>;
  avgPool1d(kernelSize: PerDim, options?: AvgPoolOptions): Tensor;
  avgPool2d(kernelSize: PerDim, options?: AvgPoolOptions): Tensor;
  adaptiveAvgPool2d(outputSize: OutputSize): Tensor;
  adaptiveMaxPool2d<const O extends IndicesOption = Record<never, never>>(
    outputSize: OutputSize,
    options?: O,
  ): PoolResult<O>;
}
