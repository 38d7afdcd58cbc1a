/** @file Pooling layers. */
import * as f from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';
import type { PerDim } from './spatial.js';

type MaxPoolOptions = NonNullable<Parameters<typeof f.maxPool2d>[2]>;
type AvgPoolOptions = NonNullable<Parameters<typeof f.avgPool2d>[2]>;
type OutputSize = Parameters<typeof f.adaptiveAvgPool2d>[1];

abstract class Pooling<O extends object> extends Module {
  readonly kernelSize: PerDim;
  readonly options: O;

  constructor(kernelSize: PerDim, options: O = {} as O) {
    super();
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override extraRepr(): string {
    return show({ kernelSize: this.kernelSize, ...this.options });
  }
}

/** The largest of each window of `[…, length]`; the stride is the kernel size unless given. PyTorch: `nn.MaxPool1d`. */
export class MaxPool1d extends Pooling<MaxPoolOptions> {
  override forward(x: Tensor): Tensor {
    return f.maxPool1d(x, this.kernelSize, this.options);
  }
}

/** The largest of each window of `[…, height, width]`. PyTorch: `nn.MaxPool2d`. */
export class MaxPool2d extends Pooling<MaxPoolOptions> {
  override forward(x: Tensor): Tensor {
    return f.maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of `[…, length]`. PyTorch: `nn.AvgPool1d`. */
export class AvgPool1d extends Pooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return f.avgPool1d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of `[…, height, width]`. PyTorch: `nn.AvgPool2d`. */
export class AvgPool2d extends Pooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return f.avgPool2d(x, this.kernelSize, this.options);
  }
}

abstract class AdaptivePooling extends Module {
  readonly outputSize: OutputSize;

  constructor(outputSize: OutputSize) {
    super();
    this.outputSize = outputSize;
  }

  override extraRepr(): string {
    return show({ outputSize: this.outputSize });
  }
}

/** Means of windows chosen so that the result is `[…, …outputSize]`; null keeps a size. PyTorch: `nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends AdaptivePooling {
  override forward(x: Tensor): Tensor {
    return f.adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** The largest of windows chosen so that the result is `[…, …outputSize]`. PyTorch: `nn.AdaptiveMaxPool2d`. */
export class AdaptiveMaxPool2d extends AdaptivePooling {
  override forward(x: Tensor): Tensor {
    return f.adaptiveMaxPool2d(x, this.outputSize);
  }
}
