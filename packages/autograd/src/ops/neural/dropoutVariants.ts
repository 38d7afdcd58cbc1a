/** @file Dropout of whole channels, and dropout that keeps mean and variance. See `dropout` for the plain one. */
import { ShapeError } from '../../errors.js';
import { show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, mul } from '../elements/arithmetic.js';
import { composite, floatOperand } from '../build/define.js';
import { choose } from '../build/element.js';
import { lt } from '../build/relations.js';
import { drawUniform } from '../creation/generator.js';
import { dropoutOptions, type DropoutOptions } from './dropoutOptions.js';

type Dropout = (x: Tensor, p?: number | DropoutOptions, options?: DropoutOptions) => Tensor;

/**
 * `dropout` of whole channels of `x [n, c, l]` or `[c, l]` (Tompson et al.
 * 2015, arXiv:1411.4280). PyTorch: `nn.functional.dropout1d`.
 *
 * @throws {ShapeError} for another number of dimensions. @throws {ChainruleError} unless p is from 0 to 1.
 * @example dropout1d(ones([2, 3, 4])).amax(2) // 0 or 2 for each channel
 */
export const dropout1d: Dropout = composite('dropout1d', channelDropout('dropout1d', 1));

/**
 * Like `dropout1d`, for `[n, c, h, w]` or `[c, h, w]`. PyTorch: `nn.functional.dropout2d`, which needs a batch.
 * @example dropout2d(ones([2, 3, 4, 4])).amax([2, 3]) // 0 or 2 for each channel
 */
export const dropout2d: Dropout = composite('dropout2d', channelDropout('dropout2d', 2));

/**
 * Like `dropout1d`, for `[n, c, d, h, w]` or `[c, d, h, w]`. PyTorch: `nn.functional.dropout3d`.
 * @example dropout3d(ones([2, 3, 4, 4, 4])).amax([2, 3, 4]) // 0 or 2 for each channel
 */
export const dropout3d: Dropout = composite('dropout3d', channelDropout('dropout3d', 3));

/**
 * Sets elements to −1.758, the lowest value of `selu`, with probability `p`, then scales and shifts all so that mean
 * and variance are kept (Klambauer et al. 2017, arXiv:1706.02515). As with `dropout`, `training` is true by default;
 * PyTorch's `nn.functional.alpha_dropout` has false.
 *
 * @throws {ChainruleError} unless p is from 0 to 1.
 * @example alphaDropout(randn([10000]), 0.2).std() // about 1
 */
export const alphaDropout: Dropout = composite('alphaDropout', (input, probability, options) => {
  const { x, p, training } = read('alphaDropout', input, probability, options);
  return training ? alphaDropped(x, p, x.sizes) : x;
});

/**
 * `alphaDropout` of whole channels of `x [n, c, …]`. PyTorch: `nn.functional.feature_alpha_dropout`.
 * @example featureAlphaDropout(randn([2, 3, 4]), 0.5).shape // [2, 3, 4]
 */
export const featureAlphaDropout: Dropout = composite(
  'featureAlphaDropout',
  (input, probability, options) => {
    const { x, p, training } = read('featureAlphaDropout', input, probability, options);
    if (!training || p === 0) return x;
    if (x.ndim < 2)
      throw new ShapeError(`featureAlphaDropout: expected x [n, c, …], got ${show(x.sizes)}`);
    return alphaDropped(x, p, [...x.sizes.slice(0, 2), ...x.sizes.slice(2).map(() => 1)]);
  },
);

function channelDropout(op: string, rank: number): Dropout {
  return (input, probability, options) => {
    const { x, p, training } = read(op, input, probability, options);
    if (x.ndim !== rank + 1 && x.ndim !== rank + 2) {
      throw new ShapeError(
        `${op}: expected x of ${rank + 2} dimensions, or ${rank + 1} without a batch, got ${show(x.sizes)}`,
      );
    }
    if (!training || p === 0) return x;
    const channels = x.sizes.map((n, d) => (d < x.ndim - rank ? n : 1));
    return choose(keepMask(x, p, channels), p === 1 ? x : mul(x, 1 / (1 - p)), 0);
  };
}

const ALPHA_PRIME = -1.7580993408473766;

function alphaDropped(x: Tensor, p: number, shape: Shape): Tensor {
  if (p === 0) return x;
  if (p === 1) return mul(x, 0);
  const scale = 1 / Math.sqrt((ALPHA_PRIME * ALPHA_PRIME * p + 1) * (1 - p));
  return add(mul(choose(keepMask(x, p, shape), x, ALPHA_PRIME), scale), -ALPHA_PRIME * scale * p);
}

/** True with probability 1 − p, in a shape that broadcasts to x. */
function keepMask(x: Tensor, p: number, shape: Shape): Tensor {
  return lt(drawUniform(shape, x.dtype), 1 - p);
}

function read(
  op: string,
  input: Tensor,
  probability: number | DropoutOptions | undefined,
  options: DropoutOptions | undefined,
): { x: Tensor; p: number; training: boolean } {
  const { p = 0.5, training = true } = dropoutOptions(op, probability, options);
  return { x: floatOperand(op, input), p, training };
}
