/** @file Roots of systems of equations: Newton's and Broyden's method. */
import { checkArgument, defineOptions, kinds } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { dot } from '../lbfgs/vector.js';
import { norm, plus, relativeChange, solveDense, times, transposedTimes } from './dense.js';
import {
  backtrack,
  solveEquations,
  type Iterate,
  type Solution,
  type System,
} from './equations.js';
import { iterationKinds, type IterationOptions } from './options.js';
import { isFiniteVector, type Vector } from './vector.js';

/** Options of {@link root}. */
export interface RootOptions extends IterationOptions {
  /** How the next point is chosen. */
  readonly method?: 'newton' | 'broyden';
  /** Done when the step last made is at most this, relative to `1 + |x|`. Default 1e-10, for float32 1e-5. */
  readonly tol?: number;
}

const rootOptions = defineOptions<RootOptions>({
  ...iterationKinds,
  method: kinds.oneOf('newton', 'broyden'),
  tol: kinds.nonNegative,
});

/**
 * Finds `x` with `f(x) = 0`, for a function from a tensor or a tree of tensors to as many numbers.
 *
 * `method: 'newton'` (default) solves with the Jacobian at every step, and takes shorter steps where a whole one makes
 * the residual larger; `'broyden'` (Broyden 1965) computes one Jacobian and updates its inverse. The step that is at
 * most `tol` is still made, so the error is about the size of the step after it.
 *
 * The result is differentiable with respect to all that `f` captures, parameters and tensors alike, in both modes, to
 * any order and inside `vmap`, by the implicit function theorem: no iterations are stored. It does not depend on `x0`.
 * Up to 512 unknowns a derivative forms the Jacobian, beyond it solves by GMRES.
 *
 * Defaults: tol 1e-10 (float32 1e-5), maxIterations 100 (Broyden 200). SciPy: `scipy.optimize.root`.
 * @throws {ChainruleError} if `f` reads values (write choices with `where`), is not finite at `x0`, has a singular Jacobian on
 * the way, or does not converge, unless `strict` is false. @throws {ShapeError} if it returns another number of numbers.
 * @example
 * const a = new Parameter(scalar(2, { dtype: 'float64' }));
 * const { x } = root((x) => x.square().sub(a), scalar(1, { dtype: 'float64' })); // √2
 * x.backward(); // a.grad: 1 / (2 · √2)
 */
export function root<T = Tensor>(f: (x: T) => unknown, x0: T, options?: RootOptions): Solution<T> {
  checkArgument('root', 'f', f, kinds.callable);
  const { method = 'newton', tol, maxIterations, strict = true } = rootOptions('root', options);
  const limit = maxIterations ?? (method === 'newton' ? 100 : 200);
  return solveEquations(
    'root',
    f,
    x0,
    (_x, y) => y,
    { strict, polishes: method === 'broyden' },
    (system, x) => (method === 'newton' ? newton : broyden)(system, x, tol ?? system.tol, limit),
  );
}

function newton(system: System, x0: Vector, tol: number, maxIterations: number): Iterate {
  let x = x0;
  let trouble = 'maxIterations was reached';
  let [F, J] = system.both(x);
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    if (norm(F) === 0) return { x, iterations, converged: true, trouble };
    const step = solveDense(J, F);
    if (step === null || !isFiniteVector(step)) {
      return { x, iterations, converged: false, trouble: 'the Jacobian is singular' };
    }
    const change = relativeChange(step, x);
    const next = plus(x, -1, step);
    if (change <= tol) return { x: next, iterations: iterations + 1, converged: true, trouble };
    const [after, jacobian] = system.both(next);
    if (isFiniteVector(after) && norm(after) < norm(F)) {
      [x, F, J] = [next, after, jacobian];
      continue;
    }
    const found = backtrack(
      system,
      x,
      F,
      step.map((v) => -v),
    );
    if (found === null) {
      trouble = `no step along Newton's direction makes the residual ${norm(F).toPrecision(3)} smaller`;
      // The residual is only the rounding error of f itself.
      const atRest = change <= Math.sqrt(tol) * 1e-1;
      return { x: atRest ? next : x, iterations, converged: atRest, trouble };
    }
    x = found.x;
    [F, J] = system.both(x);
  }
  return { x, iterations: maxIterations, converged: false, trouble };
}

function broyden(system: System, x0: Vector, tol: number, maxIterations: number): Iterate {
  const n = system.size;
  let x = x0;
  let trouble = 'maxIterations was reached';
  let [F] = system.both(x);
  let inverse = inverseOf(system.both(x)[1], n);
  let isFresh = true;
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    if (norm(F) === 0) return { x, iterations, converged: true, trouble };
    if (inverse === null)
      return { x, iterations, converged: false, trouble: 'the Jacobian is singular' };
    const step = times(inverse, F, n).map((v) => -v);
    const found = backtrack(system, x, F, step);
    if (found === null) {
      const atRest = relativeChange(step, x) <= Math.sqrt(tol) * 1e-1;
      if (isFresh || atRest) {
        trouble = `no step makes the residual ${norm(F).toPrecision(3)} smaller`;
        return { x, iterations, converged: atRest, trouble };
      }
      // The updated inverse leads nowhere: start again from the Jacobian.
      inverse = inverseOf(system.both(x)[1], n);
      isFresh = true;
      continue;
    }
    const s = plus(found.x, -1, x);
    const y = plus(found.F, -1, F);
    [x, F] = [found.x, found.F];
    if (relativeChange(s, x) <= tol)
      return { x, iterations: iterations + 1, converged: true, trouble };
    // Sherman–Morrison: H ← H + (s − H·y) · sᵀH / (sᵀ·H·y)
    const Hy = times(inverse, y, n);
    const sH = transposedTimes(inverse, s, n);
    const scale = dot(s, Hy);
    if (scale !== 0) {
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) inverse[i * n + j]! += ((s[i]! - Hy[i]!) * sH[j]!) / scale;
      isFresh = false;
    }
  }
  return { x, iterations: maxIterations, converged: false, trouble };
}

function inverseOf(J: Vector, n: number): Vector | null {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const unit = new Float64Array(n);
    unit[j] = 1;
    const column = solveDense(J, unit);
    if (column === null || !isFiniteVector(column)) return null;
    for (let i = 0; i < n; i++) inverse[i * n + j] = column[i]!;
  }
  return inverse;
}
