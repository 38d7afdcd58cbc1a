/** @file Pooling over one and three dimensions, available only as functions. */
import { composite } from '../build/define.js';
import { adaptiveAvgPool, avgPool, type AdaptivePool, type AvgPool } from './avgPooling.js';
import { adaptiveMaxPool, maxPool, type AdaptiveMaxPool, type MaxPool } from './maxPooling.js';

/**
 * The maximum of each window of `x [n, c, d, h, w]` or `[c, d, h, w]`. Along a dimension of size s there are
 * `⌊(s + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1` windows of size k, rounded up with `ceilMode`; the stride is the
 * kernel size unless given. The gradient goes to the first of equal elements; NaN counts as the largest. With
 * `{ returnIndices: true }` the result is `{ values, indices }`, with int32 positions that count over d · h · w. PyTorch:
 * `nn.functional.max_pool3d`.
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example maxPool3d(ones([1, 3, 8, 8, 8]), 2).shape // [1, 3, 4, 4, 4]
 */
export const maxPool3d: MaxPool = composite('maxPool3d', maxPool('maxPool3d', 3));

/**
 * The mean of each window of `x [n, c, d, h, w]` or `[c, d, h, w]`. Along a dimension of size s there are
 * `⌊(s + 2 padding − k) / stride⌋ + 1` windows of size k, rounded up with `ceilMode`, which divides a window over the edge by
 * what it covers of input and padding; the stride is the kernel size unless given. PyTorch: `nn.functional.avg_pool3d`.
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example avgPool3d(ones([1, 3, 8, 8, 8]), 2).shape // [1, 3, 4, 4, 4]
 */
export const avgPool3d: AvgPool = composite('avgPool3d', avgPool('avgPool3d', 3));

/**
 * The mean over `outputSize` windows that cover `x [n, c, l]` or `[c, l]`: window i of n reaches from ⌊i l / n⌋ to
 * ⌈(i + 1) l / n⌉. PyTorch: `nn.functional.adaptive_avg_pool1d`.
 * @example adaptiveAvgPool1d(tensor([[1, 3, 5]]), 2) // [[2, 4]]
 */
export const adaptiveAvgPool1d: AdaptivePool = composite(
  'adaptiveAvgPool1d',
  adaptiveAvgPool('adaptiveAvgPool1d', 1),
);

/**
 * The mean over `outputSize` windows that cover `x [n, c, d, h, w]` or `[c, d, h, w]`: window i of n over a size s reaches
 * from ⌊i s / n⌋ to ⌈(i + 1) s / n⌉. PyTorch: `nn.functional.adaptive_avg_pool3d`.
 * @example adaptiveAvgPool3d(ones([1, 3, 8, 8, 8]), 1).shape // [1, 3, 1, 1, 1]
 */
export const adaptiveAvgPool3d: AdaptivePool = composite(
  'adaptiveAvgPool3d',
  adaptiveAvgPool('adaptiveAvgPool3d', 3),
);

/**
 * The maximum of each of `outputSize` windows that cover `x [n, c, l]` or `[c, l]`: window i of n reaches from ⌊i l / n⌋ to
 * ⌈(i + 1) l / n⌉. PyTorch: `nn.functional.adaptive_max_pool1d`.
 * @example adaptiveMaxPool1d(tensor([[1, 3, 5]]), 2) // [[3, 5]]
 */
export const adaptiveMaxPool1d: AdaptiveMaxPool = composite(
  'adaptiveMaxPool1d',
  adaptiveMaxPool('adaptiveMaxPool1d', 1),
);

/**
 * The maximum of each of `outputSize` windows that cover `x [n, c, d, h, w]` or `[c, d, h, w]`: window i of n over a size s
 * reaches from ⌊i s / n⌋ to ⌈(i + 1) s / n⌉. PyTorch: `nn.functional.adaptive_max_pool3d`.
 * @example adaptiveMaxPool3d(ones([1, 3, 8, 8, 8]), [1, 2, 2]).shape // [1, 3, 1, 2, 2]
 */
export const adaptiveMaxPool3d: AdaptiveMaxPool = composite(
  'adaptiveMaxPool3d',
  adaptiveMaxPool('adaptiveMaxPool3d', 3),
);
