/** @file Further distributions with a location and a scale: Laplace, Cauchy, Gumbel. */
import { atan2, tan, where, type Shape, type Tensor } from '@chainrule/autograd';
import { positive, real, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import { log1pOfSquare } from './log1pOfSquare.js';
import { broadcastReader, type DistributionOptions, type Given, type Value } from './parameters.js';

const read = broadcastReader({ loc: real, scale: positive });

type LocationScaleArguments =
  [loc: Value, scale: Value, options?: DistributionOptions] | [parameters: Given<'loc' | 'scale'>];

/** The distribution of `loc + scale · z`, where z has a fixed distribution. */
abstract class LocationScale extends Distribution {
  /** The location. */
  readonly loc: Tensor;
  /** The scale. */
  readonly scale: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = real;

  constructor(...given: LocationScaleArguments) {
    const { loc, scale, validateArgs } = read(new.target.name, given);
    super(loc.shape, [], validateArgs);
    this.loc = loc;
    this.scale = scale;
  }

  override get dtype() {
    return this.loc.dtype;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** `z` for a value. */
  protected standardized(value: Tensor): Tensor {
    return value.sub(this.loc).div(this.scale);
  }

  /** The value for `z`. */
  protected placed(z: Tensor): Tensor {
    return this.loc.add(this.scale.mul(z));
  }
}

/**
 * The Laplace distribution: density `e^(−|x − loc| / scale) / (2 scale)`, with `scale > 0`. PyTorch:
 * `distributions.Laplace`.
 * @example new Laplace(0, 1).logProb(tensor([0, 1])) // [-0.6931, -1.6931]
 */
export class Laplace extends LocationScale {
  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.loc;
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.scale.square().mul(2);
  }

  override get stddev(): Tensor {
    return this.scale.mul(Math.SQRT2);
  }

  protected override logProbOf(value: Tensor): Tensor {
    return value.sub(this.loc).abs().div(this.scale).add(this.scale.mul(2).log()).neg();
  }

  protected override cdfOf(value: Tensor): Tensor {
    const z = this.standardized(value);
    // Computed from the smaller of the two tails, so that neither is 1 minus a number close to 1.
    const tail = z.abs().neg().exp().mul(0.5);
    return where(z.lt(0), tail, tail.neg().add(1));
  }

  protected override icdfOf(p: Tensor): Tensor {
    const tail = where(p.lt(0.5), p, p.neg().add(1));
    return this.placed(p.neg().add(0.5).sign().mul(tail.mul(2).log()));
  }

  override entropy(): Tensor {
    return this.scale.mul(2).log().add(1);
  }

  protected override draw(shape: Shape): Tensor {
    return this.icdfOf(this.uniform(shape));
  }
}

/**
 * The Cauchy distribution: density `1 / (π scale (1 + ((x − loc) / scale)²))`. The mean is NaN, the variance
 * infinite. PyTorch: `distributions.Cauchy`.
 * @example new Cauchy(0, 1).cdf(tensor([0, 1])) // [0.5, 0.75]
 */
export class Cauchy extends LocationScale {
  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.filled(NaN);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.filled(Infinity);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const z = this.standardized(value);
    return log1pOfSquare(z).add(this.scale.log()).add(Math.log(Math.PI)).neg();
  }

  protected override cdfOf(value: Tensor): Tensor {
    // As an angle from 0 to π, so that the lower tail is not ½ minus a number close to ½.
    return atan2(this.scale, this.loc.sub(value)).div(Math.PI);
  }

  protected override icdfOf(p: Tensor): Tensor {
    const lower = p.lt(0.5);
    const tail = where(lower, p, p.neg().add(1));
    const far = tan(tail.mul(Math.PI)).reciprocal();
    const near = tan(p.sub(0.5).mul(Math.PI));
    return this.placed(where(tail.gt(0.25), near, where(lower, far.neg(), far)));
  }

  override entropy(): Tensor {
    return this.scale.log().add(Math.log(4 * Math.PI));
  }

  protected override draw(shape: Shape): Tensor {
    return this.icdfOf(this.uniform(shape));
  }
}

const EULER = 0.57721566490153286060651209008240243;

/**
 * The Gumbel distribution, of largest values: `cdf(x) = e^(−e^(−(x − loc) / scale))`. PyTorch:
 * `distributions.Gumbel`.
 * @example new Gumbel(0, 1).mean // 0.5772
 */
export class Gumbel extends LocationScale {
  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.loc.add(this.scale.mul(EULER));
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.stddev.square();
  }

  override get stddev(): Tensor {
    return this.scale.mul(Math.PI / Math.sqrt(6));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const y = this.standardized(value).neg();
    return y.sub(y.exp()).sub(this.scale.log());
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.standardized(value).neg().exp().neg().exp();
  }

  protected override icdfOf(p: Tensor): Tensor {
    return this.placed(p.log().neg().log().neg());
  }

  override entropy(): Tensor {
    return this.scale.log().add(1 + EULER);
  }

  protected override draw(shape: Shape): Tensor {
    return this.icdfOf(this.uniform(shape));
  }
}
