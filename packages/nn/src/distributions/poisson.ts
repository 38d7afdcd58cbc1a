/** @file The Poisson distribution. */
import { lgamma, poisson, xlogy, type Shape, type Tensor } from '@chainrule/autograd';
import { nonnegative, nonnegativeInteger, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastReader,
  to,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';
import { logGammaDensity } from './stirling.js';

const readPoisson = broadcastReader({ rate: nonnegative });

/**
 * The Poisson distribution: counts k with probability `rateᵏ e^(−rate) / k!`, `rate ≥ 0`. PyTorch:
 * `distributions.Poisson`.
 *
 * @example new Poisson(2).logProb(0) // −2
 */
export class Poisson extends Distribution {
  /** The mean number of events. */
  readonly rate: Tensor;
  override readonly support: Constraint = nonnegativeInteger;

  constructor(
    ...given: [rate: Value, options?: DistributionOptions] | [parameters: Given<'rate'>]
  ) {
    const { rate, validateArgs } = readPoisson('Poisson', given);
    super(rate.shape, [], validateArgs);
    this.rate = rate;
  }

  override get dtype() {
    return this.rate.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.rate;
  }

  override get mode(): Tensor {
    return this.rate.floor();
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.rate;
  }

  protected override logProbOf(value: Tensor): Tensor {
    const plain = xlogy(value, this.rate)
      .sub(this.rate)
      .sub(lgamma(value.add(1)));
    return logGammaDensity(value, this.rate, value, plain);
  }

  protected override draw(shape: Shape): Tensor {
    return poisson(to(this.rate.detach(), shape));
  }
}
