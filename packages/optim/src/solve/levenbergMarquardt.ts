/** @file The iterations of nonlinear least squares, on vectors of numbers: Levenberg–Marquardt and Gauss–Newton. */
import { dot, type Vector } from '../lbfgs/vector.js';
import { backSubstitute, norm, plus, times, transposedTimes, triangularize } from './dense.js';
import { isFiniteVector } from './vector.js';

/** The residuals and their Jacobian, m × n, at one point. */
export interface Model {
  readonly r: Vector;
  readonly J: Vector;
}

export interface LeastSquaresLimits {
  readonly ftol: number;
  readonly xtol: number;
  readonly gtol: number;
  /** The fraction of the cost that is rounding error: smaller changes cannot be judged by the cost, so the gradient decides. */
  readonly noise: number;
  readonly maxIterations: number;
  readonly lower: Vector;
  readonly upper: Vector;
}

/** Why an iteration ended. */
export type Reason = 'xtol' | 'ftol' | 'gtol' | 'rounding' | 'maxIterations' | 'stalled';

export interface Fit {
  readonly x: Vector;
  readonly iterations: number;
  readonly reason: Reason;
  /** Which parameters are not held at a bound. */
  readonly free: readonly boolean[];
}

type Evaluate = (x: Vector) => Model;

/**
 * Levenberg–Marquardt: each step minimizes `|r + J·p|² + λ·|D·p|²`, where `D` is the largest norm so far of each column of J
 * (Moré 1978), and `λ` depends on how well the model predicted the last step (Nielsen 1999). With `damped` false it is
 * Gauss–Newton: λ = 0, and steps are halved until the cost falls. A parameter at a bound is held for a step if the gradient
 * pushes it against the bound.
 */
export function minimizeResiduals(
  evaluate: Evaluate,
  start: { readonly x: Vector; readonly model: Model },
  limits: LeastSquaresLimits,
  damped: boolean,
): Fit {
  const { ftol, xtol, gtol, noise, maxIterations, lower, upper } = limits;
  let { x } = start;
  let { r, J } = start.model;
  const n = x.length;
  const D = new Float64Array(n);
  let lambda = 1e-2;
  let growth = 2;
  let free: boolean[] = [];
  // The largest size of the parameters so far: on the way through 0 they are small.
  let largestNorm = 0;
  const end = (iterations: number, reason: Reason): Fit => ({ x, iterations, reason, free });
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const columns = columnNorms(J, n);
    columns.forEach((c, j) => (D[j] = Math.max(D[j]!, c) || 1));
    largestNorm = Math.max(largestNorm, scaledNorm(x, D));
    const g = transposedTimes(J, r, n);
    free = Array.from(
      g,
      (gj, j) => !(gj > 0 ? x[j]! <= lower[j]! : x[j]! >= upper[j]!) || gj === 0,
    );
    const size = norm(r);
    if (size === 0) return end(iteration, 'ftol');
    if (angle(g, columns, size, free) <= gtol) return end(iteration, 'gtol');
    const system = reduced(J, r, n, free);
    // The Gauss–Newton step. If the decrease that it predicts is within rounding error, it is the step to take.
    const gaussNewton = stepOf(system, D, 0);
    const isAtRounding =
      1 - (norm(plus(r, 1, times(J, gaussNewton, r.length))) / size) ** 2 <= noise;
    for (let tries = 0; ; tries++) {
      const shorter = damped ? 1 : 0.5 ** tries;
      const p =
        damped && !isAtRounding ? stepOf(system, D, lambda) : gaussNewton.map((v) => v * shorter);
      // A step far beyond the size of the parameters so far is not trusted.
      if (damped && !isAtRounding && tries < 60 && scaledNorm(p, D) > (largestNorm || 1)) {
        lambda *= 2;
        continue;
      }
      const next = plus(x, 1, p).map((v, j) => Math.min(Math.max(v, lower[j]!), upper[j]!));
      const step = plus(next, -1, x);
      const share = scaledNorm(step, D) / (scaledNorm(x, D) || 1);
      if (!isFiniteVector(next)) return end(iteration, 'stalled');
      const model = evaluate(next);
      const predicted = 1 - (norm(plus(r, 1, times(J, step, r.length))) / size) ** 2;
      const finite = isFiniteVector(model.r) && isFiniteVector(model.J);
      const ratio = norm(model.r) / size;
      const fall = finite ? (1 - ratio) * (1 + ratio) : NaN;
      const better = isAtRounding
        ? slopeOf(model, n, free) < angle(g, columns, size, free)
        : fall > 1e-4 * predicted && fall > 0;
      if (better) {
        x = next;
        ({ r, J } = model);
        if (damped && !isAtRounding) {
          lambda *= Math.max(1 / 3, 1 - (2 * (fall / predicted) - 1) ** 3);
          growth = 2;
        } else {
          lambda /= 3;
        }
        if (share <= xtol) return end(iteration + 1, 'xtol');
        if (ftol > 0 && fall <= ftol && predicted <= ftol) return end(iteration + 1, 'ftol');
        break;
      }
      if (isAtRounding) return end(iteration + 1, 'rounding');
      // Even the full Gauss–Newton step does not change x: the residuals themselves are rounding error.
      if (scaledNorm(gaussNewton, D) <= xtol * scaledNorm(x, D))
        return end(iteration + 1, 'rounding');
      if (share <= 1e-15 || tries > 60) return end(iteration + 1, 'stalled');
      lambda *= growth;
      growth *= 2;
    }
  }
  return end(maxIterations, 'maxIterations');
}

