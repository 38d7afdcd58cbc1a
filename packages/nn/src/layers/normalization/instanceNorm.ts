/** @file Normalization of each channel of each sample by itself. */
import { instanceNorm, type Shape, type Tensor } from '@chainrule/autograd';
import { TrackedNorm } from './batchNorm.js';

/**
 * `(x − mean) / √(var + eps) · weight + bias` for each channel of each sample, over its positions (Ulyanov et al. 2016).
 * By default without parameters and statistics; batches are not counted.
 */
abstract class InstanceNorm extends TrackedNorm {
  /** The channels' statistics over `rank` dimensions; a sample may come without a batch. */
  protected over<S extends Shape>(x: Tensor<S>, rank: number): Tensor<S> {
    const single = rank + 1;
    this.check(x, [single, rank + 2], single);
    if (x.ndim === single) return this.normalize(x.unsqueeze(0)).squeeze(0) as Tensor<S>;
    return this.normalize(x) as Tensor<S>;
  }

  private normalize(x: Tensor): Tensor {
    const { runningMean, runningVar, weight, bias, eps } = this;
    const useInputStats = this.training || runningMean === null;
    return instanceNorm(x, runningMean, runningVar, weight, bias, {
      useInputStats,
      eps,
      momentum: this.momentum ?? 0,
    });
  }
}

/** Instance normalization of `[batch, features, length]` or `[features, length]`. PyTorch: `nn.InstanceNorm1d`. */
export class InstanceNorm1d extends InstanceNorm {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.over(x, 1);
  }
}

/**
 * Instance normalization of `[batch, features, height, width]`, or without the batch. PyTorch: `nn.InstanceNorm2d`.
 */
export class InstanceNorm2d extends InstanceNorm {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.over(x, 2);
  }
}

/** Instance normalization of `[batch, features, depth, height, width]`, or without the batch. PyTorch: `nn.InstanceNorm3d`. */
export class InstanceNorm3d extends InstanceNorm {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.over(x, 3);
  }
}
