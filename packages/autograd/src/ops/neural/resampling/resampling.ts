/** @file Changing resolution: interpolation, and pixel shuffle. */
import { defineOptions, display } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../../errors.js';
import { allocate } from '../../../graph/dtype.js';
import { checkInteger, checkSize, show, type Shape } from '../../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../../graph/tensor.js';
import { adaptiveMean } from '../../pooling/adaptive.js';
import { add, mul } from '../../elements/arithmetic.js';
import { reshapeNode } from '../../build/broadcast.js';
import { composite, floatOperand, operand } from '../../build/define.js';
import { takeOf } from '../../indexing/take.js';
import { perDim } from '../convolution/geometry.js';
import { permuteNode } from '../../shape/movement.js';
import { cubicTaps, linearTaps, nearestTaps, smoothTaps, type Axis, type Tap } from './taps.js';

/** How values are interpolated. */
export type InterpolateMode =
  'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic' | 'area';

/** Options of `interpolate`. */
export interface InterpolateOptions {
  /** The size of the result in each dimension; give this or `scaleFactor`. */
  readonly size?: number | readonly number[];
  /** The factor of each size, or one for all. Sizes are rounded down. */
  readonly scaleFactor?: number | readonly number[];
  /** How values are interpolated. Default `'nearest'`. */
  readonly mode?: InterpolateMode;
  /** Whether the centres of the corner elements stay in place, rather than their outer edges. Default false. */
  readonly alignCorners?: boolean;
  /** Whether steps follow from the rounded sizes rather than from `scaleFactor`. Default false. */
  readonly recomputeScaleFactor?: boolean;
  /**
   * For `bilinear` and `bicubic`: whether each element of a smaller result is a weighted mean of all that it covers.
   * Default false.
   */
  readonly antialias?: boolean;
}

const RANKS: Readonly<Record<InterpolateMode, readonly number[]>> = {
  nearest: [1, 2, 3],
  'nearest-exact': [1, 2, 3],
  area: [1, 2, 3],
  linear: [1],
  bilinear: [2],
  bicubic: [2],
  trilinear: [3],
};

const interpolateOptions = defineOptions<InterpolateOptions>({
  size: kinds.anything,
  scaleFactor: kinds.oneOrMore(kinds.positive),
  mode: kinds.oneOf(...(Object.keys(RANKS) as InterpolateMode[])),
  alignCorners: kinds.flag,
  recomputeScaleFactor: kinds.flag,
  antialias: kinds.flag,
});

/**
 * `x [n, c, …]` with one to three dimensions after the channels, resampled to another size.
 *
 * `linear`, `bilinear` and `trilinear` are for one, two and three dimensions, `bicubic` for two (a = −0.75, or −0.5
 * with `antialias`, as in PyTorch); `area` takes the mean of the elements that each result covers. PyTorch:
 * `nn.functional.interpolate`.
 *
 * @throws {ChainruleError} unless exactly one of `size` and `scaleFactor` is given, or for an unknown mode.
 * @throws {ShapeError} if the mode does not fit the number of dimensions, or a size would be 0.
 * @example interpolate(tensor([[[1, 3]]]), { scaleFactor: 2 }) // [[[1, 1, 3, 3]]]
 */
export const interpolate: (x: Tensor, options: InterpolateOptions) => Tensor = composite(
  'interpolate',
  (input, given): Tensor => {
    const x = floatOperand('interpolate', input);
    const options = interpolateOptions('interpolate', given);
    const { mode = 'nearest', alignCorners = false, antialias = false } = options;
    const rank = x.ndim - 2;
    const ranks = RANKS[mode];
    if (!ranks.includes(rank)) {
      throw new ShapeError(
        `interpolate: mode '${mode}' takes x with ${ranks.map((r) => r + 2).join(', ')} dimensions, got ${show(x.sizes)}`,
      );
    }
    if (alignCorners && (mode.startsWith('nearest') || mode === 'area')) {
      throw new ChainruleError(
        `interpolate: alignCorners is for the linear and cubic modes, not for '${mode}'`,
      );
    }
    if (antialias && mode !== 'bilinear' && mode !== 'bicubic') {
      throw new ChainruleError(
        `interpolate: antialias is for modes 'bilinear' and 'bicubic', not for '${mode}'`,
      );
    }
    const axes = axesOf(x.sizes.slice(0, 2), x.sizes.slice(2), options, alignCorners);
    if (mode === 'area')
      return adaptiveMean(
        x,
        axes.map((axis) => axis.to),
      );
    const taps =
      mode === 'nearest' || mode === 'nearest-exact'
        ? nearestTaps(mode)
        : antialias
          ? smoothTaps(mode === 'bicubic' ? 'cubic' : 'linear')
          : mode === 'bicubic'
            ? cubicTaps
            : linearTaps;
    return axes.reduce((y, axis, d) => resample(y, d + 2, taps(axis)), x);
  },
);

