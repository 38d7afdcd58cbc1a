/**
 * @file Student's t distribution. Samples come from a pair of normal variables whose radius r is replaced by `√(df · expm1(r²
 * / df))` (R. W. Bailey, "Polar generation of random variates with the t-distribution", 1994), so the heavy tail extends as
 * far as numbers go.
 */
import { randn, where, type Shape, type Tensor } from '@chainrule/autograd';
import { positive, real, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import { log1pOfSquare } from './log1pOfSquare.js';
import {
  broadcastAll,
  parameterReader,
  to,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';
import { digammaHalfStep, logGammaHalfStep } from './stirling.js';

const readStudent = parameterReader(['df'], ['loc', 'scale']);

/**
 * Student's t-distribution with `df > 0` degrees of freedom, shifted by `loc` (default 0) and scaled by `scale`
 * (default 1). PyTorch: `distributions.StudentT`.
 *
 * @example new StudentT(4).variance // 2
 */
export class StudentT extends Distribution {
  /** The degrees of freedom. */
  readonly df: Tensor;
  /** The location. */
  readonly loc: Tensor;
  /** The scale. */
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

  /** The mean; NaN for one degree of freedom or fewer. */
  override get mean(): Tensor {
    return where(this.df.le(1), NaN, this.loc);
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** The variance; infinite for two degrees of freedom or fewer, NaN for one or fewer. */
  override get variance(): Tensor {
    const { df, scale } = this;
    const finite = df.gt(2);
    // The branch that is not taken gets a df that does not divide by 0.
    const safe = where(finite, df, 3);
    const variance = scale.square().mul(safe).div(safe.sub(2));
    return where(finite, variance, where(df.gt(1), Infinity, NaN));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { df, loc, scale } = this;
    const y = value.sub(loc).div(scale);
    const z = scale.log().add(logGammaHalfStep(df.mul(0.5)).add(0.5 * Math.log(2 * Math.PI)));
    return log1pOfSquare(y.mul(df.rsqrt())).mul(df.add(1)).mul(-0.5).sub(z);
  }

  override entropy(): Tensor {
    const { df, scale } = this;
    const half = df.mul(0.5);
    return scale
      .log()
      .add(half.add(0.5).mul(digammaHalfStep(half)))
      .add(logGammaHalfStep(half).add(0.5 * Math.log(2 * Math.PI)));
  }

  protected override draw(shape: Shape): Tensor {
    const { dtype } = this;
    const [x, y] = [randn(shape, { dtype }), randn(shape, { dtype })];
    const a = x.square().add(y.square()).div(to(this.df, shape).mul(2)).clampMin(LEAST);
    // Multiplied in two halves, so that nothing overflows unless the result does.
    const half = a.mul(0.5).exp();
    const double = a.mul(-2);
    const t = x.mul(half).mul(double.expm1().div(double).sqrt()).mul(half);
    return this.loc.add(this.scale.mul(t));
  }
}

/** So small that `expm1(x) / x` is 1. */
const LEAST = 2 ** -100;
