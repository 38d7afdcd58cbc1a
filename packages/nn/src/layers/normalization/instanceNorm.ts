/** @file Normalization of each channel of each sample separately. */
import { instanceNorm, type Shape, type Tensor } from '@chainrule/autograd';
import { TrackedNorm } from './batchNorm.js';

/**
 * `(x − mean) / √(var + eps) · weight + bias` for each channel of each sample, over its positions (Ulyanov et al.
 * 2016). By default without parameters and statistics; batches are not counted.
 */
abstract class InstanceNorm extends TrackedNorm {
  /** Normalizes each channel over `rank` dimensions; a sample may come without a batch. */
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

/**
 * Instance normalization of `[batch, features, length]` or `[features, length]`; see {@link InstanceNorm2d}.
 * PyTorch: `nn.InstanceNorm1d`.
 * @example new InstanceNorm1d(1).forward(tensor([[[1, 3]]])).round() // [[[-1, 1]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.over(x, 1);
  }
}

/**
 * Instance normalization (Ulyanov et al. 2016, arXiv:1607.08022) of `[batch, features, height, width]`, or without
 * the batch: `(x − mean) / √(var + eps) · weight + bias` for each channel of each sample, over its positions. Unlike
 * batch normalization, it has no parameters and no running statistics by default. PyTorch: `nn.InstanceNorm2d`.
 *
 * @example new InstanceNorm2d(16).forward(randn([8, 16, 28, 28]))
 */
export class InstanceNorm2d extends InstanceNorm {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.over(x, 2);
  }
}

/**
 * Instance normalization of `[batch, features, depth, height, width]`, or without the batch; see {@link
 * InstanceNorm2d}. PyTorch: `nn.InstanceNorm3d`.
 * @example new InstanceNorm3d(3).forward(randn([2, 3, 4, 4, 4])).shape // [2, 3, 4, 4, 4]
 */
export class InstanceNorm3d extends InstanceNorm {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return this.over(x, 3);
  }
}
