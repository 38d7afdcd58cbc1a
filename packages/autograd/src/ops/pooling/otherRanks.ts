/** @file Pooling over one and three dimensions, available only as functions. */
import { composite } from '../build/define.js';
import { adaptiveAvgPool, avgPool, type AdaptivePool, type AvgPool } from './avgPooling.js';
import { adaptiveMaxPool, maxPool, type AdaptiveMaxPool, type MaxPool } from './maxPooling.js';

/**
 * The maximum of each window of `x [n, c, d, h, w]` or `[c, d, h, w]`. See `maxPool1d`.
 * PyTorch: `nn.functional.max_pool3d`.
 * @example maxPool3d(ones([1, 3, 8, 8, 8]), 2).shape // [1, 3, 4, 4, 4]
 */
export const maxPool3d: MaxPool = composite('maxPool3d', maxPool('maxPool3d', 3));

/**
 * The mean of each window of `x [n, c, d, h, w]` or `[c, d, h, w]`. See `avgPool1d`. PyTorch:
 * `nn.functional.avg_pool3d`.
 * @example avgPool3d(ones([1, 3, 8, 8, 8]), 2).shape // [1, 3, 4, 4, 4]
 */
export const avgPool3d: AvgPool = composite('avgPool3d', avgPool('avgPool3d', 3));

/**
 * The mean over `outputSize` windows of `x [n, c, l]` or `[c, l]`. See `adaptiveAvgPool2d`. PyTorch:
 * `nn.functional.adaptive_avg_pool1d`.
 * @example adaptiveAvgPool1d(tensor([[1, 3, 5]]), 2) // [[2, 4]]
 */
export const adaptiveAvgPool1d: AdaptivePool = composite(
  'adaptiveAvgPool1d',
  adaptiveAvgPool('adaptiveAvgPool1d', 1),
);

/**
 * The mean over windows of `x [n, c, d, h, w]` or `[c, d, h, w]`. See `adaptiveAvgPool2d`. PyTorch:
 * `nn.functional.adaptive_avg_pool3d`.
 * @example adaptiveAvgPool3d(ones([1, 3, 8, 8, 8]), 1).shape // [1, 3, 1, 1, 1]
 */
export const adaptiveAvgPool3d: AdaptivePool = composite(
  'adaptiveAvgPool3d',
  adaptiveAvgPool('adaptiveAvgPool3d', 3),
);

/**
 * The maximum of each of `outputSize` windows of `x [n, c, l]` or `[c, l]`. See `adaptiveAvgPool2d`. PyTorch:
 * `nn.functional.adaptive_max_pool1d`.
 * @example adaptiveMaxPool1d(tensor([[1, 3, 5]]), 2) // [[3, 5]]
 */
export const adaptiveMaxPool1d: AdaptiveMaxPool = composite(
  'adaptiveMaxPool1d',
  adaptiveMaxPool('adaptiveMaxPool1d', 1),
);

/**
 * The maximum of each window of `x [n, c, d, h, w]` or `[c, d, h, w]`. See `adaptiveAvgPool2d`. PyTorch:
 * `nn.functional.adaptive_max_pool3d`.
 * @example adaptiveMaxPool3d(ones([1, 3, 8, 8, 8]), [1, 2, 2]).shape // [1, 3, 1, 2, 2]
 */
export const adaptiveMaxPool3d: AdaptiveMaxPool = composite(
  'adaptiveMaxPool3d',
  adaptiveMaxPool('adaptiveMaxPool3d', 3),
);