function columnNorms(J: Vector, n: number): Vector {
  const largest = new Float64Array(n);
  J.forEach((v, k) => (largest[k % n] = Math.max(largest[k % n]!, Math.abs(v))));
  const squares = new Float64Array(n);
  J.forEach((v, k) => (squares[k % n]! += (v / (largest[k % n]! || 1)) ** 2));
  return squares.map((s, j) => largest[j]! * Math.sqrt(s));
}

/** The largest cosine between the residuals and a column of J. */
function angle(g: Vector, columns: Vector, size: number, free: readonly boolean[]): number {
  let most = 0;
  for (let j = 0; j < g.length; j++)
    if (free[j] && columns[j]! > 0) most = Math.max(most, Math.abs(g[j]!) / columns[j]! / size);
  return most;
}

function slopeOf({ r, J }: Model, n: number, free: readonly boolean[]): number {
  return angle(transposedTimes(J, r, n), columnNorms(J, n), norm(r), free);
}

/** R and Qᵀ·r for the free columns. */
interface Reduced {
  readonly R: Vector;
  readonly y: Vector;
  readonly at: readonly number[];
  readonly n: number;
}

function reduced(J: Vector, r: Vector, n: number, free: readonly boolean[]): Reduced {
  const at = free.flatMap((isFree, j) => (isFree ? [j] : []));
  const m = r.length;
  const k = at.length;
  const R = new Float64Array(m * k);
  for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) R[i * k + j] = J[i * n + at[j]!]!;
  const y = r.slice();
  triangularize(R, y, m, k);
  const rows = Math.min(m, k);
  const square = new Float64Array(k * k);
  square.set(R.subarray(0, rows * k));
  const right = new Float64Array(k);
  right.set(y.subarray(0, rows));
  return { R: square, y: right, at, n };
}

/** The step of the reduced problem with damping λ; 0 for held parameters. */
function stepOf({ R, y, at, n }: Reduced, D: Vector, lambda: number): Vector {
  const k = at.length;
  let [a, b] = [R, y];
  if (lambda > 0) {
    a = new Float64Array(2 * k * k);
    a.set(R);
    for (let j = 0; j < k; j++) a[(k + j) * k + j] = Math.sqrt(lambda) * D[at[j]!]!;
    b = new Float64Array(2 * k);
    b.set(y);
    triangularize(a, b, 2 * k, k);
  }
  const found = backSubstitute(a, b, k);
  const p = new Float64Array(n);
  at.forEach((j, i) => (p[j] = -found[i]!));
  return p;
}

function scaledNorm(x: Vector, D: Vector): number {
  return norm(x.map((v, j) => v * D[j]!));
}

/** Half the sum of squares. */
export function costOf(r: Vector): number {
  return dot(r, r) / 2;
}