/** The weighted sum of the elements that each tap reads along one dimension. */
function resample(x: Tensor, dim: number, taps: readonly Tap[]): Tensor {
  const parts = taps.map(({ index, weight }) => {
    const y = takeOf([x, makeLeaf(index, [index.length], 'int32')], { dim });
    if (weight === null) return y;
    const data = allocate(x.dtype, weight.length);
    data.set(weight);
    return mul(y, makeLeaf(data, [weight.length, ...x.sizes.slice(dim + 1).map(() => 1)], x.dtype));
  });
  return parts.reduce((y, part) => add(y, part));
}

function axesOf(
  lead: Shape,
  shape: Shape,
  options: InterpolateOptions,
  alignCorners: boolean,
): Axis[] {
  const { size, scaleFactor, recomputeScaleFactor = false } = options;
  const rank = shape.length;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ChainruleError(
      `interpolate: give either size or scaleFactor${size === undefined ? '' : ', not both'}`,
    );
  }
  if (shape.includes(0))
    throw new ShapeError(`interpolate: there is nothing to resample in ${show(shape)}`);
  const given = typeof scaleFactor === 'number' ? [scaleFactor] : scaleFactor;
  const scales = given?.length === 1 ? shape.map(() => given[0] as number) : given;
  if (scales !== undefined && scales.length !== rank) {
    throw new ChainruleError(
      `interpolate: scaleFactor must be one positive number, or ${rank}, got ${display(scales)}`,
    );
  }
  const sizes =
    scales === undefined
      ? perDim('interpolate', 'size', size ?? [], rank, 1)
      : shape.map((n, d) => Math.floor(n * scales[d]!));
  if (sizes.some((n) => n < 1))
    throw new ShapeError(`interpolate: the result would be of size ${show(sizes)}`);
  checkSize('interpolate', [...lead, ...sizes]);
  return shape.map((from, d) => ({
    from,
    to: sizes[d]!,
    step: scales === undefined || recomputeScaleFactor ? from / sizes[d]! : 1 / scales[d]!,
    alignCorners,
  }));
}

/**
 * Channels to pixels: `[…, c r², h, w] → […, c, h r, w r]` (Shi et al. 2016, arXiv:1609.05158). PyTorch:
 * `nn.functional.pixel_shuffle`.
 * @throws {ShapeError} unless the number of channels is a multiple of r².
 * @example pixelShuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2) // [[[1, 2], [3, 4]]]
 */
export const pixelShuffle: (x: Tensor, upscaleFactor: number) => Tensor = composite(
  'pixelShuffle',
  (input, upscaleFactor): Tensor => {
    const x = operand('pixelShuffle', input);
    const r = checkInteger('pixelShuffle', 'upscaleFactor', upscaleFactor, 1);
    const [channels, h, w] = x.sizes.slice(-3) as [number, number, number];
    if (x.ndim < 3 || channels % (r * r) !== 0) {
      throw new ShapeError(
        `pixelShuffle: expected x […, channels, h, w] with channels a multiple of ${r * r}, got ${show(x.sizes)}`,
      );
    }
    const lead = x.sizes.slice(0, -3);
    const c = channels / (r * r);
    const grouped = reshapeNode(x, [...lead, c, r, r, h, w]);
    const n = lead.length;
    const order = [...lead.keys(), n, n + 3, n + 1, n + 4, n + 2];
    return reshapeNode(permuteNode(grouped, order), [...lead, c, h * r, w * r]);
  },
);

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface ResamplingMethods<S extends Shape = Shape> {
  interpolate(options: InterpolateOptions): Tensor;
  pixelShuffle(upscaleFactor: number): Tensor;
}
