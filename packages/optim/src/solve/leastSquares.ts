/** @file Nonlinear least squares: fitting a model to data, with the uncertainty of the parameters. */
import {
  add,
  ChainruleError,
  checkArgument,
  closureConvert,
  defineOptions,
  display,
  full,
  grad,
  jacfwd,
  kinds,
  linalg,
  mul,
  ShapeError,
  square,
  sub,
  sum,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { implicit, MIN_MATRIX_FREE } from './implicit.js';
import { minimizeResiduals, type Model, type Reason } from './levenbergMarquardt.js';
import { iterationKinds, type IterationOptions } from './options.js';
import { polished } from './equations.js';
import { Reporter, withReport } from './report.js';
import {
  evaluator,
  isFiniteVector,
  ravel,
  ravelResult,
  show,
  tensorOf,
  vectorOf,
  type Ravelled,
  type Vector,
} from './vector.js';

/** Options of {@link leastSquares}. */
export interface LeastSquaresOptions<T = Tensor> extends IterationOptions {
  /** Levenberg–Marquardt (`'lm'`, the default) or Gauss–Newton (`'gn'`). */
  readonly method?: 'lm' | 'gn';
  /** The smallest and the largest value: numbers, or trees like `x0` with one for each element; ±Infinity for none. */
  readonly bounds?: readonly [lower: number | T, upper: number | T];
  /**
   * The tolerance of the cost: done when a step lowers it by at most this share, as predicted. Default 0: the other
   * two decide.
   */
  readonly ftol?: number;
  /** The tolerance of `x`: done when a step is at most this share of it. Default 1e-12, for float32 1e-6. */
  readonly xtol?: number;
  /**
   * The tolerance of the gradient: done when the cosine between the residuals and each column of the Jacobian is at
   * most this. Default 1e-15 (1e-7).
   */
  readonly gtol?: number;
}

const leastSquaresOptions = defineOptions<LeastSquaresOptions<unknown>>({
  ...iterationKinds,
  method: kinds.oneOf('lm', 'gn'),
  bounds: kinds.kind('be [lower, upper]', (b) => Array.isArray(b) && b.length === 2),
  ftol: kinds.nonNegative,
  xtol: kinds.nonNegative,
  gtol: kinds.nonNegative,
});

/** The result of {@link leastSquares}. */
export interface LeastSquaresResult<T = Tensor> {
  /** The solution, of the same structure as the start. */
  readonly x: T;
  /** Half the sum of the squared residuals. */
  readonly cost: Tensor;
  /** All residuals in one vector, [m]. */
  readonly residuals: Tensor;
  /** Their derivatives with respect to all parameters, [m, n]. */
  readonly jacobian: Tensor;
  /**
   * The covariance of the parameters, [n, n]: `s² · (JᵀJ)⁻¹` with `s² = 2 · cost / (m − n)`; the square roots of its
   * diagonal are the standard deviations. NaN where there are no more residuals than parameters.
   */
  readonly covariance: Tensor;
  /** The number of iterations. */
  readonly iterations: number;
  /** Whether a tolerance was met. */
  readonly converged: boolean;
  /** Why it ended; `'rounding'` if the cost no longer tells steps apart. */
  readonly reason: Reason;
}

/**
 * Finds the `x` for which half the sum of squares of `f(x)` is smallest, as curves are fitted: `f` gives the
 * residuals, a tensor or a tree, of a tensor or a tree of parameters.
 *
 * `method: 'lm'` (default) is Levenberg–Marquardt, `'gn'` Gauss–Newton with steps halved until they help. Jacobians
 * are exact derivatives. `bounds` keep parameters within a box.
 *
 * Everything in the result is differentiable with respect to all that `f` captures (data, weights, other
 * parameters), in both modes, to any order and inside `vmap`, by the implicit function theorem with the exact
 * Hessian. Parameters at a bound stay there.
 *
 * Use float64: `tensor(Float64Array.of(…))`. Defaults: maxIterations 10,000, tolerances near the rounding error. SciPy:
 * `scipy.optimize.least_squares` and `curve_fit`, whose defaults stop at 8 digits of the cost.
 * @throws {ChainruleError} if `f` reads values, is not finite at `x0`, if a lower bound is above the upper or `x0`
 * outside, or it does not converge, unless `strict` is false.
 * @example
 * const fit = leastSquares(({ a, b }) => a.mul(t.mul(b).exp()).sub(y), { a: scalar64(1), b: scalar64(-1) });
 * fit.x.b.item(); // the rate
 * fit.covariance.diag().sqrt(); // and how well it is known
 */
export function leastSquares<T = Tensor>(
  f: (x: T) => unknown,
  x0: T,
  options?: LeastSquaresOptions<T>,
): LeastSquaresResult<T> {
  const name = 'leastSquares';
  checkArgument(name, 'f', f, kinds.callable);
  const given = ravel(name, 'x0', x0);
  const { vector, unravel, size, dtype } = given;
  const wide = dtype === 'float64';
  const {
    method = 'lm',
    bounds,
    ftol = 0,
    xtol = wide ? 1e-12 : 1e-6,
    gtol = wide ? 1e-15 : 1e-7,
    maxIterations = 10_000,
    strict = true,
  } = leastSquaresOptions(name, options) as LeastSquaresOptions<T>;
  const limits = { ftol, xtol, gtol, noise: wide ? 1e-11 : 1e-5, maxIterations };
  const box = boxOf(given, bounds);
  const [residualsOf, captured] = closureConvert(
    (v: Tensor) => ravelResult(name, f(unravel(v)), v),
    vector,
  );
  const at = (others: readonly Tensor[]) => (v: Tensor) => residualsOf([v], others);
  const both = evaluator((v, ...others) => [at(others)(v), jacfwd(at(others))(v)]);
  const slope = (v: Tensor, others: readonly Tensor[]): Tensor =>
    grad((x: Tensor) => mul(sum(square(at(others)(x))), 0.5))(v);
  const reporter = new Reporter<{ iterations: number; converged: boolean; reason: Reason }>({
    iterations: 0,
    converged: false,
    reason: 'xtol',
  });
  const solve = (start: Tensor, others: readonly Tensor[]): Tensor[] => {
    const x = vectorOf(start);
    const evaluate = (v: Vector): Model => {
      const [r, J] = both(tensorOf(v, dtype), ...others) as [Vector, Vector];
      return { r, J };
    };
    checkInside(x, box);
    const model = evaluate(x);
    if (!isFiniteVector(model.r) || !isFiniteVector(model.J)) {
      const what = isFiniteVector(model.r) ? 'Jacobian is' : 'residuals are';
      throw new ChainruleError(`${name}: the ${what} not finite at x0 = ${show(x)}`);
    }
    const fit = minimizeResiduals(evaluate, { x, model }, { ...limits, ...box }, method === 'lm');
    const converged = fit.reason !== 'maxIterations' && fit.reason !== 'stalled';
    if (!converged && strict) throw notConverged(fit.iterations, fit.reason, fit.x);
    reporter.found = { iterations: fit.iterations, converged, reason: fit.reason };
    const free = Float64Array.from(fit.free, Number);
    const sharpened =
      converged && others.length > 0 && size <= MIN_MATRIX_FREE
        ? sharpen(fit.x, free, others)
        : fit.x;
    return [tensorOf(sharpened, dtype), tensorOf(free, dtype)];
  };
  // At the solution the gradient of the cost is 0; for a parameter held at a bound, its change is 0 instead.
  const equation = (
    v: Tensor,
    others: readonly Tensor[],
    [free, held]: readonly Tensor[],
  ): Tensor =>
    add(mul(slope(v, others), free as Tensor), mul(sub(v, held as Tensor), sub(1, free as Tensor)));
  const newton = evaluator((v, free, ...others) => {
    const F = (x: Tensor): Tensor => equation(x, others, [free, v]);
    return [F(v), jacfwd(F)(v)];
  });
  const sharpen = (x: Vector, free: Vector, others: readonly Tensor[]): Vector => {
    const mask = tensorOf(free, dtype);
    return polished(
      { both: (v) => newton(tensorOf(v, dtype), mask, ...others) as [Vector, Vector] },
      x,
    );
  };
  const x = implicit({
    name,
    equation: (v, others, [free]) => equation(v, others, [free as Tensor, v.detach()]),
    captured,
    x0: vector.detach(),
    solve,
    like: [vector, vector],
  });
  const residuals = residualsOf([x], captured);
  const jacobian = jacfwd(at(captured))(x);
  const cost = mul(sum(square(residuals)), 0.5);
  const covariance = covarianceOf(jacobian, cost);
  return withReport(name, { x: unravel(x), cost, residuals, jacobian, covariance }, reporter);
}

/**
 * By a QR factorization of the Jacobian with columns scaled to length 1: `(JᵀJ)⁻¹ = S·R⁻¹·R⁻ᵀ·S`, without squaring the
 * condition number.
 */
function covarianceOf(J: Tensor, cost: Tensor): Tensor {
  const [m = 0, n = 0] = J.shape;
  if (m <= n) return full([n, n], NaN, { dtype: J.dtype });
  const scale = sum(square(J), 0).sqrt().reciprocal();
  const { R } = linalg.qr(J.mul(scale));
  const inverse = linalg.inv(R).mul(scale.unsqueeze(1));
  return inverse.matmul(inverse.t()).mul(cost.mul(2 / (m - n)));
}

interface Box {
  readonly lower: Vector;
  readonly upper: Vector;
}

function boxOf<T>(
  { size }: Ravelled<T>,
  bounds: readonly [number | T, number | T] | undefined,
): Box {
  const side = (which: string, given: number | T | undefined, none: number): Vector => {
    if (given === undefined) return new Float64Array(size).fill(none);
    if (typeof given === 'number') return new Float64Array(size).fill(given);
    const { vector } = ravel('leastSquares', `the ${which} bound`, given);
    if (vector.size !== size) {
      throw new ShapeError(
        `leastSquares: the ${which} bound has size ${vector.size}, x0 ${size}; they must be equal`,
      );
    }
    return vectorOf(vector);
  };
  const lower = side('lower', bounds?.[0], -Infinity);
  const upper = side('upper', bounds?.[1], Infinity);
  const wrong = lower.findIndex((l, j) => !(l <= (upper[j] as number)));
  if (wrong >= 0) {
    throw new ChainruleError(
      `leastSquares: the lower bound of parameter ${wrong}, ${display(lower[wrong])}, is not below the upper, ${display(upper[wrong])}`,
    );
  }
  return { lower, upper };
}

function checkInside(x: Vector, { lower, upper }: Box): void {
  const outside = x.findIndex((v, j) => !(v >= (lower[j] as number) && v <= (upper[j] as number)));
  if (outside >= 0) {
    throw new ChainruleError(
      `leastSquares: x0 is outside of the bounds: parameter ${outside} is ${x[outside]}, not within ` +
        `[${lower[outside]}, ${upper[outside]}]`,
    );
  }
}

function notConverged(iterations: number, reason: Reason, x: Vector): ChainruleError {
  const why =
    reason === 'stalled'
      ? 'no step lowers the cost any more, and the gradient is not 0'
      : 'maxIterations was reached';
  return new ChainruleError(
    `leastSquares: not converged after ${iterations} iterations: ${why} (at x = ${show(x)}); start closer, give more ` +
      `maxIterations, or pass { strict: false } to accept it`,
  );
}
