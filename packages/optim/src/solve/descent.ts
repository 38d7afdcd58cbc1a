/**
 * @file Minimization with values and gradients, on vectors of numbers: L-BFGS, and Newton's method with conjugate gradients.
 */
import { History } from '../lbfgs/history.js';
import { readNow, type Reading } from '../lbfgs/reading.js';
import { strongWolfe } from '../lbfgs/strongWolfe.js';
import { absoluteSum, addScaled, dot, largest, type Vector } from '../lbfgs/vector.js';
import { norm, plus } from './dense.js';
import { isFiniteVector } from './vector.js';

/** The function that is minimized. */
export interface Slope {
  readonly at: (x: Vector) => { f: number; g: Vector };
  /** The product of the Hessian at `x` with `v`. */
  readonly curve: (x: Vector, v: Vector) => Vector;
}

export interface Descent {
  readonly x: Vector;
  readonly iterations: number;
  readonly converged: boolean;
}

/** The number of past steps from which curvature is estimated. */
const MEMORY = 20;

/** When a descent ends; `noise` is the fraction of the function's value below which a decrease is rounding error. */
export interface DescentLimits {
  readonly tol: number;
  readonly maxIterations: number;
  readonly noise: number;
}

/**
 * Tests for convergence: no element of the gradient exceeds `tol`, or `tol` times the function's size (at most the size at
 * the start).
 */
function flatness(f0: number): (f: number, g: Vector, tol: number) => boolean {
  const size = Math.abs(f0);
  return (f, g, tol) => largest(g) <= tol * Math.max(1, Math.min(size, Math.abs(f)));
}

/** Nocedal & Wright, algorithm 7.5, with a line search for the strong Wolfe conditions. */
export function lbfgs({ at }: Slope, x0: Vector, limits: DescentLimits): Descent {
  const { tol, maxIterations: most, noise } = limits;
  let x = x0;
  let { f, g } = at(x);
  const isFlat = flatness(f);
  let history = new History();
  for (let iterations = 0; iterations < most; iterations++) {
    if (isFlat(f, g, tol)) return { x, iterations, converged: true };
    let d = history.direction(g, MEMORY);
    if (!(dot(g, d) < 0)) {
      history = new History();
      d = history.direction(g, MEMORY);
    }
    const first = history.iterations === 1 ? Math.min(1, 1 / absoluteSum(g)) : 1;
    const start = { t: 0, f, g, slope: dot(g, d) };
    const seen = function* (t: number): Reading<{ f: number; g: Vector }> {
      const found = at(plus(x, t, d));
      // Outside its domain the function counts as infinite, so the line search turns back.
      const finite = Number.isFinite(found.f) && isFiniteVector(found.g);
      return finite ? found : { f: Infinity, g: d };
    };
    let { point } = readNow('minimize', strongWolfe(seen, start, first, d, 1e-300, 40));
    if (point.t === 0 || !(point.f <= f)) {
      // No step decreases the function by more than rounding error, so a smaller gradient decides.
      const next = at(plus(x, first, d));
      if (next.f - f <= noise * Math.max(1, Math.abs(f)) && norm(next.g) < norm(g))
        point = { ...point, ...next, t: first };
      else {
        const rest = isFlat(f, g, Math.max(tol, stallTolerance(noise)));
        if (rest || history.pairs.length === 0) return { x, iterations, converged: rest };
        history = new History();
        continue;
      }
    }
    history.gradient = g;
    history.t = point.t;
    x = plus(x, point.t, d);
    ({ f, g } = point);
  }
  return { x, iterations: most, converged: isFlat(f, g, tol) };
}

/** The tolerance of the gradient at which a descent that cannot progress counts as converged. */
function stallTolerance(noise: number): number {
  return 0.1 * Math.sqrt(noise);
}

/** A trust-region method: conjugate gradients minimize the quadratic model (Steihaug 1983). */
export function newtonCG({ at, curve }: Slope, x0: Vector, limits: DescentLimits): Descent {
  const { tol, maxIterations: most, noise } = limits;
  let x = x0;
  let { f, g } = at(x);
  const isFlat = flatness(f);
  let radius = Math.max(1, norm(x));
  for (let iterations = 0; iterations < most; iterations++) {
    if (isFlat(f, g, tol)) return { x, iterations, converged: true };
    const { p, Hp } = steihaug((v) => curve(x, v), g, radius);
    const predicted = -dot(g, p) - dot(p, Hp) / 2;
    const next = plus(x, 1, p);
    const after = at(next);
    const finite = Number.isFinite(after.f) && isFiniteVector(after.g);
    // If the decrease is lost in rounding error, a smaller gradient decides.
    const quiet = predicted <= noise * Math.max(1, Math.abs(f));
    const ratio = finite ? (f - after.f) / predicted : -1;
    if (quiet && finite ? norm(after.g) < norm(g) : ratio > 1e-4) {
      x = next;
      ({ f, g } = after);
      if (ratio > 0.75 && norm(p) > 0.9 * radius) radius *= 2;
    } else if (quiet) {
      return { x, iterations, converged: isFlat(f, g, Math.max(tol, stallTolerance(noise))) };
    }
    if (!quiet && ratio < 0.25) radius = norm(p) / 4;
    if (!(radius > 1e-300)) return { x, iterations, converged: false };
  }
  return { x, iterations: most, converged: isFlat(f, g, tol) };
}

function steihaug(H: (v: Vector) => Vector, g: Vector, radius: number): { p: Vector; Hp: Vector } {
  const p: Vector = new Float64Array(g.length);
  const Hp: Vector = new Float64Array(g.length);
  const r: Vector = g.slice();
  let d: Vector = g.map((v) => -v);
  const goal = Math.min(0.1, Math.sqrt(norm(g))) * norm(g);
  const goTo = (t: number, Hd: Vector): { p: Vector; Hp: Vector } => {
    addScaled(p, t, d);
    addScaled(Hp, t, Hd);
    return { p, Hp };
  };
  for (let k = 0; k < 2 * g.length + 10; k++) {
    const Hd = H(d);
    const curvature = dot(d, Hd);
    const square = dot(r, r);
    const t = square / curvature;
    if (!(curvature > 0) || norm(plus(p, t, d)) >= radius) {
      // Goes to the edge of the region: |p + t·d| = radius.
      const [a, b, c] = [dot(d, d), dot(p, d), dot(p, p) - radius * radius];
      return goTo((-b + Math.sqrt(Math.max(b * b - a * c, 0))) / a, Hd);
    }
    goTo(t, Hd);
    addScaled(r, t, Hd);
    if (norm(r) <= goal) break;
    d = plus(
      r.map((v) => -v),
      dot(r, r) / square,
      d,
    );
  }
  return { p, Hp };
}
