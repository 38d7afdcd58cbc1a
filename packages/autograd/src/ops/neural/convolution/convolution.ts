/** @file Convolutions. */
import { byPosition, defineOptions, display, plural } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../../errors.js';
import { show, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { add } from '../../elements/arithmetic.js';
import { reshapeNode } from '../../build/broadcast.js';
import { conv, convInput } from './conv.js';
import { composite, floatOperand } from '../../build/define.js';
import type { UnfoldOptions } from './folding.js';
import { batchedInput, checkFits, perDim, unbatched, type PerDim } from './geometry.js';

export * from './folding.js';

/** Options of `conv1d`, `conv2d` and `conv3d`. */
export interface ConvOptions {
  /** Added to each output channel: `[o]`. */
  readonly bias?: Tensor | null | undefined;
  /** The distance between windows. Default 1. */
  readonly stride?: PerDim;
  /** Zeros added on both sides; `'same'` keeps the size (with stride 1), `'valid'` adds none. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** The distance between the elements of a window. Default 1. */
  readonly dilation?: PerDim;
  /** How many groups the channels are split into; each output channel sees only the inputs of its group. Default 1. */
  readonly groups?: number;
}

/** Options of `convTranspose1d`, `convTranspose2d` and `convTranspose3d`. */
export interface ConvTransposeOptions {
  /** Added to each output channel: `[o]`. */
  readonly bias?: Tensor | null | undefined;
  /** The distance between windows. Default 1. */
  readonly stride?: PerDim;
  /** What is cut off at both sides of the result. Default 0. */
  readonly padding?: PerDim;
  /** What is added at the far side of the result; smaller than the stride or the dilation. Default 0. */
  readonly outputPadding?: PerDim;
  /** How many groups the channels are split into; each output channel sees only the inputs of its group. Default 1. */
  readonly groups?: number;
  /** The distance between the elements of a window. Default 1. */
  readonly dilation?: PerDim;
}

const slidingOptions = {
  bias: kinds.orNull(kinds.tensor),
  // Their values are checked together with the number of dimensions.
  stride: kinds.anything,
  padding: kinds.anything,
  dilation: kinds.anything,
  groups: kinds.count,
};
const convOptions = byPosition(
  defineOptions<ConvOptions>(slidingOptions, ({ bias, stride, padding, dilation, groups }) => ({
    bias,
    stride,
    padding,
    dilation,
    groups,
  })),
  'bias',
);
const convTransposeOptions = byPosition(
  defineOptions<ConvTransposeOptions>(
    { ...slidingOptions, outputPadding: kinds.anything },
    ({ bias, stride, padding, outputPadding, dilation, groups }) => ({
      bias,
      stride,
      padding,
      outputPadding,
      dilation,
      groups,
    }),
  ),
  'bias',
);

type Conv<O> = (x: Tensor, weight: Tensor, bias?: Tensor | null | O, options?: O) => Tensor;

/**
 * Cross-correlation over one dimension: `x [n, c, l]` (or `[c, l]`) with `weight [o, c / groups, k]` and `bias [o]`
 * gives `[n, o, ⌊(l + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1]`. PyTorch: `nn.functional.conv1d`.
 *
 * The bias comes before the options or in them. @throws {ShapeError} if channels, groups or the bias do not fit, or the
 * kernel is larger than the padded input.
 * @example conv1d(tensor([[[1, 2, 3]]]), tensor([[[1, 1]]])) // [[[3, 5]]]
 */
export const conv1d: Conv<ConvOptions> = composite('conv1d', forward('conv1d', 1));

/**
 * Cross-correlation over two dimensions: `x [n, c, h, w]` (or `[c, h, w]`) with `weight [o, c / groups, kh, kw]` and
 * `bias [o]` gives `[n, o, h', w']`, where `h' = ⌊(h + 2 padding − dilation (kh − 1) − 1) / stride⌋ + 1`, and likewise `w'`.
 * Options are one number or one for each dimension. PyTorch: `nn.functional.conv2d`.
 *
 * The bias comes before the options or in them. @throws {ShapeError} if channels, groups or the bias do not fit, or the
 * kernel is larger than the padded input.
 * @example conv2d(tensor([[[[1, 2], [3, 4]]]]), tensor([[[[1, 1], [1, 1]]]])) // [[[[10]]]]
 * @example conv2d(ones([1, 3, 32, 32]), ones([8, 3, 3, 3]), { padding: 1 }).shape // [1, 8, 32, 32]
 */
export const conv2d: Conv<ConvOptions> = composite('conv2d', forward('conv2d', 2));

/**
 * Cross-correlation over three dimensions: `x [n, c, d, h, w]` (or `[c, d, h, w]`) with
 * `weight [o, c / groups, kd, kh, kw]` and `bias [o]` gives `[n, o, d', h', w']`, where
 * `d' = ⌊(d + 2 padding − dilation (kd − 1) − 1) / stride⌋ + 1`, and likewise the others. Options are one number or one for
 * each dimension. PyTorch: `nn.functional.conv3d`.
 *
 * The bias comes before the options or in them. @throws {ShapeError} if channels, groups or the bias do not fit, or the
 * kernel is larger than the padded input.
 * @example conv3d(ones([1, 3, 8, 8, 8]), ones([4, 3, 3, 3, 3])).shape // [1, 4, 6, 6, 6]
 */
export const conv3d: Conv<ConvOptions> = composite('conv3d', forward('conv3d', 3));

/**
 * The transpose of `conv1d`, which is its gradient with respect to the input: `x [n, c, l]` (or `[c, l]`) with
 * `weight [c, o / groups, k]` gives `[n, o, (l − 1) stride − 2 padding + dilation (k − 1) + outputPadding + 1]`.
 * PyTorch: `nn.functional.conv_transpose1d`.
 *
 * @throws {ShapeError} if channels, groups or the bias do not fit, or nothing would be left.
 * @example convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 1]]]), { stride: 2 }) // [[[1, 1, 2, 2]]]
 */
export const convTranspose1d: Conv<ConvTransposeOptions> = composite(
  'convTranspose1d',
  transposed('convTranspose1d', 1),
);

/**
 * The transpose of `conv2d`, which is its gradient with respect to the input: `x [n, c, h, w]` (or `[c, h, w]`) with
 * `weight [c, o / groups, kh, kw]` gives `[n, o, h', w']`, where
 * `h' = (h − 1) stride − 2 padding + dilation (kh − 1) + outputPadding + 1`, and likewise `w'`. PyTorch:
 * `nn.functional.conv_transpose2d`.
 *
 * @throws {ShapeError} if channels, groups or the bias do not fit, or nothing would be left.
 * @example convTranspose2d(ones([1, 8, 16, 16]), ones([8, 3, 2, 2]), { stride: 2 }).shape // [1, 3, 32, 32]
 */
export const convTranspose2d: Conv<ConvTransposeOptions> = composite(
  'convTranspose2d',
  transposed('convTranspose2d', 2),
);

/**
 * The transpose of `conv3d`, which is its gradient with respect to the input: `x [n, c, d, h, w]` (or `[c, d, h, w]`)
 * with `weight [c, o / groups, kd, kh, kw]` gives `[n, o, d', h', w']`, where
 * `d' = (d − 1) stride − 2 padding + dilation (kd − 1) + outputPadding + 1`, and likewise the others. PyTorch:
 * `nn.functional.conv_transpose3d`.
 *
 * @throws {ShapeError} if channels, groups or the bias do not fit, or nothing would be left.
 * @example convTranspose3d(ones([1, 4, 4, 4, 4]), ones([4, 3, 2, 2, 2]), { stride: 2 }).shape // [1, 3, 8, 8, 8]
 */
export const convTranspose3d: Conv<ConvTransposeOptions> = composite(
  'convTranspose3d',
  transposed('convTranspose3d', 3),
);

function forward(op: string, rank: number): Conv<ConvOptions> {
  return (input, weight, bias, given) => {
    const options = convOptions(op, bias, given);
    const w = checkWeight(op, floatOperand(op, weight), rank);
    const { x, single } = batchedInput(op, floatOperand(op, input), rank);
    sameType(op, x, w);
    const { groups = 1 } = options;
    const [channels, outputs] = [x.sizes[1] as number, w.sizes[0] as number];
    if ((w.sizes[1] as number) * groups !== channels || outputs % groups !== 0) {
      throw new ShapeError(
        `${op}: x ${show(input.sizes)} has ${plural(channels, 'channel')}, weight ${show(w.sizes)} with groups ${groups} takes ` +
          `${(w.sizes[1] as number) * groups} and gives ${outputs}` +
          (outputs % groups === 0 ? '' : `, which is not a multiple of ${groups}`),
      );
    }
    const kernel = w.sizes.slice(2);
    const stride = perDim(op, 'stride', options.stride ?? 1, rank, 1);
    const dilation = perDim(op, 'dilation', options.dilation ?? 1, rank, 1);
    const { padLow, padHigh } = paddingOf(op, options.padding ?? 0, kernel, stride, dilation);
    const geometry = { size: x.sizes.slice(2), kernel, stride, padLow, padHigh, dilation };
    checkFits(op, geometry);
    return unbatched(withBias(op, conv([x, w], { ...geometry, groups }), options.bias), single);
  };
}

function transposed(op: string, rank: number): Conv<ConvTransposeOptions> {
  return (input, weight, bias, given) => {
    const options = convTransposeOptions(op, bias, given);
    const w = checkWeight(op, floatOperand(op, weight), rank);
    const { x, single } = batchedInput(op, floatOperand(op, input), rank);
    sameType(op, x, w);
    const { groups = 1 } = options;
    const channels = x.sizes[1] as number;
    if (w.sizes[0] !== channels || channels % groups !== 0) {
      throw new ShapeError(
        `${op}: x ${show(input.sizes)} has ${plural(channels, 'channel')}, weight ${show(w.sizes)} takes ${w.sizes[0]}; ` +
          `they must be equal, and a multiple of groups ${groups}`,
      );
    }
    const kernel = w.sizes.slice(2);
    const stride = perDim(op, 'stride', options.stride ?? 1, rank, 1);
    const dilation = perDim(op, 'dilation', options.dilation ?? 1, rank, 1);
    const padLow = perDim(op, 'padding', options.padding ?? 0, rank, 0);
    const extra = perDim(op, 'outputPadding', options.outputPadding ?? 0, rank, 0);
    if (extra.some((n, d) => n >= stride[d]! && n >= dilation[d]!)) {
      throw new ChainruleError(
        `${op}: outputPadding ${show(extra)} must be smaller than the stride ${show(stride)} or the dilation ${show(dilation)}`,
      );
    }
    // Chosen so that the windows of the convolution whose transpose this is fit its input without a remainder.
    const padHigh = padLow.map((n, d) => n - extra[d]!);
    const size = x.sizes
      .slice(2)
      .map(
        (n, d) =>
          (n - 1) * stride[d]! - padLow[d]! - padHigh[d]! + dilation[d]! * (kernel[d]! - 1) + 1,
      );
    if (size.some((n) => n <= 0) || x.sizes.slice(2).includes(0)) {
      throw new ShapeError(
        `${op}: x ${show(input.sizes)} and weight ${show(w.sizes)} give a result of size ${show(size)}`,
      );
    }
    const y = convInput([x, w], { size, kernel, stride, padLow, padHigh, dilation, groups });
    return unbatched(withBias(op, y, options.bias), single);
  };
}

function paddingOf(
  op: string,
  padding: PerDim | 'same' | 'valid',
  kernel: Shape,
  stride: Shape,
  dilation: Shape,
): { padLow: number[]; padHigh: number[] } {
  if (padding === 'same') {
    if (stride.some((s) => s !== 1)) {
      throw new ChainruleError(`${op}: padding 'same' needs a stride of 1, got ${show(stride)}`);
    }
    const total = kernel.map((k, d) => dilation[d]! * (k - 1));
    const padLow = total.map((n) => Math.floor(n / 2));
    return { padLow, padHigh: total.map((n, d) => n - padLow[d]!) };
  }
  if (typeof padding === 'string' && padding !== 'valid') {
    throw new ChainruleError(
      `${op}: padding must be numbers, 'same' or 'valid', got ${display(padding)}`,
    );
  }
  const both =
    padding === 'valid' ? kernel.map(() => 0) : perDim(op, 'padding', padding, kernel.length, 0);
  return { padLow: both, padHigh: both };
}

function checkWeight(op: string, w: Tensor, rank: number): Tensor {
  if (w.ndim !== rank + 2 || w.sizes.slice(2).includes(0)) {
    throw new ShapeError(
      `${op}: expected a weight of ${rank + 2} dimensions, with a kernel that is not empty, got ${show(w.sizes)}`,
    );
  }
  return w;
}

function sameType(op: string, x: Tensor, w: Tensor): void {
  if (x.dtype !== w.dtype) {
    throw new DTypeError(
      `${op}: x is ${x.dtype} and the weight ${w.dtype}; cast one: x.cast('${w.dtype}')`,
    );
  }
}

function withBias(op: string, y: Tensor, bias: Tensor | null | undefined): Tensor {
  if (bias === undefined || bias === null) return y;
  const b = floatOperand(op, bias);
  if (b.ndim !== 1 || b.size !== y.sizes[1] || b.dtype !== y.dtype) {
    throw new ShapeError(
      `${op}: the bias is ${b.dtype} ${show(b.sizes)}; it must be ${y.dtype} [${y.sizes[1]}]`,
    );
  }
  return add(y, reshapeNode(b, [b.size, ...y.sizes.slice(2).map(() => 1)]));
}

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface ConvolutionMethods<S extends Shape = Shape> {
  conv1d(weight: Tensor, bias?: Tensor | null | ConvOptions, options?: ConvOptions): Tensor;
  conv2d(weight: Tensor, bias?: Tensor | null | ConvOptions, options?: ConvOptions): Tensor;
  conv3d(weight: Tensor, bias?: Tensor | null | ConvOptions, options?: ConvOptions): Tensor;
  convTranspose1d(
    weight: Tensor,
    bias?: Tensor | null | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  ): Tensor;
  convTranspose2d(
    weight: Tensor,
    bias?: Tensor | null | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  ): Tensor;
  convTranspose3d(
    weight: Tensor,
    bias?: Tensor | null | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  ): Tensor;
  unfold(kernelSize: PerDim, options?: UnfoldOptions): Tensor;
  fold(outputSize: PerDim, kernelSize: PerDim, options?: UnfoldOptions): Tensor;
}
