/** @file The normal distribution, and that of its absolute value. */
import {
  erf,
  erfc,
  erfinv,
  randn,
  special,
  where,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { nonnegative, positive, real, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import { broadcastReader, type DistributionOptions, type Given, type Value } from './parameters.js';

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);
const readNormal = broadcastReader({ loc: real, scale: positive });

/**
 * The normal distribution with mean `loc` and standard deviation `scale > 0`. PyTorch: `distributions.Normal`.
 * @throws {ChainruleError} for a scale that is not positive.
 * @example new Normal(0, 1).logProb(0) // −0.9189
 */
export class Normal extends Distribution {
  /** The mean. */
  readonly loc: Tensor;
  /** The scale: how wide the distribution is. */
  readonly scale: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = real;

  constructor(
    ...given:
      | [loc: Value, scale: Value, options?: DistributionOptions]
      | [parameters: Given<'loc' | 'scale'>]
  ) {
    const { loc, scale, validateArgs } = readNormal('Normal', given);
    super(loc.shape, [], validateArgs);
    this.loc = loc;
    this.scale = scale;
  }

  override get dtype() {
    return this.loc.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.loc;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.scale.square();
  }

  override get stddev(): Tensor {
    return this.scale;
  }

  private standardized(value: Tensor): Tensor {
    return value.sub(this.loc).div(this.scale);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const z = this.standardized(value);
    return z.square().mul(-0.5).sub(this.scale.log()).sub(HALF_LOG_TAU);
  }

  protected override cdfOf(value: Tensor): Tensor {
    return erfc(this.standardized(value).mul(-Math.SQRT1_2)).mul(0.5);
  }

  protected override icdfOf(p: Tensor): Tensor {
    return this.loc.add(this.scale.mul(special.ndtri(p)));
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + HALF_LOG_TAU);
  }

  protected override draw(shape: Shape): Tensor {
    return this.loc.add(this.scale.mul(randn(shape, { dtype: this.dtype })));
  }
}

const readHalfNormal = broadcastReader({ scale: positive });

/**
 * The distribution of `|x|`, with x normal of mean 0 and standard deviation `scale > 0`. PyTorch:
 * `distributions.HalfNormal`.
 * @example new HalfNormal(1).mean // 0.7979
 */
export class HalfNormal extends Distribution {
  /** The scale: how wide the distribution is. */
  readonly scale: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = nonnegative;

  constructor(
    ...given: [scale: Value, options?: DistributionOptions] | [parameters: Given<'scale'>]
  ) {
    const { scale, validateArgs } = readHalfNormal('HalfNormal', given);
    super(scale.shape, [], validateArgs);
    this.scale = scale;
  }

  override get dtype() {
    return this.scale.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.scale.mul(Math.sqrt(2 / Math.PI));
  }

  override get mode(): Tensor {
    return this.scale.mul(0);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.scale.square().mul(1 - 2 / Math.PI);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const z = value.div(this.scale);
    const density = z
      .square()
      .mul(-0.5)
      .sub(this.scale.log())
      .sub(HALF_LOG_TAU - Math.LN2);
    return where(value.ge(0), density, -Infinity);
  }

  protected override cdfOf(value: Tensor): Tensor {
    return erf(value.div(this.scale).mul(Math.SQRT1_2));
  }

  protected override icdfOf(p: Tensor): Tensor {
    return this.scale.mul(erfinv(p)).mul(Math.SQRT2);
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + HALF_LOG_TAU - Math.LN2);
  }

  protected override draw(shape: Shape): Tensor {
    return randn(shape, { dtype: this.dtype }).mul(this.scale).abs();
  }
}
