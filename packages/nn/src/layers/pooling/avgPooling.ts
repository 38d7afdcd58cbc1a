/** @file Layers that pool by means and by norms. */
import * as f from '@chainrule/autograd';
import type { AvgPoolOptions, LpPoolOptions, Tensor } from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import type { PerDim } from '../spatial.js';
import { Pooling } from './pooling.js';

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

/** The mean of each window of `[…, depth, height, width]`. PyTorch: `nn.AvgPool3d`. */
export class AvgPool3d extends Pooling<AvgPoolOptions> {
  override forward(x: Tensor): Tensor {
    return f.avgPool3d(x, this.kernelSize, this.options);
  }
}

abstract class LpPooling extends Module {
  readonly normType: number;
  readonly kernelSize: PerDim;
  readonly options: LpPoolOptions;

  constructor(normType: number, kernelSize: PerDim, options: LpPoolOptions = {}) {
    super();
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override extraRepr(): string {
    return show({ normType: this.normType, kernelSize: this.kernelSize, ...this.options });
  }
}

/** `(Σ xᵖ)^(1/p)` of each window of `[…, length]`, p the `normType`. PyTorch: `nn.LPPool1d`. */
export class LPPool1d extends LpPooling {
  override forward(x: Tensor): Tensor {
    return f.lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/** As `LPPool1d`, of `[…, height, width]`. PyTorch: `nn.LPPool2d`. */
export class LPPool2d extends LpPooling {
  override forward(x: Tensor): Tensor {
    return f.lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/** As `LPPool1d`, of `[…, depth, height, width]`. PyTorch: `nn.LPPool3d`. */
export class LPPool3d extends LpPooling {
  override forward(x: Tensor): Tensor {
    return f.lpPool3d(x, this.normType, this.kernelSize, this.options);
  }
}
