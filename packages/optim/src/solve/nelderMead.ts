/** @file Minimization with values only: the simplex method of Nelder and Mead. */
import type { Vector } from '../lbfgs/vector.js';
import type { Descent } from './descent.js';
import { plus, relativeChange } from './dense.js';

interface Corner {
  readonly x: Vector;
  readonly f: number;
}

/**
 * Nelder & Mead 1965, with the factors of Gao & Han 2012 (DOI 10.1007/s10589-010-9329-3), which keep it converging in many
 * dimensions. It ends when all corners agree to `tol`, and then runs once more from a fresh simplex, as the old one may have
 * collapsed.
 */
export function nelderMead(
  f: (x: Vector) => number,
  x0: Vector,
  tol: number,
  maxIterations: number,
): Descent {
  const value = (x: Vector): Corner => {
    const y = f(x);
    return { x, f: Number.isNaN(y) ? Infinity : y };
  };
  let best = value(x0);
  let iterations = 0;
  for (let turn = 0; turn < 20; turn++) {
    const before = best.f;
    const run = descend(value, best, tol, maxIterations - iterations);
    best = run.best;
    iterations += run.iterations;
    if (iterations >= maxIterations) return { x: best.x, iterations, converged: false };
    if (before - best.f <= 1e-14 * Math.abs(before) && turn > 0) break;
  }
  return { x: best.x, iterations, converged: true };
}

function descend(
  value: (x: Vector) => Corner,
  start: Corner,
  tol: number,
  maxIterations: number,
): { best: Corner; iterations: number } {
  const n = start.x.length;
  const [expand, contract, shrink] = [1 + 2 / n, 0.75 - 1 / (2 * n), 1 - 1 / n];
  const corners = [start];
  for (let j = 0; j < n; j++) {
    const x = start.x.slice();
    x[j] = x[j] === 0 ? 0.00025 : x[j]! * 1.05;
    corners.push(value(x));
  }
  for (let iterations = 0; ; iterations++) {
    corners.sort((a, b) => a.f - b.f);
    const [best, second, worst] = [corners[0]!, corners[n - 1] ?? corners[0]!, corners[n]!];
    const spread = Math.max(...corners.map((c) => relativeChange(plus(c.x, -1, best.x), best.x)));
    if (iterations >= maxIterations || spread <= tol) return { best, iterations };
    const centre = new Float64Array(n).map(
      (_, j) => corners.slice(0, n).reduce((sum, c) => sum + c.x[j]!, 0) / n,
    );
    const direction = plus(centre, -1, worst.x);
    const at = (t: number): Corner => value(plus(centre, t, direction));
    const mirrored = at(1);
    if (mirrored.f < best.f) {
      const farther = at(expand);
      corners[n] = farther.f < mirrored.f ? farther : mirrored;
    } else if (mirrored.f < second.f) {
      corners[n] = mirrored;
    } else {
      const outside = mirrored.f < worst.f;
      const nearer = at(outside ? contract : -contract);
      if (nearer.f < Math.min(mirrored.f, worst.f)) corners[n] = nearer;
      else {
        const factor = n === 1 ? 0.5 : shrink;
        for (let k = 1; k <= n; k++)
          corners[k] = value(plus(best.x, factor, plus(corners[k]!.x, -1, best.x)));
      }
    }
  }
}
