/**
 * @file The modified Bessel functions I₀ and I₁, of one double, with derivatives of any order.
 *
 * Near 0 they are power series of positive terms, or have them as factors; far away I₀ follows Hankel's expansion. Between
 * them, all are means over a circle: of `cosⁿθ e^(x cos θ)` and, with the factor e^(−|x|), of
 * `(1 − cos θ)ⁿ e^(−|x| (1 − cos θ))`. Their terms are positive, so nothing cancels, and equidistant points give all digits of
 * a smooth periodic function (L. N. Trefethen and J. A. C. Weideman, "The exponentially convergent trapezoidal
 * rule", 2014).
 */

import { nestedSum, twoProduct } from './doubleDouble.js';

/** The mean over the circle of a function of `sin²(θ/2)`, by `count` points on half of it, in pairs around θ = π/2. */
function mean(count: number, f: (s: number) => number): number {
  let sum = (f(0) + f(1)) / 2;
  let lost = 0;
  for (let k = 1; k < count; k++) {
    const term = f(Math.sin((Math.PI * k) / (2 * count)) ** 2) - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum / count;
}

/** How many points give all digits for functions like `e^(x cos θ)`. */
function pointsFor(x: number): number {
  return Math.ceil(24 + 4.6 * Math.sqrt(x) + Math.min(x, 30) / 2);
}

/** The derivative of order n of I₀; that of order 1 is I₁. */
export function besselI(n: number, x: number): number {
  if (x !== x) return x;
  const a = Math.abs(x);
  const sign = x < 0 && n % 2 === 1 ? -1 : 1;
  if (a > 714) return sign * Infinity;
  if (a <= SERIES) return sign * series(n, a);
  const scaled =
    n === 0
      ? scaledI0(0, a)
      : n === 1
        ? scaledI1(0, a)
        : mean(pointsFor(a), (s) => (1 - 2 * s) ** n * Math.exp(-2 * a * s));
  // In two factors where e^a itself overflows.
  return sign * (a < 709 ? scaled * Math.exp(a) : scaled * Math.exp(a / 2) * Math.exp(a / 2));
}

/**
 * Up to SERIES the significant terms of the power series have few rounding errors; from HANKEL on Hankel's expansion has all
 * digits.
 */
const [SERIES, HANKEL] = [8, 20];

/** The derivative of order n of `I₀ = Σ (x/2)^2k / k!²`, for x ≥ 0. */
function series(n: number, x: number): number {
  if (n < 2) return nested(n, x);
  let k = Math.ceil(n / 2);
  let term = n % 2 === 0 ? 1 : x;
  // The first power that remains after n derivatives: (2k)! / (2k − n)! / (2ᵏ k!)²
  for (let j = 1; j <= k; j++) term *= ((2 * j - 1) * (2 * j)) / (4 * j * j);
  const quarter = (x * x) / 4;
  let sum = 0;
  while (term > sum * 2 ** -55) {
    sum += term;
    k++;
    term *=
      (quarter / (k * k)) * (n === 0 ? 1 : (2 * k * (2 * k - 1)) / ((2 * k - n) * (2 * k - 1 - n)));
  }
  return sum;
}

/** `I₀ = 1 + q/1² (1 + q/2² (1 + …))` and `I₁ = x/2 (1 + q/(1·2) (1 + q/(2·3) (1 + …)))` with `q = x²/4`. */
function nested(n: number, x: number): number {
  const square = twoProduct(x / 2, x / 2);
  let terms = 0;
  for (let term = 1; term > 2 ** -60; terms++) term *= square.hi / ((terms + 1) * (terms + 1 + n));
  const { hi } = nestedSum(square, terms, (k) => ({ hi: k * (k + n), lo: 0 }));
  return n === 0 ? hi : (x / 2) * hi;
}

/** The derivative of order n of `e^(−x) I₀(x)` for x ≥ 0. */
function scaledI0(n: number, x: number): number {
  const sign = n % 2 === 0 ? 1 : -1;
  if (n === 0 && x <= SERIES) return Math.exp(-x) * series(0, x);
  if (x <= (n < 2 ? HANKEL : 200)) {
    return sign * mean(pointsFor(x), (s) => (2 * s) ** n * Math.exp(-2 * x * s));
  }
  // Hankel's expansion, Σ ((2k − 1)!!)² / (k! 8ᵏ) x^(−k − ½) / √(2π), differentiated term by term.
  let first = 1;
  for (let j = 0; j < n; j++) first *= (j + 0.5) / x;
  return sign * first * hankel(x, (k) => ((2 * k - 1) * (2 * k - 1 + 2 * n)) / (8 * k));
}

/** `(1 + c₁/x (1 + c₂/x (1 + …))) / √(2πx)`, evaluated from its end, so that small terms round first. */
function hankel(x: number, factor: (k: number) => number): number {
  let terms = 0;
  for (let term = 1; terms < 30 && Math.abs(term) > 1e-18; terms++) term *= factor(terms + 1) / x;
  let sum = 1;
  for (let k = terms; k > 0; k--) sum = 1 + (factor(k) / x) * sum;
  return sum / (4 * Math.sqrt((Math.PI / 8) * x));
}

/** The derivative of order n of `e^(−|x|) I₀(x)`, 0 for odd orders at 0, where it has a kink. */
export function besselI0e(n: number, x: number): number {
  if (x !== x) return x;
  if (x === 0 && n > 0) return n % 2 === 1 ? 0 : scaledI1(n - 1, 0);
  return (x < 0 && n % 2 === 1 ? -1 : 1) * scaledI0(n, Math.abs(x));
}

/** The derivative of order n of `e^(−x) I₁(x)` for x ≥ 0: I₁ is the derivative of I₀. */
function scaledI1(n: number, x: number): number {
  if (n === 0 && x <= SERIES) return Math.exp(-x) * series(1, x);
  if (n === 0 && x <= HANKEL) return mean(pointsFor(x), (s) => (1 - 2 * s) * Math.exp(-2 * x * s));
  if (n === 0) return hankel(x, (k) => ((2 * k - 1) ** 2 - 4) / (8 * k));
  return scaledI0(n, x) + scaledI0(n + 1, x);
}

/** The derivative of order n of `e^(−|x|) I₁(x)`, 0 for even orders at 0, where they jump. */
export function besselI1e(n: number, x: number): number {
  if (x !== x) return x;
  if (x === 0 && n > 0 && n % 2 === 0) return 0;
  return (x < 0 && n % 2 === 0 ? -1 : 1) * scaledI1(n, Math.abs(x));
}
