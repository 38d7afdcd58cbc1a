/** @file Transposed convolutions, of any rank. */
import {
  checkArgument,
  defineOptions,
  display,
  kinds,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  ShapeError,
  type Parameter,
  type Tensor,
} from '@chainrule/autograd';
import { countedInputs } from '../../module/counted.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import { uniformParameter, type ParameterOptions } from '../create.js';
import { boundOf, checkGroups, each, type PerDim } from './spatial.js';

/** Options of `ConvTranspose1d`, `ConvTranspose2d` and `ConvTranspose3d`. */
export interface ConvTransposeLayerOptions extends ParameterOptions {
  /** The distance between windows. Default 1. */
  readonly stride?: PerDim;
  /** How much of the output is cut off at each side. Default 0. */
  readonly padding?: PerDim;
  /**
   * Added to one side of the output, to choose among the sizes that a convolution maps to the input's size. Default
   * 0.
   */
  readonly outputPadding?: PerDim;
  /** How many groups the channels are split into; each output channel sees only the inputs of its group. Default 1. */
  readonly groups?: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** The distance between the elements of a window. Default 1. */
  readonly dilation?: PerDim;
  /** Only `'zeros'`, as in PyTorch. */
  readonly paddingMode?: 'zeros';
}

const sizes = kinds.oneOrMore(kinds.count);
const convTransposeOptions = defineOptions<ConvTransposeLayerOptions>({
  stride: sizes,
  padding: kinds.oneOrMore(kinds.size),
  outputPadding: kinds.oneOrMore(kinds.size),
  groups: kinds.count,
  bias: kinds.flag,
  dilation: sizes,
  paddingMode: kinds.oneOf('zeros'),
  dtype: kinds.dtype,
});

/** The transpose of a convolution, with `weight: [in, out / groups, …kernel]`. */
abstract class TransposedConvolution extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** `[in, out / groups, …kernel]`. */
  weight: Parameter;
  /** `[out]`; null if the layer has no bias. */
  bias: Parameter | null;
  /** The size of the window along each dimension. */
  readonly kernelSize: readonly number[];

  private readonly rank: number;
  /** The channels of the input. */
  readonly inChannels: number;
  /** The channels of the result. */
  readonly outChannels: number;
  /** The options it was made with. */
  readonly options: ConvTransposeLayerOptions;

  constructor(
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    given: ConvTransposeLayerOptions | undefined,
  ) {
    super();
    const options = convTransposeOptions(new.target.name, given);
    this.rank = rank;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.options = options;
    const { groups = 1, bias = true, dtype } = options;
    checkGroups(new.target.name, inChannels, outChannels, groups);
    this.kernelSize = each(
      new.target.name,
      'kernelSize',
      checkArgument(new.target.name, 'kernelSize', kernelSize, sizes),
      rank,
    );
    const bound = boundOf(outChannels / groups, this.kernelSize);
    this.weight = uniformParameter(
      [inChannels, outChannels / groups, ...this.kernelSize],
      bound,
      dtype,
    );
    this.bias = bias ? uniformParameter([outChannels], bound, dtype) : null;
  }

  /**
   * @param size The size of the result, alone or as `{ outputSize }`: of the spatial dimensions or of all. It
   * replaces `outputPadding`.
   */
  override forward(
    x: Tensor,
    size?: readonly number[] | { readonly outputSize?: readonly number[] | undefined },
  ): Tensor {
    const outputSize = Array.isArray(size)
      ? (size as readonly number[])
      : (size as { readonly outputSize?: readonly number[] } | undefined)?.outputSize;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, outputPadding = 0 } = this.options;
    const extra = outputSize === undefined ? outputPadding : this.paddingFor(x, outputSize);
    const convolve = [convTranspose1d, convTranspose2d, convTranspose3d][this.rank - 1];
    return (convolve as typeof convTranspose1d)(x, this.weight, this.bias, {
      stride,
      padding,
      outputPadding: extra,
      groups,
      dilation,
    });
  }

  private paddingFor(x: Tensor, outputSize: readonly number[]): number[] {
    const name = this.constructor.name;
    checkArgument(name, 'outputSize', outputSize, kinds.listOf(kinds.size));
    const { stride: step = 1, padding: cut = 0, dilation: distance = 1 } = this.options;
    const stride = each(name, 'stride', step, this.rank);
    const padding = each(name, 'padding', cut, this.rank);
    const dilation = each(name, 'dilation', distance, this.rank);
    return this.kernelSize.map((k, d) => {
      const size = x.shape[x.ndim - this.rank + d] as number;
      const least =
        (size - 1) * (stride[d] ?? 1) - 2 * (padding[d] ?? 0) + (dilation[d] ?? 1) * (k - 1) + 1;
      const extra = (outputSize[outputSize.length - this.rank + d] ?? least) - least;
      if (extra < 0 || extra >= (stride[d] ?? 1)) {
        throw new ShapeError(
          `${name}: outputSize ${display(outputSize)} cannot come from an input of shape [${x.shape.join(', ')}]: ` +
            `dimension ${d} must be between ${least} and ${least + (stride[d] ?? 1) - 1}`,
        );
      }
      return extra;
    });
  }

  override multiplyAdds(inputs: readonly Tensor[]): number {
    const [x] = countedInputs(inputs);
    return (x.size / this.inChannels) * this.weight.size;
  }

  override extraRepr(): string {
    const { dtype: _, ...rest } = this.options;
    return `${this.inChannels}, ${this.outChannels}, ${show({ kernelSize: this.kernelSize, ...rest })}`;
  }
}

/**
 * The transpose of a convolution: `[batch, in, length] → [batch, out, length']`, or without the batch, with `length'
 * = (length − 1) stride − 2 padding + dilation (kernel − 1) + outputPadding + 1`. PyTorch: `nn.ConvTranspose1d`.
 *
 * @example new ConvTranspose1d(16, 8, 4, { stride: 2, padding: 1 }).forward(x) // [64, 16, 50] → [64, 8, 100]
 */
export class ConvTranspose1d extends TransposedConvolution {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options?: ConvTransposeLayerOptions,
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * The transpose of a convolution: `[batch, in, height, width] → [batch, out, height', width']`, or without the
 * batch. Sizes as for {@link ConvTranspose1d}. PyTorch: `nn.ConvTranspose2d`.
 * @example new ConvTranspose2d(8, 3, 2, { stride: 2 }).forward(zeros([1, 8, 16, 16])).shape // [1, 3, 32, 32]
 */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options?: ConvTransposeLayerOptions,
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * The transpose of a convolution: `[batch, in, depth, height, width] → [batch, out, depth', height', width']`, or
 * without the batch. Sizes as for {@link ConvTranspose1d}. PyTorch: `nn.ConvTranspose3d`.
 * @example new ConvTranspose3d(4, 3, 2, { stride: 2 }).forward(zeros([1, 4, 4, 4, 4])).shape // [1, 3, 8, 8, 8]
 */
export class ConvTranspose3d extends TransposedConvolution {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options?: ConvTransposeLayerOptions,
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
