/** @file The normal distribution of vectors. */
import {
  diagonal,
  eye,
  flip,
  linalg,
  randn,
  ShapeError,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { broadcast } from '../broadcast.js';
import { lowerCholesky, positiveDefinite, realVector, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import {
  floats,
  oneOf,
  parameterReader,
  to,
  type DistributionOptions,
  type Value,
} from './parameters.js';

/** The covariance `[…, n, n]`, in one of three forms. */
export type Covariance =
  | {
      /** The covariance matrix. */
      /** The covariance matrix. */
      readonly covarianceMatrix: Tensor;
    }
  | {
      /** The inverse of the covariance matrix. */
      /** The inverse of the covariance matrix. */
      readonly precisionMatrix: Tensor;
    }
  | {
      /** The lower triangular factor L, with covariance L Lᵀ. */
      /** The lower triangular factor L, with covariance L Lᵀ. */
      readonly scaleTril: Tensor;
    };

const read = parameterReader(['loc'], ['covarianceMatrix', 'precisionMatrix', 'scaleTril']);

/**
 * The normal distribution of vectors, with mean `loc` `[…, n]` and one of: a covariance matrix, its inverse
 * (`precisionMatrix`), or its lower Cholesky factor (`scaleTril`), which is the cheapest. PyTorch:
 * `distributions.MultivariateNormal`.
 *
 * @throws {ChainruleError} unless exactly one of the three is given, or if it is known and not positive definite.
 * @example new MultivariateNormal(zeros([2]), { covarianceMatrix: eye(2) }).logProb(zeros([2])) // −1.8379
 */
export class MultivariateNormal extends Distribution {
  /** The mean, `[…, n]`. */
  readonly loc: Tensor;
  /** The lower Cholesky factor of the covariance. */
  readonly scaleTril: Tensor;
  override readonly hasRsample = true;
  override readonly support: Constraint = realVector;

  constructor(
    ...given:
      | [loc: Tensor, covariance: Covariance & DistributionOptions]
      | [
          loc: Tensor,
          covarianceMatrix?: Tensor | undefined,
          precisionMatrix?: Tensor | undefined,
          scaleTril?: Tensor | undefined,
          options?: DistributionOptions,
        ]
      | [parameters: { readonly loc: Tensor } & Covariance & DistributionOptions]
  ) {
    const name = 'MultivariateNormal';
    const { loc, covarianceMatrix, precisionMatrix, scaleTril, validateArgs } = read(name, given);
    const form = oneOf(name, { covarianceMatrix, precisionMatrix, scaleTril });
    const matrix = (covarianceMatrix ?? precisionMatrix ?? scaleTril) as Value;
    const constraint = form === 'scaleTril' ? lowerCholesky : positiveDefinite;
    const p: Record<string, Tensor> = floats(
      name,
      { loc, [form]: matrix },
      { loc: realVector, [form]: constraint },
      validateArgs,
    );
    const [mean, given_] = [p.loc as Tensor, p[form] as Tensor];
    const n = mean.shape.at(-1) as number;
    if (given_.shape.at(-1) !== n || given_.shape.at(-2) !== n) {
      throw new ShapeError(
        `${name}: ${form} must be […, ${n}, ${n}] for a loc of shape [${mean.shape.join(', ')}], ` +
          `got [${given_.shape.join(', ')}]`,
      );
    }
    const factor =
      form === 'scaleTril'
        ? given_
        : form === 'covarianceMatrix'
          ? linalg.cholesky(given_)
          : factorOfInverse(given_);
    const batch = broadcast(name, mean.shape.slice(0, -1), factor.shape.slice(0, -2));
    super(batch, [n], validateArgs);
    this.loc = to(mean, [...batch, n]);
    this.scaleTril = to(factor, [...batch, n, n]);
  }

  override get dtype() {
    return this.loc.dtype;
  }

  /** The covariance matrix. */
  get covarianceMatrix(): Tensor {
    return this.scaleTril.matmul(this.scaleTril.transpose(-1, -2));
  }

  /** The inverse of the covariance matrix. */
  get precisionMatrix(): Tensor {
    return linalg.inv(this.covarianceMatrix);
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
    return this.scaleTril.square().sum(-1);
  }

  /** Half the logarithm of the covariance's determinant. */
  private get halfLogDet(): Tensor {
    return diagonal(this.scaleTril, 0, -2, -1).log().sum(-1);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const n = this.eventShape[0] as number;
    const distance = squaredLength(this.scaleTril, value.sub(this.loc));
    return distance
      .add(n * Math.log(2 * Math.PI))
      .mul(-0.5)
      .sub(this.halfLogDet);
  }

  override entropy(): Tensor {
    const n = this.eventShape[0] as number;
    return this.halfLogDet.add(0.5 * n * (1 + Math.log(2 * Math.PI)));
  }

  protected override draw(shape: Shape): Tensor {
    const noise = randn(shape, { dtype: this.dtype });
    return this.loc.add(this.scaleTril.matmul(noise.unsqueeze(-1)).squeeze(-1));
  }
}

/** `‖L⁻¹ x‖²` for `L […, n, n]` and `x […, n]`. */
export function squaredLength(factor: Tensor, x: Tensor): Tensor {
  const n = x.shape.at(-1) as number;
  const batch = broadcast('MultivariateNormal', x.shape.slice(0, -1), factor.shape.slice(0, -2));
  const solved = linalg.triangularSolve(
    to(factor, [...batch, n, n]),
    to(x, [...batch, n]).unsqueeze(-1),
    { upper: false },
  );
  return solved.square().sum([-2, -1]);
}

/** The Cholesky factor of a precision matrix's inverse, without inverting it. */
function factorOfInverse(precision: Tensor): Tensor {
  const flipped = linalg.cholesky(flip(precision, [-2, -1]));
  const inverse = flip(flipped, [-2, -1]).transpose(-1, -2);
  const n = precision.shape.at(-1) as number;
  return linalg.triangularSolve(
    inverse,
    to(eye(n, n, { dtype: precision.dtype }), precision.shape),
    {
      upper: false,
    },
  );
}
