/** @file Convolutions of any rank. */
import {
  checkArgument,
  defineOptions,
  display,
  kinds,
  ChainruleError,
  conv1d,
  conv2d,
  conv3d,
  pad,
  type Parameter,
  type Shape,
  type ShapeIn,
  type ShapeOf,
  type Tensor,
  type Unless,
} from '@chainrule/autograd';
import { countedOutput } from '../../module/counted.js';
import { Module } from '../../module/module.js';
import type { ConvResult } from '../../shapes.js';
import { options as show } from '../../module/repr.js';
import { uniformParameter, type ParameterOptions } from '../create.js';
import { boundOf, checkGroups, each, type PerDim } from './spatial.js';

/** Options of `Conv1d`, `Conv2d` and `Conv3d`. */
export interface ConvLayerOptions extends ParameterOptions {
  /** The distance between windows. Default 1. */
  readonly stride?: PerDim;
  /** What is added at each side. `'same'` keeps the size, with stride 1; `'valid'` is 0, the default. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** The distance between the elements of a window. Default 1. */
  readonly dilation?: PerDim;
  /** How many groups the channels are split into; each output channel sees only the inputs of its group. Default 1. */
  readonly groups?: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** What the padding holds. Default `'zeros'`. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}

const sizes = kinds.oneOrMore(kinds.count);
const convOptions = defineOptions<ConvLayerOptions>({
  stride: sizes,
  padding: kinds.either(kinds.oneOf('same', 'valid'), kinds.oneOrMore(kinds.size)),
  dilation: sizes,
  groups: kinds.count,
  bias: kinds.flag,
  paddingMode: kinds.oneOf('zeros', 'reflect', 'replicate', 'circular'),
  dtype: kinds.dtype,
});

/**
 * A convolution of `[batch, in, …size]` (or without the batch) with `weight: [out, in / groups, …kernel]`, plus
 * `bias: [out]`; both start uniform on ±1/√(in / groups · kernel size).
 */
abstract class Convolution<
  In extends number,
  Out extends number,
  Sizes extends Shape,
> extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** `[out, in / groups, …kernel]`. */
  weight: Parameter;
  /** `[out]`; null if the layer has no bias. */
  bias: Parameter | null;
  /** The size of the window along each dimension. */
  readonly kernelSize: readonly number[];
  /** What to pad before the convolution, for padding that is not zeros: from the last dimension, two numbers each. */
  private readonly explicitPadding: readonly number[] | null;

  private readonly rank: number;
  /** The channels of the input. */
  readonly inChannels: In;
  /** The channels of the result. */
  readonly outChannels: Out;
  /** The options it was made with. */
  readonly options: ConvLayerOptions;

  constructor(
    rank: number,
    inChannels: In,
    outChannels: Out,
    kernelSize: PerDim,
    given: ConvLayerOptions | undefined,
  ) {
    super();
    const name = new.target.name;
    const options = convOptions(name, given);
    this.rank = rank;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.options = options;
    const {
      groups = 1,
      bias = true,
      padding = 0,
      paddingMode = 'zeros',
      dilation = 1,
      stride = 1,
      dtype,
    } = options;
    checkGroups(name, inChannels, outChannels, groups);
    if (padding === 'same' && each(name, 'stride', stride, rank).some((s) => s !== 1)) {
      throw new ChainruleError(`${name}: padding 'same' needs stride 1, got ${display(stride)}`);
    }
    this.kernelSize = each(
      name,
      'kernelSize',
      checkArgument(name, 'kernelSize', kernelSize, sizes),
      rank,
    );
    each(name, 'stride', stride, rank);
    const bound = boundOf(inChannels / groups, this.kernelSize);
    this.weight = uniformParameter(
      [outChannels, inChannels / groups, ...this.kernelSize],
      bound,
      dtype,
    );
    this.bias = bias ? uniformParameter([outChannels], bound, dtype) : null;
    const steps = each(name, 'dilation', dilation, rank);
    const sides = this.kernelSize.map((k, d): readonly number[] => {
      if (padding === 'valid') return [0, 0];
      if (padding !== 'same')
        return new Array<number>(2).fill(each(name, 'padding', padding, rank)[d] ?? 0);
      const total = (steps[d] ?? 1) * (k - 1);
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    });
    this.explicitPadding = paddingMode === 'zeros' ? null : sides.reverse().flat();
  }

  override forward<X extends Tensor>(
    x: X & Unless<ConvResult<ShapeIn<X>, In, Out, Sizes>>,
  ): Tensor<ShapeOf<ConvResult<ShapeIn<X>, In, Out, Sizes>>> {
    return this.convolve(x) as Tensor<ShapeOf<ConvResult<ShapeIn<X>, In, Out, Sizes>>>;
  }

  private convolve(x: Tensor): Tensor {
    const convolve = ([conv1d, conv2d, conv3d] as const)[this.rank - 1] as typeof conv1d;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, paddingMode } = this.options;
    if (this.explicitPadding === null)
      return convolve(x, this.weight, this.bias, { stride, padding, dilation, groups });
    const padded = pad(x, this.explicitPadding, { mode: paddingMode as 'reflect' });
    return convolve(padded, this.weight, this.bias, { stride, padding: 0, dilation, groups });
  }

  override multiplyAdds(_inputs: readonly Tensor[], output: Tensor): number {
    return (countedOutput(output).size / this.outChannels) * this.weight.size;
  }

  override extraRepr(): string {
    const { dtype: _, ...rest } = this.options;
    return `${this.inChannels}, ${this.outChannels}, ${show({ kernelSize: this.kernelSize, ...rest })}`;
  }
}

/**
 * A convolution: `[batch, in, length] → [batch, out, length']`, or without the batch, with `length' = ⌊(length + 2
 * padding − dilation (kernel − 1) − 1) / stride⌋ + 1`. Weight and bias start uniform on ±1/√(in / groups · kernel
 * size). As in most libraries, the kernel is not mirrored. PyTorch: `nn.Conv1d`.
 *
 * @throws {ShapeError} if the number of channels or dimensions does not fit.
 * @example new Conv1d(8, 16, 3, { padding: 'same' }).forward(signals) // [64, 8, 100] → [64, 16, 100]
 */
export class Conv1d<
  const In extends number = number,
  const Out extends number = number,
> extends Convolution<In, Out, [number]> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options?: ConvLayerOptions) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * A convolution: `[batch, in, height, width] → [batch, out, height', width']`, or without the batch. Sizes and
 * initial values as for {@link Conv1d}. PyTorch: `nn.Conv2d`.
 *
 * @throws {ShapeError} if the number of channels or dimensions does not fit.
 * @example new Conv2d(1, 16, 3, { padding: 1 }).forward(images) // [64, 1, 28, 28] → [64, 16, 28, 28]
 */
export class Conv2d<
  const In extends number = number,
  const Out extends number = number,
> extends Convolution<In, Out, [number, number]> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options?: ConvLayerOptions) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * A convolution: `[batch, in, depth, height, width] → [batch, out, depth', height', width']`, or without the batch.
 * Sizes and initial values as for {@link Conv1d}. PyTorch: `nn.Conv3d`.
 * @example new Conv3d(1, 4, 3).forward(zeros([1, 1, 8, 8, 8])).shape // [1, 4, 6, 6, 6]
 */
export class Conv3d<
  const In extends number = number,
  const Out extends number = number,
> extends Convolution<In, Out, [number, number, number]> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options?: ConvLayerOptions) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
