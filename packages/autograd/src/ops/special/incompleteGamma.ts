/**
 * @file The regularized incomplete gamma functions, of two doubles: a series below x ≈ a, a continued fraction above, and
 * for large a Temme's expansion where both would be long.
 */
import { lgamma, lgamma1p } from '../elements/gammaFunction.js';
import {
  logOfRatio,
  nestedSum,
  plus,
  timesDouble,
  twoSum,
  type DoubleDouble,
} from './doubleDouble.js';
import { temmeTail } from './temmeExpansion.js';

/** `P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt` for a, x ≥ 0, NaN elsewhere. */
export function gammainc(a: number, x: number): number {
  return edge(a, x, 0) ?? uniform(a, x, -1) ?? (x < below(a) ? series(a, x) : 1 - fraction(a, x));
}

/** `Q(a, x) = 1 − P(a, x)`, with every digit of its right tail. */
export function gammaincc(a: number, x: number): number {
  const small = x < (a < 1 ? 0.7 : a);
  return edge(a, x, 1) ?? uniform(a, x, 1) ?? (small ? complement(a, x) : fraction(a, x));
}

/** The largest x for which the series is used. */
function below(a: number): number {
  return a < 1 ? 1.1 : a;
}

/** Where the functions are 0, 1 or NaN: `start` is the value at x = 0. */
function edge(a: number, x: number, start: 0 | 1): number | null {
  if (!(a >= 0 && x >= 0)) return NaN;
  if (a === 0) return x === 0 ? NaN : 1 - start;
  if (x === 0) return start;
  if (a === Infinity) return x === Infinity ? NaN : start;
  return x === Infinity ? 1 - start : null;
}

/** P (`side` −1) or Q (1) by Temme's expansion, where that has all digits. */
function uniform(a: number, x: number, side: 1 | -1): number | null {
  if (a < 1e4) return null;
  const y = distance(a, x);
  if (y.hi > 760) return x > a === (side === 1) ? 0 : 1;
  return temmeTail(a, x, y, side);
}

/** `a φ(x/a)` with `φ(λ) = λ − 1 − ln λ`: how far `xᵃ e⁻ˣ` is below its maximum, in the exponent. */
function distance(a: number, x: number): DoubleDouble {
  return plus(twoSum(x, -a), timesDouble({ hi: -a, lo: 0 }, logOfRatio(x, a)));
}

/** The derivative of P with respect to x, `xᵃ⁻¹ e⁻ˣ / Γ(a)` for any a, x ≥ 0: infinite at 0 for a < 1. */
export function gammaDensity(a: number, x: number): number {
  if (!(a >= 0 && x >= 0)) return NaN;
  if (a === 0 || x === Infinity) return 0;
  if (x === 0) return a < 1 ? Infinity : a === 1 ? 1 : 0;
  if (a < 1) return density(a, x, a) / x;
  if (a >= 10) return density(a, x, a / x);
  // xᵃ itself may underflow; a − 1 is exact here.
  return (powerOf(x, a - 1) * a) / gamma1p(a);
}

/** `xᵃ e⁻ˣ`; beyond 700 in two halves, because the exponential itself would underflow too early. */
function powerOf(x: number, a: number): number {
  if (x < 700) return Math.exp(-x) * x ** a;
  const half = Math.exp(-x / 2);
  return half * x ** a * half;
}

/** `xᵃ e⁻ˣ / Γ(a + 1)`, times a factor. */
function density(a: number, x: number, factor = 1): number {
  if (a < 10) return (powerOf(x, a) * factor) / gamma1p(a);
  const y = distance(a, x);
  const z = 1 / (a * a);
  // Stirling's series for Γ(a + 1)
  const correction =
    (1 / 12 -
      z *
        (1 / 360 -
          z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z * (1 / 156))))))) /
    a;
  // 1 / √2πa; the rounding error of the product under the root is added to the small exponents.
  const under = timesDouble(TWO_PI, { hi: a, lo: 0 });
  const small = Math.expm1(-correction - y.lo - under.lo / (2 * under.hi));
  const root = Math.sqrt(under.hi);
  if (y.hi < 700) {
    const power = (Math.exp(-y.hi) / root) * factor;
    return power + power * small;
  }
  // In two halves, neither of which is below the range of normal numbers.
  const half = Math.exp(-y.hi / 2);
  return half === 0 ? 0 : half * (((1 + small) / root) * factor) * half;
}

/** `Γ(a + 1)` for 0 ≤ a < 10. */
function gamma1p(a: number): number {
  let product = 1;
  let b = a;
  for (; b > 0.5; b--) product *= b;
  return product * Math.exp(lgamma1p(b));
}

const ENOUGH = 1e-17;
const TWO_PI: DoubleDouble = { hi: 2 * Math.PI, lo: 2.4492935982947064e-16 };

/** `P = xᵃ e⁻ˣ / Γ(a + 1) · Σ xⁿ / ((a + 1) … (a + n))`, summed from its end. */
function series(a: number, x: number): number {
  let n = 0;
  for (let term = 1; term > ENOUGH; n++) term *= x / (a + n + 1);
  return density(a, x, nestedSum({ hi: x, lo: 0 }, n, (k) => twoSum(a, k)).hi);
}

/** `Q` below x = a: 1 − P, or for small a a form that does not cancel. */
function complement(a: number, x: number): number {
  if (a >= 1) return 1 - series(a, x);
  // Γ(a) Q = Γ(a) (1 − xᵃ / Γ(a + 1)) − xᵃ Σ (−x)ⁿ / (n! (a + n))
  let sum = 0;
  let power = 1;
  for (let n = 1; n < 100 && Math.abs(power) > ENOUGH * Math.abs(sum); n++) {
    power *= -x / n;
    sum += power / (a + n);
  }
  const log = a * Math.log(x);
  return (
    -Math.expm1(log - (a > 0.5 ? lgamma(a + 1) : lgamma1p(a))) - Math.exp(log - lgamma(a)) * sum
  );
}

/** `Q = xᵃ e⁻ˣ / Γ(a) · 1 / (x + 1 − a − 1 (1 − a) / (x + 3 − a − 2 (2 − a) / …))`, from its end. */
function fraction(a: number, x: number): number {
  // Lentz's method finds how many terms are needed.
  let n = 1;
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  for (; n < 1e5; n++) {
    const p = -n * (n - a);
    b += 2;
    d = 1 / (p * d + b);
    c = b + p / c;
    if (Math.abs(c * d - 1) < ENOUGH || !Number.isFinite(d)) break;
  }
  // Where one term is lost in rounding, all following ones may still matter together.
  const terms = Math.ceil(1.5 * n) + 4;
  let value = 0;
  if (a < 1) {
    // The same as 1 / (x + (1 − a) / (1 + 1 / (x + (2 − a) / (1 + …)))), which contains no difference.
    for (let k = terms; k > 0; k--) value = (k - a) / (1 + k / (x + value));
    return (density(a, x) * a) / (x + value);
  }
  for (let k = terms; k > 0; k--) value = (-k * (k - a)) / (x + 2 * k + 1 - a + value);
  return (density(a, x) * a) / (x + 1 - a + value);
}
