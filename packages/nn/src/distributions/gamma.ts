/** @file The gamma distribution and what is made of it: beta, Dirichlet, Student's t. Samples have implicit gradients. */
import {
  digamma,
  gamma,
  lgamma,
  log1p,
  oneHot,
  randn,
  special,
  stack,
  where,
  xlogy,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import {
  nonnegative,
  positive,
  positiveVector,
  real,
  simplex,
  unitInterval,
  type Constraint,
} from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastAll,
  floats,
  parameterReader,
  to,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';

const readGamma = parameterReader(['concentration', 'rate']);

/**
 * Density `rateᵃ x^(a − 1) e^(−rate x) / Γ(a)` of x ≥ 0, a the concentration; both are positive.
 * PyTorch: `distributions.Gamma`.
 */
export class Gamma extends Distribution {
  /** The shape, α. */
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
    const p = broadcastAll(
      'Gamma',
      { concentration, rate },
      { concentration: positive, rate: positive },
      validateArgs,
    );
    super(p.rate.shape, [], validateArgs);
    this.concentration = p.concentration;
    this.rate = p.rate;
  }

  override get dtype() {
    return this.rate.dtype;
  }

  /** The mean, in the batch's and the event's shape. */
  override get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  override get mode(): Tensor {
    return this.concentration.sub(1).div(this.rate).clamp(0);
  }

  /** The variance, in the batch's and the event's shape. */
  override get variance(): Tensor {
    return this.concentration.div(this.rate.square());
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration: a, rate } = this;
    return xlogy(a, rate)
      .add(xlogy(a.sub(1), value))
      .sub(rate.mul(value))
      .sub(lgamma(a));
  }

  /** Differentiable by the value and the rate; by the concentration not, as in PyTorch. */
  protected override cdfOf(value: Tensor): Tensor {
    return special.gammainc(this.concentration, this.rate.mul(value));
  }

  override entropy(): Tensor {
    const { concentration: a, rate } = this;
    return a
      .sub(rate.log())
      .add(lgamma(a))
      .add(a.neg().add(1).mul(digamma(a)));
  }

  protected override draw(shape: Shape): Tensor {
    return gamma(to(this.concentration, shape)).div(this.rate);
  }
}

const readDirichlet = parameterReader(['concentration']);

/**
 * Vectors of at least 0 that sum to 1, with density proportional to `Π xᵢ^(aᵢ − 1)`: `concentration […, n]`, positive.
 * PyTorch: `distributions.Dirichlet`; pathwise gradients go through gamma variables here.
 */
export class Dirichlet extends Distribution {
  /** The concentrations, α; the last dimension is the event's. */
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

  /** The mean, in the batch's and the event's shape. */
  override get mean(): Tensor {
    return this.concentration.div(this.total);
  }

  /** The likeliest vector; where no concentration reaches 1, a corner. */
  override get mode(): Tensor {
    const above = this.concentration.sub(1).clamp(0);
    const mode = above.div(above.sum(-1, { keepdim: true }));
    const corner = oneHot(mode.argmax(-1), this.eventShape[0]).cast(this.dtype);
    const open = this.concentration.lt(1).all(-1, { keepdim: true });
    return where(open, corner, mode);
  }

  /** The variance, in the batch's and the event's shape. */
  override get variance(): Tensor {
    const { concentration: a, total } = this;
    return a.mul(total.sub(a)).div(total.square().mul(total.add(1)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration: a } = this;
    return xlogy(a.sub(1), value)
      .sum(-1)
      .add(lgamma(a.sum(-1)))
      .sub(lgamma(a).sum(-1));
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
    return this.logGammas(shape).softmax(-1);
  }

  /**
   * The logarithms of gamma variables, which do not underflow as the variables do where concentrations are small: a gamma
   * variable is one of a + 1 times u^(1/a).
   */
  private logGammas(shape: Shape): Tensor {
    const a = to(this.concentration, shape);
    return gamma(a.add(1)).log().add(this.uniform(shape).log().div(a));
  }
}

const readBeta = parameterReader(['concentration1', 'concentration0']);

/**
 * Density proportional to `x^(a − 1) (1 − x)^(b − 1)` on [0, 1], a = `concentration1` and b = `concentration0` positive.
 * PyTorch: `distributions.Beta`.
 */
export class Beta extends Distribution {
  /** The first concentration, α. */
  readonly concentration1: Tensor;
  /** The second concentration, β. */
  readonly concentration0: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = unitInterval;
  /** Of x and 1 − x. */
  private readonly pair: Dirichlet;

