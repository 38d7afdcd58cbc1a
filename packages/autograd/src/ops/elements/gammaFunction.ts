/**
 * @file The logarithm of the gamma function and its derivatives, of one double.
 *
 * Large arguments by Stirling's series, small ones moved to where a series is good, negative ones reflected; next to zeros,
 * where that would cancel, by Taylor series around them, so that the relative error stays near 1e-15 (lgamma: to x = −12).
 */
import { DIGAMMA_ZEROS, LGAMMA_ZEROS, nearZero } from './gammaZeros.js';

/** Bernoulli numbers B₂, B₄, … B₃₀. */
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
  -236364091 / 2730,
  8553103 / 6,
  -23749461029 / 870,
  8615841276005 / 14322,
];

const HALF_LOG_2_PI = 0.91893853320467274178;

/** ln |Γ(x)|; +Inf at 0, −1, −2, … and at ±Inf. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) === Infinity || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (x >= 10) return stirling(x);
  if (x < -15) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  if (x < -2) {
    const near = nearZero(LGAMMA_ZEROS, x, (k, z) => polygamma(k - 1, z));
    if (near !== null) return near;
  }
  // Moved into [1.5, 2.5]; a logarithm of the product of what was passed is small where the result is.
  let up = 1;
  let down = 1;
  let y = x;
  for (; y < 0.5; y++) up *= y;
  for (; y > 2.5; y--) down *= y - 1;
  const rest = y < 1.5 ? aroundTwo(y - 1) - Math.log1p(y - 1) : aroundTwo(y - 2);
  return up !== 1 ? rest - Math.log(Math.abs(up)) : down !== 1 ? rest + Math.log(down) : rest;
}

/** lgamma(2 + d) for |d| ≤ ½: `(1 − γ) d + Σ (ζ(k) − 1) (−d)ᵏ / k`. */
function aroundTwo(d: number): number {
  let y = 0;
  for (let k = ZETA.length - 1; k >= 2; k--) y = -d * (ZETA[k]! / k + y);
  return d * (1 - EULER_GAMMA - y);
}

const EULER_GAMMA = 0.57721566490153286061;

function stirling(x: number): number {
  if (x > 1e300) return x * (Math.log(x) - 1);
  const z = 1 / (x * x);
  let series = 0;
  for (let k = 9; k >= 1; k--) series = series * z + BERNOULLI[k - 1]! / (2 * k * (2 * k - 1));
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_2_PI + series / x;
}

/** The derivative of lgamma. ∓Inf at ±0, NaN at −1, −2, … and −Inf. */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (Number.isNaN(x) || x === Infinity) return x;
  if (x < 0 && (Number.isInteger(x) || x === -Infinity)) return NaN;
  const near = nearZero(DIGAMMA_ZEROS, x, polygamma);
  if (near !== null) return near;
  if (x < -0.5) return digamma(1 - x) - Math.PI / tanPi(x);
  let sum = 0;
  let y = x;
  for (; y < 10; y++) sum -= 1 / y;
  const z = 1 / (y * y);
  let series = 0;
  for (let k = 10; k >= 1; k--) series = series * z + BERNOULLI[k - 1]! / (2 * k);
  return sum + (Math.log(y) - 0.5 / y - series * z);
}

/** The derivative of order n ≥ 1 of digamma: `(−1)ⁿ⁺¹ n! Σ 1/(x + k)ⁿ⁺¹`. At 0, −1, −2, … infinite for odd n, else NaN. */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  if (Number.isNaN(x)) return x;
  if (x <= 0 && Number.isInteger(x)) return n % 2 === 1 ? Infinity : NaN;
  if (x === -Infinity) return NaN;
  if (x < 0) return reflected(n, x);
  return (n % 2 === 1 ? 1 : -1) * factorial(n) * zeta(n + 1, x);
}

/** The zeta function of Hurwitz, `Σ 1/(x + k)ˢ` for x > 0, by Euler and Maclaurin: terms up to a, an integral, corrections. */
function zeta(s: number, x: number): number {
  if (x === Infinity) return 0;
  let sum = 0;
  let a = x;
  for (const from = 9 + s; a < from; a++) {
    const term = a ** -s;
    sum += term;
    if (term <= sum * 1e-17) return sum;
  }
  sum += a ** (1 - s) / (s - 1) + 0.5 * a ** -s;
  let factor = s * a ** (-s - 1);
  for (let k = 1; k <= BERNOULLI.length; k++) {
    const term = (BERNOULLI[k - 1]! / factorial(2 * k)) * factor;
    sum += term;
    if (Math.abs(term) < sum * 1e-17) break;
    factor *= ((s + 2 * k - 1) * (s + 2 * k)) / (a * a);
  }
  return sum;
}

/** `(−1)ⁿ ψₙ(1 − x) − π dⁿ/dxⁿ cot πx`, with the derivatives of the cotangent as polynomials in it. */
function reflected(n: number, x: number): number {
  const c = 1 / tanPi(x);
  let p = [0, 1];
  for (let k = 0; k < n; k++) {
    // d/dx p(cot πx) = −π (1 + cot²) p'(cot πx)
    const next = new Array<number>(p.length + 1).fill(0);
    for (let i = 1; i < p.length; i++) {
      next[i - 1]! -= i * p[i]!;
      next[i + 1]! -= i * p[i]!;
    }
    p = next;
  }
  let y = 0;
  for (let i = p.length - 1; i >= 0; i--) y = y * c + p[i]!;
  return (n % 2 === 0 ? 1 : -1) * polygamma(n, 1 - x) - Math.PI ** (n + 1) * y;
}

export function factorial(n: number): number {
  let f = 1;
  for (let i = 2; i <= n; i++) f *= i;
  return f;
}

/** sin πx, exact where x is near a whole number. */
function sinPi(x: number): number {
  const whole = Math.round(x);
  const sine = Math.sin(Math.PI * (x - whole));
  return whole % 2 === 0 ? sine : -sine;
}

/** tan πx, exact where x is near a whole number. */
function tanPi(x: number): number {
  return Math.tan(Math.PI * (x - Math.round(x)));
}

/** ζ(k) − 1. */
const ZETA: readonly number[] = Array.from({ length: 31 }, (_, k) => (k < 2 ? 0 : zeta(k, 2)));

/** `ln Γ(1 + x)` for |x| ≤ ½, with every digit around 0. */
export function lgamma1p(x: number): number {
  return aroundTwo(x) - Math.log1p(x);
}

/**
 * The zeta function of Riemann and Hurwitz, `Σ 1/(q + k)ˢ` for s > 1 and k = 0, 1, …: +Inf for s = 1 and at q = 0, −1, −2, …;
 * NaN for s < 1, and for negative q unless s is whole.
 */
export function hurwitzZeta(s: number, q: number): number {
  if (s !== s || q !== q) return NaN;
  if (s === 1) return Infinity;
  if (s < 1) return NaN;
  if (s === Infinity) return q > 1 ? 0 : q === 1 ? 1 : q > 0 ? Infinity : NaN;
  if (q <= 0) {
    if (Number.isInteger(q)) return Infinity;
    if (!Number.isInteger(s)) return NaN;
  }
  if (q > 1e8) return (1 / (s - 1) + 1 / (2 * q)) * q ** (1 - s);
  if (q > 0) return zeta(s, q);
  // Below 0 lie powers of f, 1 + f, … −q; above 0 of 1 − f, 2 − f, ….
  const f = -q - Math.floor(-q);
  const below = zeta(s, f) - zeta(s, 1 - q);
  return (s % 2 === 0 ? below : -below) + zeta(s, 1 - f);
}
