/** @file The iterations of conjugate gradients and GMRES, on vectors of numbers. */
import { ChainruleError } from '@chainrule/autograd';
import { addScaled, dot, type Vector } from '../lbfgs/vector.js';
import { norm, plus } from './dense.js';

/** The result of an iteration. */
export interface Found {
  readonly x: Vector;
  readonly iterations: number;
  readonly converged: boolean;
  /** A hint for the message if it has not converged. */
  readonly reason: string;
}

interface Limits {
  readonly tol: number;
  readonly maxIterations: number;
  readonly restart: number;
}

type Product = (v: Vector) => Vector;

/** Hestenes & Stiefel 1952. @throws {ChainruleError} if a direction shows that A is not positive definite. */
export function conjugateGradients(A: Product, b: Vector, { tol, maxIterations }: Limits): Found {
  const x = new Float64Array(b.length);
  const r = b.slice();
  let p: Vector = b.slice();
  let square = dot(r, r);
  const goal = tol * norm(b);
  let iterations = 0;
  while (norm(r) > goal && iterations < maxIterations) {
    const Ap = A(p);
    iterations++;
    const curvature = dot(p, Ap);
    if (!(curvature > 0)) {
      throw new ChainruleError(
        `cg: the matrix is not symmetric positive definite: xᵀ·A·x = ${curvature.toPrecision(3)} for some x; use gmres`,
      );
    }
    const step = square / curvature;
    addScaled(x, step, p);
    addScaled(r, -step, Ap);
    const next = dot(r, r);
    p = plus(r, next / square, p);
    square = next;
  }
  const converged = norm(r) <= goal;
  return { x, iterations, converged, reason: 'give a larger tol, more maxIterations' };
}

/** Saad & Schultz 1986: Arnoldi's process with modified Gram–Schmidt; Givens rotations solve the least-squares problem. */
export function generalizedMinimalResidual(
  A: Product,
  b: Vector,
  { tol, maxIterations, restart }: Limits,
): Found {
  const n = b.length;
  let x: Vector = new Float64Array(n);
  let r: Vector = b.slice();
  const goal = tol * norm(b);
  let iterations = 0;
  let last = Infinity;
  while (norm(r) > goal && iterations < maxIterations && norm(r) < last) {
    last = norm(r);
    const steps = Math.min(restart, n, maxIterations - iterations);
    const basis: Vector[] = [r.map((v) => v / last)];
    const columns: Vector[] = [];
    const rotations: [c: number, s: number][] = [];
    const y = new Float64Array(steps + 1);
    y[0] = last;
    for (let k = 0; k < steps && Math.abs(y[k]!) > goal; k++) {
      const w = A(basis[k]!);
      iterations++;
      const h = new Float64Array(k + 2);
      // Orthogonalizes twice: a single pass loses orthogonality under cancellation.
      for (let pass = 0; pass < 2; pass++) {
        for (let j = 0; j <= k; j++) {
          const along = dot(w, basis[j]!);
          h[j]! += along;
          addScaled(w, -along, basis[j]!);
        }
      }
      const rest = norm(w);
      h[k + 1] = rest;
      rotations.forEach(([c, s], j) => {
        [h[j], h[j + 1]] = [c * h[j]! + s * h[j + 1]!, c * h[j + 1]! - s * h[j]!];
      });
      const length = Math.hypot(h[k]!, h[k + 1]!);
      const [c, s] = length === 0 ? [1, 0] : [h[k]! / length, h[k + 1]! / length];
      rotations.push([c, s]);
      h[k] = length;
      columns.push(h);
      [y[k], y[k + 1]] = [c * y[k]!, -s * y[k]!];
      if (rest === 0) break;
      basis.push(w.map((v) => v / rest));
    }
    const weights = new Float64Array(columns.length);
    for (let i = columns.length - 1; i >= 0; i--) {
      let sum = y[i]!;
      for (let j = i + 1; j < columns.length; j++) sum -= columns[j]![i]! * weights[j]!;
      const pivot = columns[i]![i]!;
      weights[i] = pivot === 0 ? 0 : sum / pivot;
    }
    x = x.slice();
    weights.forEach((weight, i) => addScaled(x, weight, basis[i]!));
    r = plus(b, -1, A(x));
  }
  // A tolerance below the rounding error of the product itself cannot be met.
  const converged = norm(r) <= Math.max(goal, 4 * Number.EPSILON * norm(b) * Math.sqrt(n));
  return {
    x,
    iterations,
    converged,
    reason: 'the matrix may be singular; give a larger tol or restart',
  };
}