  constructor(
    ...given:
      | [concentration1: Value, concentration0: Value, options?: DistributionOptions]
      | [parameters: Given<'concentration1' | 'concentration0'>]
  ) {
    const { concentration1, concentration0, validateArgs } = readBeta('Beta', given);
    const p = broadcastAll(
      'Beta',
      { concentration1, concentration0 },
      { concentration1: positive, concentration0: positive },
      validateArgs,
    );
    super(p.concentration1.shape, [], validateArgs);
    this.concentration1 = p.concentration1;
    this.concentration0 = p.concentration0;
    this.pair = new Dirichlet(stack([p.concentration1, p.concentration0], -1), {
      validateArgs: false,
    });
  }

  override get dtype() {
    return this.concentration1.dtype;
  }

  /** The mean, in the batch's and the event's shape. */
  override get mean(): Tensor {
    return this.concentration1.div(this.concentration1.add(this.concentration0));
  }

  override get mode(): Tensor {
    return this.pair.mode.select(-1, 0);
  }

  /** The variance, in the batch's and the event's shape. */
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

const readStudent = parameterReader(['df'], ['loc', 'scale']);

/**
 * Student's t distribution with `df > 0` degrees of freedom, moved by `loc` (0) and scaled by `scale` (1).
 * PyTorch: `distributions.StudentT`.
 */
export class StudentT extends Distribution {
  /** The degrees of freedom. */
  readonly df: Tensor;
  /** The location: the centre of the distribution. */
  readonly loc: Tensor;
  /** The scale: how wide the distribution is. */
  readonly scale: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = real;

  constructor(
    ...given:
      | [df: Value, options?: Partial<Given<'loc' | 'scale'>>]
      | [df: Value, loc: Value | undefined, scale?: Value, options?: DistributionOptions]
      | [parameters: Given<'df', 'loc' | 'scale'>]
  ) {
    const { df, loc = 0, scale = 1, validateArgs } = readStudent('StudentT', given);
    const p = broadcastAll(
      'StudentT',
      { df, loc, scale },
      { df: positive, loc: real, scale: positive },
      validateArgs,
    );
    super(p.df.shape, [], validateArgs);
    this.df = p.df;
    this.loc = p.loc;
    this.scale = p.scale;
  }

  override get dtype() {
    return this.df.dtype;
  }

  /** NaN up to one degree of freedom. */
  override get mean(): Tensor {
    return where(this.df.le(1), NaN, this.loc);
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** Infinite up to two degrees of freedom, NaN up to one. */
  override get variance(): Tensor {
    const { df, scale } = this;
    const finite = df.gt(2);
    // The branch that is not taken has a df that does not divide by 0.
    const safe = where(finite, df, 3);
    const variance = scale.square().mul(safe).div(safe.sub(2));
    return where(finite, variance, where(df.gt(1), Infinity, NaN));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { df, loc, scale } = this;
    const y = value.sub(loc).div(scale);
    const z = scale
      .log()
      .add(df.log().mul(0.5))
      .add(0.5 * Math.log(Math.PI))
      .add(lgamma(df.mul(0.5)))
      .sub(lgamma(df.add(1).mul(0.5)));
    return log1p(y.square().div(df)).mul(df.add(1)).mul(-0.5).sub(z);
  }

  override entropy(): Tensor {
    const { df, scale } = this;
    const [half, next] = [df.mul(0.5), df.add(1).mul(0.5)];
    const logBeta = lgamma(half)
      .add(0.5 * Math.log(Math.PI))
      .sub(lgamma(next));
    return scale
      .log()
      .add(next.mul(digamma(next).sub(digamma(half))))
      .add(df.log().mul(0.5))
      .add(logBeta);
  }

  protected override draw(shape: Shape): Tensor {
    const df = to(this.df, shape);
    const chi2 = gamma(df.mul(0.5)).mul(2);
    const t = randn(shape, { dtype: this.dtype }).mul(chi2.div(df).rsqrt());
    return this.loc.add(this.scale.mul(t));
  }
}
