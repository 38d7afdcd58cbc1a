/** @file The uniform and the exponential distribution. */
import {
  ChainruleError,
  clamp,
  log1p,
  peek,
  rand,
  where,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { nonnegative, positive, real, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastAll,
  broadcastReader,
  parameterReader,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';

const readUniform = parameterReader(['low', 'high']);

/**
 * The uniform distribution on [low, high). The log-probability of a value outside is −∞; PyTorch's
 * `distributions.Uniform` refuses such values.
 *
 * @throws {ChainruleError} unless low < high.
 * @example new Uniform(0, 2).logProb(1) // −0.6931
 */
export class Uniform extends Distribution {
  /** The lower bound. */
  readonly low: Tensor;
  /** The upper bound, which is never drawn. */
  readonly high: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = real;

  constructor(
    ...given:
      [low: Value, high: Value, options?: DistributionOptions] | [parameters: Given<'low' | 'high'>]
  ) {
    const { low, high, validateArgs } = readUniform('Uniform', given);
    const p = broadcastAll('Uniform', { low, high }, { low: real, high: real }, validateArgs);
    super(p.low.shape, [], validateArgs);
    this.low = p.low;
    this.high = p.high;
    if (validateArgs !== false) {
      const [a, b] = [low, high].map((x) => (typeof x === 'number' ? [x] : peek(x)));
      if (validateArgs === true) p.high.gt(p.low).all().item();
      const n = Math.max(a?.length ?? 0, b?.length ?? 0);
      const plain = (x: ArrayLike<number>): boolean => x.length === 1 || x.length === n;
      for (let i = 0; a != null && b != null && plain(a) && plain(b) && i < n; i++) {
        const [x, y] = [a[a.length === 1 ? 0 : i] as number, b[b.length === 1 ? 0 : i] as number];
        if (!(x < y))
          throw new ChainruleError(`Uniform: low must be less than high, got ${x} and ${y}`);
      }
    }
  }

  override get dtype() {
    return this.low.dtype;
  }

  private get width(): Tensor {
    return this.high.sub(this.low);
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.high.add(this.low).div(2);
  }

  /** NaN: all values are equally likely. */
  override get mode(): Tensor {
    return this.high.broadcastTo(this.batchShape).mul(NaN);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.width.square().div(12);
  }

  override get stddev(): Tensor {
    return this.width.div(Math.sqrt(12));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const inside = value.ge(this.low).logicalAnd(value.lt(this.high));
    return where(inside, this.width.log().neg(), -Infinity);
  }

  protected override cdfOf(value: Tensor): Tensor {
    return clamp(value.sub(this.low).div(this.width), 0, 1);
  }

  protected override icdfOf(p: Tensor): Tensor {
    return this.low.add(p.mul(this.width));
  }

  override entropy(): Tensor {
    return this.width.log();
  }

  protected override draw(shape: Shape): Tensor {
    return this.low.add(rand(shape, { dtype: this.dtype }).mul(this.width));
  }
}

const readExponential = broadcastReader({ rate: positive });

/**
 * The exponential distribution: density `rate · e^(−rate · x)` for x ≥ 0, with `rate > 0`. PyTorch:
 * `distributions.Exponential`.
 *
 * @throws {ChainruleError} for a rate that is not positive.
 * @example new Exponential(2).mean // 0.5
 */
export class Exponential extends Distribution {
  /** The rate: the inverse of the mean. */
  readonly rate: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = nonnegative;

  constructor(
    ...given: [rate: Value, options?: DistributionOptions] | [parameters: Given<'rate'>]
  ) {
    const { rate, validateArgs } = readExponential('Exponential', given);
    super(rate.shape, [], validateArgs);
    this.rate = rate;
  }

  override get dtype() {
    return this.rate.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.rate.reciprocal();
  }

  override get mode(): Tensor {
    return this.rate.mul(0);
  }

  override get stddev(): Tensor {
    return this.rate.reciprocal();
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.rate.square().reciprocal();
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.rate.log().sub(this.rate.mul(value));
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.rate.mul(value).neg().expm1().neg();
  }

  protected override icdfOf(p: Tensor): Tensor {
    return log1p(p.neg()).neg().div(this.rate);
  }

  override entropy(): Tensor {
    return this.rate.log().neg().add(1);
  }

  protected override draw(shape: Shape): Tensor {
    return log1p(rand(shape, { dtype: this.dtype }).neg())
      .neg()
      .div(this.rate);
  }
}
