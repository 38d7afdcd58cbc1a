/** @file Pooling by means and by norms. */
import * as f from '@chainrule/autograd';
import {
  checkArgument,
  defineOptions,
  kinds,
  type AvgPoolOptions,
  type LpPoolOptions,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import type { PerDim } from '../convolution/spatial.js';
import { Pooling, windowKinds } from './pooling.js';
import { optionsReader, type AnyReader } from '../layerOptions.js';

const avgKinds = {
  ...windowKinds,
  countIncludePad: kinds.flag,
  divisorOverride: kinds.orNull(
    kinds.kind<number>('be a finite number other than 0', (x) => kinds.finite.test(x) && x !== 0),
  ),
};

/**
 * The mean of each window of `[…, length]`. PyTorch: `nn.AvgPool1d`.
 * @example new AvgPool1d(2).forward(tensor([[1, 3, 2, 4]])) // [[2, 3]]
 */
export class AvgPool1d extends Pooling<AvgPoolOptions> {
  protected static override readonly reader: AnyReader = optionsReader(avgKinds);

  override forward(x: Tensor): Tensor {
    return f.avgPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of `[…, height, width]`. PyTorch: `nn.AvgPool2d`.
 * @example new AvgPool2d(2).forward(tensor([[[1, 2], [3, 4]]])) // [[[2.5]]]
 */
export class AvgPool2d extends Pooling<AvgPoolOptions> {
  protected static override readonly reader: AnyReader = optionsReader(avgKinds);

  override forward(x: Tensor): Tensor {
    return f.avgPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of `[…, depth, height, width]`. PyTorch: `nn.AvgPool3d`.
 * @example new AvgPool3d(2).forward(ones([1, 3, 8, 8, 8])).shape // [1, 3, 4, 4, 4]
 */
export class AvgPool3d extends Pooling<AvgPoolOptions> {
  protected static override readonly reader: AnyReader = optionsReader(avgKinds);

  override forward(x: Tensor): Tensor {
    return f.avgPool3d(x, this.kernelSize, this.options);
  }
}

const lpPoolOptions = defineOptions<LpPoolOptions>({
  stride: windowKinds.stride,
  ceilMode: kinds.flag,
});
const order = kinds.kind<number>('be a number other than 0', (x) => kinds.real.test(x) && x !== 0);

abstract class LpPooling extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  /** The order of the norm. */
  readonly normType: number;
  /** The size of the window along each dimension. */
  readonly kernelSize: PerDim;
  /** The options it was made with. */
  readonly options: LpPoolOptions;

  constructor(normType: number, kernelSize: PerDim, options?: LpPoolOptions) {
    super();
    this.normType = checkArgument(new.target.name, 'normType', normType, order);
    this.kernelSize = checkArgument(
      new.target.name,
      'kernelSize',
      kernelSize,
      kinds.oneOrMore(kinds.count),
    );
    this.options = lpPoolOptions(new.target.name, options);
  }

  override extraRepr(): string {
    return show({ normType: this.normType, kernelSize: this.kernelSize, ...this.options });
  }
}

/**
 * `(Σ xᵖ)^(1/p)` of each window of `[…, length]`, with p the `normType`. PyTorch: `nn.LPPool1d`.
 * @example new LPPool1d(2, 2).forward(tensor([[3, 4]])) // [[5]]
 */
export class LPPool1d extends LpPooling {
  override forward(x: Tensor): Tensor {
    return f.lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * As `LPPool1d`, for `[…, height, width]`. PyTorch: `nn.LPPool2d`.
 * @example new LPPool2d(2, 2).forward(tensor([[[3, 0], [0, 4]]])) // [[[5]]]
 */
export class LPPool2d extends LpPooling {
  override forward(x: Tensor): Tensor {
    return f.lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * As `LPPool1d`, for `[…, depth, height, width]`. PyTorch: `nn.LPPool3d`.
 * @example new LPPool3d(1, 2).forward(ones([1, 2, 2, 2])) // [[[[8]]]]
 */
export class LPPool3d extends LpPooling {
  override forward(x: Tensor): Tensor {
    return f.lpPool3d(x, this.normType, this.kernelSize, this.options);
  }
}
