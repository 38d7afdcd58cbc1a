/** @file Minima of functions: L-BFGS, Newton-CG and Nelder–Mead. */
import {
  ChainruleError,
  checkArgument,
  closureConvert,
  defineOptions,
  grad,
  hvp,
  jacfwd,
  kinds,
  valueAndGrad,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { lbfgs, newtonCG, type Slope } from './descent.js';
import { polished } from './equations.js';
import { implicit, MIN_MATRIX_FREE } from './implicit.js';
import { nelderMead } from './nelderMead.js';
import { iterationKinds, type IterationOptions } from './options.js';
import { Reporter, withReport } from './report.js';
import {
  evaluator,
  isFiniteVector,
  ravel,
  show,
  single,
  tensorOf,
  vectorOf,
  type Vector,
} from './vector.js';

/** Options of {@link minimize}. */
export interface MinimizeOptions extends IterationOptions {
  /** The method. Default `'lbfgs'`. */
  readonly method?: 'lbfgs' | 'newton-cg' | 'nelder-mead';
  /**
   * Done when no element of the gradient is larger than this, times the function's own size where that stays above
   * 1; for Nelder–Mead when all corners of the simplex agree to it. Default 1e-8, for float32 1e-4.
   */
  readonly tol?: number;
}

const minimizeOptions = defineOptions<MinimizeOptions>({
  ...iterationKinds,
  method: kinds.oneOf('lbfgs', 'newton-cg', 'nelder-mead'),
  tol: kinds.nonNegative,
});

/** The number of refinement steps with Hessian products. */
const POLISHING = 5;

/** The result of {@link minimize}. */
export interface MinimizeResult<T = Tensor> {
  /** The solution, of the same structure as the start. */
  readonly x: T;
  /** The minimum, f(x). */
  readonly value: Tensor;
  /** The gradient there, like `x`. */
  readonly gradient: T;
  /** The number of iterations. */
  readonly iterations: number;
  /** Whether the tolerance was met. */
  readonly converged: boolean;
}

/**
 * Finds a local minimum of a function from a tensor or a tree of tensors to a single number.
 *
 * `method: 'lbfgs'` (default) remembers 20 past steps and searches along lines; `'newton-cg'` uses products with the
 * exact Hessian within a trust region, and escapes saddle points; `'nelder-mead'` needs only values, for few parameters
 * and functions with kinks.
 *
 * The result is differentiable with respect to all that `f` captures, in both modes, to any order and inside `vmap`,
 * by the implicit function theorem for `∇f(x) = 0`, for bilevel problems and hyperparameters. A solution that may be
 * differentiated is first refined by Newton's method, of more than 512 parameters by products with the Hessian.
 *
 * Defaults: tol 1e-8 (float32 1e-4), maxIterations 10,000. SciPy: `scipy.optimize.minimize`. For networks and
 * mini-batches see the optimizers.
 * @throws {ChainruleError} if `f` reads values, is not finite at `x0`, or does not converge, unless `strict` is false.
 * @example
 * const { x } = minimize((x) => x.sub(target).square().sum().add(x.abs().sum()), zeros([3], { dtype: 'float64' }));
 */
export function minimize<T = Tensor>(
  f: (x: T) => Tensor,
  x0: T,
  options?: MinimizeOptions,
): MinimizeResult<T> {
  const name = 'minimize';
  checkArgument(name, 'f', f, kinds.callable);
  const { vector, unravel, size, dtype } = ravel(name, 'x0', x0);
  const {
    method = 'lbfgs',
    tol = dtype === 'float64' ? 1e-8 : 1e-4,
    maxIterations = 10_000,
    strict = true,
  } = minimizeOptions(name, options);
  const noise = dtype === 'float64' ? 1e-12 : 1e-6;
  const [F, captured] = closureConvert((v: Tensor) => single(name, f(unravel(v)), v), vector);
  const at = (others: readonly Tensor[]) => (v: Tensor) => F([v], others);
  const slope = (v: Tensor, others: readonly Tensor[]): Tensor => grad(at(others))(v);
  const value = evaluator((v, ...others) => [at(others)(v)]);
  const both = evaluator((v, ...others) => valueAndGrad(at(others))(v));
  const curve = evaluator((v, d, ...others) => [hvp(at(others), v, d)[1]]);
  const newton = evaluator((v, ...others) => {
    const g = (x: Tensor): Tensor => slope(x, others);
    return [g(v), jacfwd(g)(v)];
  });
  const reporter = new Reporter({ iterations: 0, converged: false });
  const solve = (start: Tensor, others: readonly Tensor[]): Tensor[] => {
    const x = vectorOf(start);
    const valueAt = (v: Vector): number => value(tensorOf(v, dtype), ...others)[0]?.[0] as number;
    const slopeAt: Slope = {
      at: (v) => {
        const [y, g] = both(tensorOf(v, dtype), ...others) as [Vector, Vector];
        return { f: y[0] as number, g };
      },
      curve: (v, d) => curve(tensorOf(v, dtype), tensorOf(d, dtype), ...others)[0] as Vector,
    };
    checkStart(x, valueAt(x), method === 'nelder-mead' ? null : () => slopeAt.at(x).g);
    const found =
      method === 'nelder-mead'
        ? nelderMead(valueAt, x, tol, maxIterations)
        : (method === 'lbfgs' ? lbfgs : newtonCG)(slopeAt, x, { tol, maxIterations, noise });
    const { iterations, converged } = found;
    if (!converged && strict) {
      throw new ChainruleError(
        `${name}: not converged after ${iterations} iterations (at x = ${show(found.x)}, where the function is ` +
          `${valueAt(found.x)}); is it bounded below? Give more maxIterations, a larger tol, or { strict: false } to accept it`,
      );
    }
    reporter.found = { iterations, converged };
    if (!converged || others.length === 0) return [tensorOf(found.x, dtype)];
    // A derivative is only as exact as the solution.
    const system = {
      both: (v: Vector) => newton(tensorOf(v, dtype), ...others) as [Vector, Vector],
    };
    const sharpened =
      size <= MIN_MATRIX_FREE
        ? polished(system, found.x)
        : newtonCG(slopeAt, found.x, { tol: 0, maxIterations: POLISHING, noise }).x;
    return [tensorOf(sharpened, dtype)];
  };
  const x = implicit({
    name,
    equation: (v, others) => slope(v, others),
    captured,
    x0: vector.detach(),
    solve,
    like: [vector],
  });
  const gradient = unravel(slope(x, captured));
  return withReport(name, { x: unravel(x), value: at(captured)(x), gradient }, reporter);
}

function checkStart(x: Vector, f: number, gradient: (() => Vector) | null): void {
  if (!Number.isFinite(f)) {
    throw new ChainruleError(`minimize: the function is ${f} at x0 = ${show(x)}`);
  }
  const g = gradient?.();
  if (g !== undefined && !isFiniteVector(g)) {
    throw new ChainruleError(`minimize: the gradient is not finite at x0 = ${show(x)}: ${show(g)}`);
  }
}
