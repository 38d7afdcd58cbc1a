/**
 * @file The Dirichlet distribution, and the beta distribution (two categories). Samples are computed from gamma variables, so
 * they have implicit gradients.
 */
import {
  amin,
  digamma,
  gamma,
  lgamma,
  oneHot,
  stack,
  where,
  xlogy,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { positive, positiveVector, simplex, unitInterval, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastReader,
  floats,
  parameterReader,
  to,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';
import { offTheEnds } from './probabilities.js';
import { HALF_LOG_TAU, ifLarge, logGammaDensity, stirlingRest } from './stirling.js';

const readDirichlet = parameterReader(['concentration']);

/**
 * The Dirichlet distribution, of vectors ≥ 0 that sum to 1: density proportional to `Π xᵢ^(αᵢ − 1)`, with
 * `concentration` α `[…, n]`, positive. PyTorch: `distributions.Dirichlet`; here gradients of samples go through
 * gamma variables.
 *
 * @example new Dirichlet(tensor([1, 3])).mean // [0.25, 0.75]
 */
export class Dirichlet extends Distribution {
  /** The concentrations α, along the last dimension. */
  readonly concentration: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = simplex;

  constructor(
    ...given:
      [concentration: Tensor, options?: DistributionOptions] | [parameters: Given<'concentration'>]
  ) {
    const { concentration, validateArgs } = readDirichlet('Dirichlet', given);
    const p = floats(
      'Dirichlet',
      { concentration },
      { concentration: positiveVector },
      validateArgs,
    );
    const { shape } = p.concentration;
    super(shape.slice(0, -1), shape.slice(-1), validateArgs);
    this.concentration = p.concentration;
  }

  override get dtype() {
    return this.concentration.dtype;
  }

  private get total(): Tensor {
    return this.concentration.sum(-1, { keepdim: true });
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.concentration.div(this.total);
  }

  /** The most likely vector; if no concentration reaches 1, a corner. */
  override get mode(): Tensor {
    const above = this.concentration.sub(1).clamp(0);
    const mode = above.div(above.sum(-1, { keepdim: true }));
    const corner = oneHot(mode.argmax(-1), this.eventShape[0]).cast(this.dtype);
    const open = this.concentration.lt(1).all(-1, { keepdim: true });
    return where(open, corner, mode);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    const { concentration: a, total } = this;
    return a.mul(total.sub(a)).div(total.square().mul(total.add(1)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration: a } = this;
    const total = a.sum(-1);
    const plain = xlogy(a.sub(1), value).sum(-1).add(lgamma(total)).sub(lgamma(a).sum(-1));
    // Gamma densities at `total · x`, divided by that of their sum at itself; the last term is 0, but has a slope.
    const y = value.mul(total.unsqueeze(-1));
    const term = xlogy(a.sub(1), value)
      .add(a.mul(total.unsqueeze(-1).log()))
      .sub(y)
      .sub(lgamma(a));
    const parts = logGammaDensity(a, y, value, term).sum(-1);
    const whole = total.log().mul(0.5).sub(stirlingRest(total).add(HALF_LOG_TAU));
    const slope = value.sum(-1).sub(1).mul(total);
    return ifLarge(amin(a, -1), plain, parts.sub(whole).add(slope));
  }

  override entropy(): Tensor {
    const { concentration: a } = this;
    const n = this.eventShape[0] as number;
    const total = a.sum(-1);
    return lgamma(a)
      .sum(-1)
      .sub(lgamma(total))
      .sub(total.neg().add(n).mul(digamma(total)))
      .sub(a.sub(1).mul(digamma(a)).sum(-1));
  }

  protected override draw(shape: Shape): Tensor {
    return offTheEnds(this.logGammas(shape).softmax(-1), 1);
  }

  /**
   * The logarithms of gamma variables, which do not underflow for small concentrations as the variables do: a gamma
   * variable is one of a + 1 times u^(1/a).
   */
  private logGammas(shape: Shape): Tensor {
    const a = to(this.concentration, shape);
    return gamma(a.add(1)).log().add(this.uniform(shape).log().div(a));
  }
}

const readBeta = broadcastReader({ concentration1: positive, concentration0: positive });

/**
 * The beta distribution: density proportional to `x^(α − 1) (1 − x)^(β − 1)` on [0, 1], with α = `concentration1`
 * and β = `concentration0`, both positive. PyTorch: `distributions.Beta`.
 *
 * @example new Beta(1, 3).mean // 0.25
 */
export class Beta extends Distribution {
  /** The first concentration, α. */
  readonly concentration1: Tensor;
  /** The second concentration, β. */
  readonly concentration0: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = unitInterval;
  /** The distribution of x and 1 − x. */
  private readonly pair: Dirichlet;

  constructor(
    ...given:
      | [concentration1: Value, concentration0: Value, options?: DistributionOptions]
      | [parameters: Given<'concentration1' | 'concentration0'>]
  ) {
    const { concentration1, concentration0, validateArgs } = readBeta('Beta', given);
    super(concentration1.shape, [], validateArgs);
    this.concentration1 = concentration1;
    this.concentration0 = concentration0;
    this.pair = new Dirichlet(stack([concentration1, concentration0], -1), {
      validateArgs: false,
    });
  }

  override get dtype() {
    return this.concentration1.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.concentration1.div(this.concentration1.add(this.concentration0));
  }

  override get mode(): Tensor {
    return this.pair.mode.select(-1, 0);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    const total = this.concentration1.add(this.concentration0);
    return this.concentration1.mul(this.concentration0).div(total.square().mul(total.add(1)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.pair.logProb(stack([value, value.neg().add(1)], -1));
  }

  override entropy(): Tensor {
    return this.pair.entropy();
  }

  protected override draw(shape: Shape): Tensor {
    return this.pair.rsample(shape.slice(0, shape.length - this.batchShape.length)).select(-1, 0);
  }
}
