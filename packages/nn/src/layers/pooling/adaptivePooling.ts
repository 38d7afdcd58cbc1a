/** @file Pooling to a given size: windows are chosen so that the result has it; null keeps a dimension's size. */
import * as f from '@chainrule/autograd';
import {
  checkArgument,
  kinds,
  type IndicesOption,
  type OutputSize,
  type PoolResult,
  type Tensor,
} from '@chainrule/autograd';
import { optionsReader, layerOptions, type AnyReader } from '../layerOptions.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

type None = Record<never, never>;

const sizes = kinds.oneOrMore(kinds.orNull(kinds.size));

abstract class AdaptivePooling<O extends object = None> extends Module {
  static override readonly inputs: readonly string[] = ['x'];
  protected static readonly reader: AnyReader = optionsReader({});

  /** The sizes of the result. */
  readonly outputSize: OutputSize;
  /** The options it was made with. */
  readonly options: O;

  constructor(outputSize: OutputSize, options?: O) {
    super();
    this.outputSize = checkArgument(new.target.name, 'outputSize', outputSize, sizes);
    this.options = layerOptions(new.target, options);
  }

  override extraRepr(): string {
    return show({ outputSize: this.outputSize, ...this.options });
  }
}

/**
 * Means over windows, chosen so that `[…, length] → […, outputSize]`; see `adaptiveAvgPool1d`. PyTorch:
 * `nn.AdaptiveAvgPool1d`.
 * @example new AdaptiveAvgPool1d(2).forward(tensor([[1, 3, 5]])) // [[2, 4]]
 */
export class AdaptiveAvgPool1d extends AdaptivePooling {
  override forward(x: Tensor): Tensor {
    return f.adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * Means over windows, chosen so that `[…, height, width] → […, …outputSize]`; null keeps a size. PyTorch:
 * `nn.AdaptiveAvgPool2d`.
 * @example new AdaptiveAvgPool2d(1).forward(tensor([[[1, 2], [3, 4]]])) // [[[2.5]]]
 */
export class AdaptiveAvgPool2d extends AdaptivePooling {
  override forward(x: Tensor): Tensor {
    return f.adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * As `AdaptiveAvgPool2d`, for `[…, depth, height, width]`. PyTorch: `nn.AdaptiveAvgPool3d`.
 * @example new AdaptiveAvgPool3d(1).forward(ones([1, 3, 8, 8, 8])).shape // [1, 3, 1, 1, 1]
 */
export class AdaptiveAvgPool3d extends AdaptivePooling {
  override forward(x: Tensor): Tensor {
    return f.adaptiveAvgPool3d(x, this.outputSize);
  }
}

/**
 * Maxima of windows of `[…, length]`; with `{ returnIndices: true }` also their indices. PyTorch:
 * `nn.AdaptiveMaxPool1d`.
 * @example new AdaptiveMaxPool1d(2).forward(tensor([[1, 3, 5]])) // [[3, 5]]
 */
export class AdaptiveMaxPool1d<const O extends IndicesOption = None> extends AdaptivePooling<O> {
  protected static override readonly reader: AnyReader = optionsReader({
    returnIndices: kinds.flag,
  });

  override forward(x: Tensor): PoolResult<O> {
    return f.adaptiveMaxPool1d(x, this.outputSize, this.options);
  }
}

/**
 * Maxima of windows, chosen so that `[…, height, width] → […, …outputSize]`. PyTorch: `nn.AdaptiveMaxPool2d`.
 * @example new AdaptiveMaxPool2d([1, 2]).forward(tensor([[[1, 2], [3, 4]]])) // [[[3, 4]]]
 */
export class AdaptiveMaxPool2d<const O extends IndicesOption = None> extends AdaptivePooling<O> {
  protected static override readonly reader: AnyReader = optionsReader({
    returnIndices: kinds.flag,
  });

  override forward(x: Tensor): PoolResult<O> {
    return f.adaptiveMaxPool2d(x, this.outputSize, this.options);
  }
}

/**
 * As `AdaptiveMaxPool2d`, for `[…, depth, height, width]`. PyTorch: `nn.AdaptiveMaxPool3d`.
 * @example new AdaptiveMaxPool3d(2).forward(ones([1, 3, 8, 8, 8])).shape // [1, 3, 2, 2, 2]
 */
export class AdaptiveMaxPool3d<const O extends IndicesOption = None> extends AdaptivePooling<O> {
  protected static override readonly reader: AnyReader = optionsReader({
    returnIndices: kinds.flag,
  });

  override forward(x: Tensor): PoolResult<O> {
    return f.adaptiveMaxPool3d(x, this.outputSize, this.options);
  }
}
