/** @file Operations on channels: shuffling between groups, making them from pixels, normalizing by their neighbours. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { checkInteger, range, show, sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, div, mul, pow } from '../elements/arithmetic.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, floatOperand, operand } from '../build/define.js';
import { moveDim, permuteNode } from '../shape/movement.js';
import { windowSum } from './convolution/slide.js';

/**
 * Interleaves groups of channels of `x [n, c, …]`: with `groups` groups of k, channel j of group i becomes channel
 * `j · groups + i` (Zhang et al. 2018, arXiv:1707.01083). PyTorch: `nn.functional.channel_shuffle`.
 *
 * @throws {ShapeError} if x has fewer than three dimensions, or the groups do not divide the channels.
 * @example channelShuffle(tensor([[[0], [1], [2], [3]]]), 2) // channels 0, 2, 1, 3
 */
export const channelShuffle: (x: Tensor, groups: number) => Tensor = composite(
  'channelShuffle',
  (input, groups): Tensor => {
    const x = operand('channelShuffle', input);
    checkInteger('channelShuffle', 'groups', groups, 1);
    const [n = 0, c = 0, ...rest] = x.sizes;
    if (x.ndim < 3 || c % groups !== 0) {
      throw new ShapeError(
        `channelShuffle: expected x [n, channels, …] with channels a multiple of groups ${groups}, got ${show(x.sizes)}`,
      );
    }
    const grouped = reshapeNode(x, [n, groups, c / groups, sizeOf(rest)]);
    return reshapeNode(permuteNode(grouped, [0, 2, 1, 3]), x.sizes);
  },
);

/**
 * Pixels to channels, the inverse of `pixelShuffle`: `[…, c, h r, w r] → […, c r², h, w]`.
 * PyTorch: `nn.functional.pixel_unshuffle`.
 *
 * @throws {ShapeError} unless height and width are multiples of r.
 * @example pixelUnshuffle(tensor([[[1, 2], [3, 4]]]), 2) // [[[1]], [[2]], [[3]], [[4]]]
 */
export const pixelUnshuffle: (x: Tensor, downscaleFactor: number) => Tensor = composite(
  'pixelUnshuffle',
  (input, downscaleFactor): Tensor => {
    const x = operand('pixelUnshuffle', input);
    const r = checkInteger('pixelUnshuffle', 'downscaleFactor', downscaleFactor, 1);
    const [c = 0, h = 0, w = 0] = x.sizes.slice(-3);
    if (x.ndim < 3 || h % r !== 0 || w % r !== 0) {
      throw new ShapeError(
        `pixelUnshuffle: expected x […, channels, h, w] with h and w multiples of ${r}, got ${show(x.sizes)}`,
      );
    }
    const lead = x.sizes.slice(0, -3);
    const k = lead.length;
    const grouped = reshapeNode(x, [...lead, c, h / r, r, w / r, r]);
    const order = [...range(k + 1), k + 2, k + 4, k + 1, k + 3];
    return reshapeNode(permuteNode(grouped, order), [...lead, c * r * r, h / r, w / r]);
  },
);

/** Options of `localResponseNorm`. */
export interface LocalResponseNormOptions {
  /** The factor of the mean square. Default 1e-4. */
  readonly alpha?: number | undefined;
  /** The exponent. Default 0.75. */
  readonly beta?: number | undefined;
  /** The constant term. Default 1. */
  readonly k?: number | undefined;
}

const readResponseNorm = defineOptions<LocalResponseNormOptions>({
  alpha: kinds.finite,
  beta: kinds.finite,
  k: kinds.finite,
});

const MAX_CHANNELS = 2 ** 21;

/**
 * `x / (k + alpha · m)^beta`, with m the mean square of `size` neighbouring channels of `x [n, c, …]`, with zeros
 * beyond the first and the last; an even size takes one more channel before than after (Krizhevsky et al. 2012).
 * PyTorch: `nn.functional.local_response_norm`.
 *
 * @throws {ShapeError} if x has fewer than three dimensions, or more than two million channels.
 * @example localResponseNorm(ones([1, 3, 1]), 2, { alpha: 1, beta: 1 }) // [[[0.6667], [0.5], [0.5]]]
 */
export const localResponseNorm: (
  x: Tensor,
  size: number,
  options?: LocalResponseNormOptions,
) => Tensor = composite('localResponseNorm', (input, size, options): Tensor => {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = readResponseNorm('localResponseNorm', options);
  const x = floatOperand('localResponseNorm', input);
  checkInteger('localResponseNorm', 'size', size, 1);
  if (x.ndim < 3) {
    throw new ShapeError(`localResponseNorm: expected x [n, c, …], got ${show(x.sizes)}`);
  }
  if (x.size === 0) return x;
  const c = x.sizes[1] as number;
  if (c > MAX_CHANNELS)
    throw new ShapeError(`localResponseNorm: at most ${MAX_CHANNELS} channels, got ${c}`);
  const before = Math.floor(size / 2);
  const starts = range(c).map((i) => Math.max(i - before, 0));
  const ends = range(c).map((i) => Math.min(i - before + size, c));
  const squares = moveDim(mul(x, x), 1, x.ndim - 1);
  const sums = windowSum([squares], { size: [c], starts: [starts], ends: [ends] });
  const scale = add(mul(moveDim(sums, x.ndim - 1, 1), alpha / size), k);
  return div(x, pow(scale, beta));
});
