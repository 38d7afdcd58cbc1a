/** @file Fixed points: plain iteration, and Anderson mixing of past iterates. */
import { checkArgument, defineOptions, kinds, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { addScaled } from '../lbfgs/vector.js';
import { backSubstitute, norm, plus, relativeChange, triangularize } from './dense.js';
import { solveEquations, type Iterate, type Solution, type System } from './equations.js';
import { iterationKinds, type IterationOptions } from './options.js';
import { isFiniteVector, type Vector } from './vector.js';

/** Options of {@link fixedPoint}. */
export interface FixedPointOptions extends IterationOptions {
  /** The method. Default `'anderson'`. */
  readonly method?: 'anderson' | 'plain';
  /** The tolerance: `g(x) − x`, relative to `1 + |x|`. Default 1e-10, for float32 1e-5. */
  readonly tol?: number;
  /** The number of past iterates that Anderson's method mixes. Default 5. */
  readonly memory?: number;
}

const fixedPointOptions = defineOptions<FixedPointOptions>({
  ...iterationKinds,
  method: kinds.oneOf('anderson', 'plain'),
  tol: kinds.nonNegative,
  memory: kinds.count,
});

/**
 * Finds `x` with `g(x) = x`, for a function from a tensor or a tree of tensors to one like it.
 *
 * `method: 'anderson'` (default; Anderson 1965, Walker & Ni 2011) mixes the last iterates so that their residuals
 * cancel as far as they can; `'plain'` repeats `x ← g(x)`, which converges where `g` contracts.
 *
 * The result is differentiable with respect to all that `g` captures, in both modes, to any order and inside `vmap`,
 * by the implicit function theorem, as that of {@link root}: a layer of any depth at the memory of one (Bai et al.
 * 2019, arXiv:1909.01377).
 *
 * Defaults: tol 1e-10 (float32 1e-5), maxIterations 1000, memory 5.
 * @throws {ChainruleError} if `g` reads values, is not finite, or the iteration does not converge, unless `strict`
 * is false.
 * @example fixedPoint((x) => x.cos(), scalar(1, { dtype: 'float64' })).x // 0.7390851332151607
 */
export function fixedPoint<T = Tensor>(
  g: (x: T) => unknown,
  x0: T,
  options?: FixedPointOptions,
): Solution<T> {
  checkArgument('fixedPoint', 'g', g, kinds.callable);
  const given = fixedPointOptions('fixedPoint', options);
  const { method = 'anderson', tol, maxIterations = 1000, memory = 5, strict = true } = given;
  const history = method === 'plain' ? 0 : memory;
  return solveEquations(
    'fixedPoint',
    g,
    x0,
    (x, y) => sub(y, x),
    { strict, polishes: true },
    (system, x) => anderson(system, x, tol ?? system.tol, maxIterations, history),
  );
}

/** Anderson's method; with `memory` 0 it is plain iteration. */
function anderson(
  system: System,
  x0: Vector,
  tol: number,
  maxIterations: number,
  memory: number,
): Iterate {
  let x = x0;
  let F = system.value(x);
  const steps: Vector[] = [];
  const changes: Vector[] = [];
  for (let iterations = 1; iterations <= maxIterations; iterations++) {
    const converged = relativeChange(F, x) <= tol;
    let next = plus(x, 1, F);
    if (converged) return { x: next, iterations, converged, trouble: '' };
    const weights = mixture(changes, F);
    // Combines past iterates and their images with the weights that cancel the residual best.
    weights.forEach((weight, i) => {
      next = next.slice();
      addScaled(next, -weight, steps[i]!);
      addScaled(next, -weight, changes[i]!);
    });
    let after = system.value(next);
    if (weights.length > 0 && !(norm(after) < 10 * norm(F))) {
      // The mixture made the residual much larger: start again with the plain step.
      steps.length = changes.length = 0;
      next = plus(x, 1, F);
      after = system.value(next);
    }
    if (!isFiniteVector(after)) {
      const trouble = `after iteration ${iterations} the function is not finite`;
      return { x, iterations, converged: false, trouble };
    }
    if (memory > 0) {
      steps.push(plus(next, -1, x));
      changes.push(plus(after, -1, F));
      if (steps.length > memory) [steps, changes].forEach((list) => list.shift());
    }
    [x, F] = [next, after];
  }
  const trouble = `g(x) − x is still ${norm(F).toPrecision(3)}`;
  return { x, iterations: maxIterations, converged: false, trouble };
}

/** The weights for which `F − Σ weight · change` is smallest. */
function mixture(changes: readonly Vector[], F: Vector): Vector {
  const [m, n] = [F.length, Math.min(changes.length, F.length)];
  const latest = changes.slice(changes.length - n);
  const a = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) a[i * n + j] = latest[j]![i]!;
  const b = F.slice();
  triangularize(a, b, m, n);
  // Directions that depend linearly on the others, up to rounding, get weight 0.
  const largest = Math.abs(a[0] ?? 0);
  for (let k = 0; k < n; k++) if (Math.abs(a[k * n + k]!) < 1e-14 * largest) a[k * n + k] = 0;
  const found = backSubstitute(a, b, n);
  const weights = new Float64Array(changes.length);
  weights.set(found, changes.length - n);
  return weights;
}
