/**
 * @file The distribution function of the normal distribution, its logarithm and its inverse, of one double, with derivatives of
 * any order.
 */
import { erfinv, normalCdf } from '../elements/errorFunction.js';
import { erfcx, expOfSquare, tailRatio } from './scaledTail.js';

const ROOT_HALF = Math.SQRT1_2;
const INVERSE_ROOT_2_PI = 1 / Math.sqrt(2 * Math.PI);

/** The derivative of order n of Φ, the integral of the density φ: from n = 1 on `(−1)ⁿ⁻¹ Heₙ₋₁(x) φ(x)`. */
export function ndtrDerivative(n: number, x: number): number {
  if (x !== x) return x;
  if (n === 0) return normalCdf(x);
  const density = INVERSE_ROOT_2_PI * expOfSquare(x, -0.5);
  if (density === 0) return 0;
  let [before, polynomial] = [0, 1];
  for (let k = 1; k < n; k++)
    [before, polynomial] = [polynomial, x * polynomial - (k - 1) * before];
  return (n % 2 === 1 ? 1 : -1) * polynomial * density;
}

/** The derivative of order n of ln Φ. The first is h = φ/Φ, and h' = −h (x + h); x + h keeps its digits far below 0. */
export function logNdtrDerivative(n: number, x: number): number {
  if (x !== x) return x;
  if (n === 0) return logNdtr(x);
  if (x === Infinity) return 0;
  if (x === -Infinity) return n === 1 ? Infinity : n === 2 ? -1 : 0;
  const t = -x * ROOT_HALF;
  const h: number[] = [];
  const sum: number[] = [];
  if (x < -1) {
    const rest = Math.SQRT2 * tailRatio(1, t);
    h.push(rest - x);
    sum.push(rest);
  } else {
    h.push(ndtrDerivative(1, x) / normalCdf(x));
    sum.push(x + h[0]!);
  }
  for (let order = 1; order < n; order++) {
    // Leibniz' rule for −h · (x + h)
    let next = 0;
    let choose = 1;
    for (let j = 0; j < order; j++) {
      next -= choose * h[j]! * sum[order - 1 - j]!;
      choose = (choose * (order - 1 - j)) / (j + 1);
    }
    h.push(next);
    sum.push(order === 1 ? 1 + next : next);
  }
  return h[n - 1]!;
}

function logNdtr(x: number): number {
  if (x > 0) return Math.log1p(-normalCdf(-x));
  // A logarithm of at least ln 2 in size halves the rounding error of its argument.
  if (x > -1) return Math.log(normalCdf(x));
  return Math.log(0.5 * erfcx(-x * ROOT_HALF)) - 0.5 * x * x;
}

/** The number below which a share p of the normal distribution lies; ±Inf at 0 and 1, NaN outside. */
export function ndtri(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p > 0.75) return -ndtri(1 - p);
  if (p >= 0.25) return Math.SQRT2 * erfinv(2 * p - 1);
  // To three digits (Abramowitz and Stegun, 26.2.23), then Newton's steps on the logarithm, which is nearly a parabola.
  const log = Math.log(p);
  const t = Math.sqrt(-2 * log);
  let x =
    (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
    t;
  for (let i = 0; i < 3; i++) {
    // Both the logarithm of ½ e^(−x²/2) W and its slope.
    const w = erfcx(-x * ROOT_HALF);
    x -= ((Math.log(0.5 * w) - 0.5 * x * x - log) * (0.5 * w)) / INVERSE_ROOT_2_PI;
  }
  // Near the middle the logarithms have larger rounding errors than Φ itself.
  if (x < -5) return x;
  return x - (normalCdf(x) - p) / (INVERSE_ROOT_2_PI * expOfSquare(x, -0.5));
}
