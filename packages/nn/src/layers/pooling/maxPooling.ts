/**
 * @file Max pooling layers, and their inverses. With `{ returnIndices: true }` the result is `{ values, indices }`,
 * which `MaxUnpool1d` and its kin take.
 */
import * as f from '@chainrule/autograd';
import {
  byPosition,
  ChainruleError,
  defineOptions,
  kinds,
  type MaxPoolOptions,
  type MaxUnpoolOptions,
  type PoolResult,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { Pooling, windowKinds } from './pooling.js';
import { optionsReader, type AnyReader } from '../layerOptions.js';
import { options as show } from '../../module/repr.js';
import type { PerDim } from '../convolution/spatial.js';
import type { Cell, FractionalMaxPoolOptions } from '@chainrule/autograd';

type None = Record<never, never>;

const maxKinds = {
  ...windowKinds,
  dilation: kinds.oneOrMore(kinds.count),
  returnIndices: kinds.flag,
};

/**
 * The maximum of each window of `[…, length]`; the stride is the kernel size unless given. PyTorch: `nn.MaxPool1d`.
 * @example new MaxPool1d(2).forward(tensor([[1, 3, 2, 4]])) // [[3, 4]]
 */
export class MaxPool1d<const O extends MaxPoolOptions = None> extends Pooling<O> {
  protected static override readonly reader: AnyReader = optionsReader(maxKinds);

  override forward(x: Tensor): PoolResult<O> {
    return f.maxPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The maximum of each window of `[…, height, width]`. PyTorch: `nn.MaxPool2d`.
 * @example new MaxPool2d(2).forward(tensor([[[1, 2], [3, 4]]])) // [[[4]]]
 */
export class MaxPool2d<const O extends MaxPoolOptions = None> extends Pooling<O> {
  protected static override readonly reader: AnyReader = optionsReader(maxKinds);

  override forward(x: Tensor): PoolResult<O> {
    return f.maxPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The maximum of each window of `[…, depth, height, width]`. PyTorch: `nn.MaxPool3d`.
 * @example new MaxPool3d(2).forward(ones([1, 3, 8, 8, 8])).shape // [1, 3, 4, 4, 4]
 */
export class MaxPool3d<const O extends MaxPoolOptions = None> extends Pooling<O> {
  protected static override readonly reader: AnyReader = optionsReader(maxKinds);

  override forward(x: Tensor): PoolResult<O> {
    return f.maxPool3d(x, this.kernelSize, this.options);
  }
}

type UnpoolOptions = Omit<MaxUnpoolOptions, 'outputSize'>;

/** The size of a call's result, where inputs of several sizes are pooled to the same one. */
interface SizeOption {
  readonly outputSize?: Shape | undefined;
}

const sizeOption = byPosition(
  defineOptions<SizeOption>({ outputSize: kinds.listOf(kinds.size) }),
  'outputSize',
);

abstract class Unpooling extends Pooling<UnpoolOptions> {
  protected static override readonly reader: AnyReader = optionsReader({
    stride: windowKinds.stride,
    padding: windowKinds.padding,
  });

  /** The options of the layer, and the size of one call: in braces, or alone as in PyTorch. */
  protected with(size?: Shape | SizeOption): MaxUnpoolOptions {
    return { ...this.options, ...sizeOption(this.constructor.name, size) };
  }
}

/**
 * Puts the values of `MaxPool1d` back in their places, with zeros elsewhere: `forward(values, indices, { outputSize
 * })`. See `maxUnpool1d`. PyTorch: `nn.MaxUnpool1d`.
 *
 * @example
 * const { values, indices } = new MaxPool1d(2, { returnIndices: true }).forward(x);
 * new MaxUnpool1d(2).forward(values, indices)
 */
export class MaxUnpool1d extends Unpooling {
  override forward(x: Tensor, indices: Tensor, size?: Shape | SizeOption): Tensor {
    return f.maxUnpool1d(x, indices, this.kernelSize, this.with(size));
  }
}

/**
 * As `MaxUnpool1d`, for `MaxPool2d`. PyTorch: `nn.MaxUnpool2d`.
 * @example
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const { values, indices } = maxPool2d(x, 2, { returnIndices: true });
 * new MaxUnpool2d(2).forward(values, indices) // [[[0, 0], [0, 4]]]
 */
export class MaxUnpool2d extends Unpooling {
  override forward(x: Tensor, indices: Tensor, size?: Shape | SizeOption): Tensor {
    return f.maxUnpool2d(x, indices, this.kernelSize, this.with(size));
  }
}

/**
 * As `MaxUnpool1d`, for `MaxPool3d`. PyTorch: `nn.MaxUnpool3d`.
 * @example
 * const { values, indices } = maxPool3d(ones([1, 4, 4, 4]), 2, { returnIndices: true });
 * new MaxUnpool3d(2).forward(values, indices).shape // [1, 4, 4, 4]
 */
export class MaxUnpool3d extends Unpooling {
  override forward(x: Tensor, indices: Tensor, size?: Shape | SizeOption): Tensor {
    return f.maxUnpool3d(x, indices, this.kernelSize, this.with(size));
  }
}

type FractionalOptions = FractionalMaxPoolOptions;

abstract class FractionalPooling<O extends FractionalOptions> extends Pooling<O> {
  protected static override readonly reader: AnyReader = optionsReader({
    outputSize: kinds.orNull(kinds.oneOrMore(kinds.count)),
    outputRatio: kinds.orNull(kinds.oneOrMore(kinds.between(0, 1))),
    randomSamples: kinds.orNull(kinds.tensor),
    returnIndices: kinds.flag,
  });
  static override readonly stateKeys: Readonly<Record<string, string>> = {
    randomSamples: '_random_samples',
  };
  /** The positions of the windows, if they are fixed. */
  readonly randomSamples: Cell | null;

  constructor(kernelSize: PerDim, options: O) {
    super(kernelSize, options);
    const { outputSize = null, outputRatio = null, randomSamples = null } = this.options;
    if ((outputSize === null) === (outputRatio === null))
      throw new ChainruleError(`${new.target.name}: give either outputSize or outputRatio`);
    this.randomSamples = this.registerBuffer('randomSamples', randomSamples);
  }

  protected now(): O {
    return { ...this.options, randomSamples: this.randomSamples };
  }

  override extraRepr(): string {
    const { randomSamples: _, ...rest } = this.options;
    return show({ kernelSize: this.kernelSize, ...rest });
  }
}

/**
 * The maxima of windows at random positions: `outputSize` of them, or `outputRatio` times the input's size (Graham
 * 2014, arXiv:1412.6071). Positions are drawn in evaluation mode too. PyTorch: `nn.FractionalMaxPool2d`.
 * @example new FractionalMaxPool2d(2, { outputSize: 4 }).forward(ones([1, 8, 8])).shape // [1, 4, 4]
 */
export class FractionalMaxPool2d<const O extends FractionalOptions> extends FractionalPooling<O> {
  override forward(x: Tensor): PoolResult<O> {
    return f.fractionalMaxPool2d(x, this.kernelSize, this.now());
  }
}

/**
 * As `FractionalMaxPool2d`, for `[…, depth, height, width]`. PyTorch: `nn.FractionalMaxPool3d`.
 * @example new FractionalMaxPool3d(2, { outputSize: 4 }).forward(ones([1, 8, 8, 8])).shape // [1, 4, 4, 4]
 */
export class FractionalMaxPool3d<const O extends FractionalOptions> extends FractionalPooling<O> {
  override forward(x: Tensor): PoolResult<O> {
    return f.fractionalMaxPool3d(x, this.kernelSize, this.now());
  }
}
