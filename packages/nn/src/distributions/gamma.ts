/** @file The gamma distribution. Samples have implicit gradients. */
import {
  digamma,
  gamma,
  lgamma,
  special,
  xlogy,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { nonnegative, positive, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastReader,
  to,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';
import { offTheEnds } from './probabilities.js';
import { digammaRest, HALF_LOG_TAU, ifLarge, logGammaDensity, stirlingRest } from './stirling.js';

const readGamma = broadcastReader({ concentration: positive, rate: positive });

/**
 * The gamma distribution: density `rateᵅ x^(α − 1) e^(−rate x) / Γ(α)` for x ≥ 0, with α the `concentration`; both
 * are positive. Samples have implicit gradients (Figurnov et al. 2018, arXiv:1805.08498). PyTorch:
 * `distributions.Gamma`.
 *
 * @example new Gamma(3, 2).mean // 1.5
 */
export class Gamma extends Distribution {
  /** The concentration (or shape), α. */
  readonly concentration: Tensor;
  /** The rate: the inverse of the scale. */
  readonly rate: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = nonnegative;

  constructor(
    ...given:
      | [concentration: Value, rate: Value, options?: DistributionOptions]
      | [parameters: Given<'concentration' | 'rate'>]
  ) {
    const { concentration, rate, validateArgs } = readGamma('Gamma', given);
    super(rate.shape, [], validateArgs);
    this.concentration = concentration;
    this.rate = rate;
  }

  override get dtype() {
    return this.rate.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  override get mode(): Tensor {
    return this.concentration.sub(1).div(this.rate).clamp(0);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.concentration.div(this.rate.square());
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration: a, rate } = this;
    const plain = xlogy(a, rate)
      .add(xlogy(a.sub(1), value))
      .sub(rate.mul(value))
      .sub(lgamma(a));
    return logGammaDensity(a, rate.mul(value), value, plain);
  }

  /** Differentiable with respect to the value and the rate but not the concentration, as in PyTorch. */
  protected override cdfOf(value: Tensor): Tensor {
    return special.gammainc(this.concentration, this.rate.mul(value));
  }

  override entropy(): Tensor {
    const { concentration: a, rate } = this;
    const plain = a.add(lgamma(a)).add(a.neg().add(1).mul(digamma(a)));
    const near = a
      .log()
      .sub(a.reciprocal())
      .mul(0.5)
      .add(0.5 + HALF_LOG_TAU)
      .add(stirlingRest(a).add(a.sub(1).mul(digammaRest(a))));
    return ifLarge(a, plain, near).sub(rate.log());
  }

  protected override draw(shape: Shape): Tensor {
    return offTheEnds(gamma(to(this.concentration, shape)).div(this.rate), null);
  }
}
