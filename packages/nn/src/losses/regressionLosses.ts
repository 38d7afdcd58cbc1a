/** @file Losses of numbers, as modules. */
import type { Tensor } from '@chainrule/autograd';
import type { AnyReader } from '../layers/layerOptions.js';
import * as f from './functions.js';
import { Loss } from './loss.js';
import * as read from './readers.js';

/**
 * The mean of squared differences, `mean (x − y)²`, as a module; see `mseLoss`. PyTorch: `nn.MSELoss`.
 *
 * @example new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])) // 2
 */
export class MSELoss extends Loss<f.LossOptions> {
  protected static override readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options);
  }
}

/**
 * The mean of absolute differences, `mean |x − y|`, as a module; see `l1Loss`. PyTorch: `nn.L1Loss`.
 *
 * @example new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])) // 1
 */
export class L1Loss extends Loss<f.LossOptions> {
  protected static override readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options);
  }
}

/**
 * Squared near 0 and absolute beyond `beta`, as a module; see `smoothL1Loss`. PyTorch: `nn.SmoothL1Loss`.
 *
 * @example new nn.SmoothL1Loss({ beta: 1 }).forward(tensor([3]), tensor([0])) // 2.5
 */
export class SmoothL1Loss extends Loss<NonNullable<Parameters<typeof f.smoothL1Loss>[2]>> {
  protected static override readonly reader: AnyReader =
    read.smoothL1Options as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options);
  }
}

/**
 * Squared near 0 and linear beyond `delta`, as a module; see `huberLoss`. PyTorch: `nn.HuberLoss`.
 *
 * @example new nn.HuberLoss({ delta: 1 }).forward(tensor([3]), tensor([0])) // 2.5
 */
export class HuberLoss extends Loss<NonNullable<Parameters<typeof f.huberLoss>[2]>> {
  protected static override readonly reader: AnyReader = read.huberOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.huberLoss(input, target, this.options);
  }
}

/**
 * The negative log likelihood of counts, as a module; see `poissonNllLoss`. PyTorch: `nn.PoissonNLLLoss`.
 *
 * @example new nn.PoissonNLLLoss().forward(tensor([0]), tensor([3])) // 1
 */
export class PoissonNLLLoss extends Loss<NonNullable<Parameters<typeof f.poissonNllLoss>[2]>> {
  protected static override readonly reader: AnyReader =
    read.poissonNllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.poissonNllLoss(input, target, this.options);
  }
}

/**
 * The negative log likelihood of normal distributions with given variances, as a module; see `gaussianNllLoss`.
 * PyTorch: `nn.GaussianNLLLoss`.
 *
 * @example new nn.GaussianNLLLoss().forward(mean, target, variance)
 */
export class GaussianNLLLoss extends Loss<NonNullable<Parameters<typeof f.gaussianNllLoss>[3]>> {
  protected static override readonly reader: AnyReader =
    read.gaussianNllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return f.gaussianNllLoss(input, target, variance, this.options);
  }
}
