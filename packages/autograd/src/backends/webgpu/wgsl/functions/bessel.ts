/** @file The modified Bessel functions. */
import { number, type FunctionTexts } from './text.js';

/** Coefficients of Chebyshev polynomials for |x| beyond 8, the highest first. */
const I0_FAR = [
  3.39623203e-9, 2.26666899e-8, 2.04891859e-7, 2.89137052e-6, 6.88975835e-5, 3.36911648e-3,
  8.04490411e-1,
];
const I1_FAR = [
  -3.83538038e-9, -2.63146885e-8, -2.51223624e-7, -3.88256481e-6, -1.10588939e-4, -9.76109749e-3,
  7.78576235e-1,
];

const constants = (xs: readonly number[]): string =>
  `array<f32, ${xs.length}>(${xs.map(number).join(', ')})`;

/** A series of Chebyshev polynomials at x. */
const chebyshev = (order: 0 | 1, far: readonly number[]): string =>
  `fn chebyshev${order}(x: f32) -> f32 {
  const A = ${constants(far)};
  var a = A; var b0 = 0.0; var b1 = 0.0; var b2 = 0.0;
  for (var k = 0u; k < ${far.length}u; k++) { b2 = b1; b1 = b0; b0 = x * b1 - b2 + a[k]; }
  return 0.5 * (b0 - b2);
}`;

export const bessel: FunctionTexts = {
  /** I₀, or 2 I₁ / x: a nested power series of positive terms, for |x| up to 8. */
  besselSeries: {
    needs: [],
    code: `fn besselSeries(n: u32, x: f32) -> f32 {
  let q = 0.25 * x * x; var y = 1.0;
  for (var k = 20u; k >= 1u; k--) { y = 1.0 + q / f32(k * (k + n)) * y; }
  return y;
}`,
  },
  /** e^−|x| I₀(x) and e^−|x| I₁(x), beyond 8 by Cephes (Moshier 1989). */
  i0ef: {
    needs: ['isnan', 'isinf', 'besselSeries', 'expf'],
    code: `${chebyshev(0, I0_FAR)}
fn i0ef(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x);
  if (isinf(x)) { return 0.0; }
  if (a <= 8.0) { return expf(-a) * besselSeries(0u, a); }
  return chebyshev0(32.0 / a - 2.0) / sqrt(a);
}`,
  },
  i1ef: {
    needs: ['isnan', 'isinf', 'besselSeries', 'expf'],
    code: `${chebyshev(1, I1_FAR)}
fn i1ef(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x);
  if (isinf(x)) { return 0.0; }
  var y: f32;
  if (a <= 8.0) { y = 0.5 * a * expf(-a) * besselSeries(1u, a); }
  else { y = chebyshev1(32.0 / a - 2.0) / sqrt(a); }
  return select(y, -y, x < 0.0);
}`,
  },
  /** The exponential in two factors, as it overflows before the result does; a compiler might multiply them first. */
  i0f: {
    needs: ['i0ef', 'expf', 'isinf', 'rounded'],
    code: `fn i0f(x: f32) -> f32 {
  let a = abs(x);
  if (isinf(x)) { return a; }
  if (a <= 8.0) { return besselSeries(0u, x); }
  if (a <= 88.0) { return i0ef(x) * expf(a); }
  let e = expf(0.5 * a); return rounded(i0ef(x) * e) * e;
}`,
  },
  i1f: {
    needs: ['i1ef', 'expf', 'isinf', 'rounded'],
    code: `fn i1f(x: f32) -> f32 {
  let a = abs(x);
  if (x == 0.0 || isinf(x)) { return x; }
  if (a <= 8.0) { return 0.5 * x * besselSeries(1u, x); }
  if (a <= 88.0) { return i1ef(x) * expf(a); }
  let e = expf(0.5 * a); return rounded(i1ef(x) * e) * e;
}`,
  },
  /** The mean over a circle of (2s)ⁿ e^(−2xs) with s = sin²(θ/2), by the trapezoidal rule. */
  i0eOfPositive: {
    needs: ['expf', 'sinf'],
    code: `fn i0eOfPositive(n: u32, x: f32) -> f32 {
  let flip = select(-1.0, 1.0, (n & 1u) == 0u);
  if (x > 200.0) {
    var term = 1.0;
    for (var j = 0u; j < n; j++) { term = term * (f32(j) + 0.5) / x; }
    var total = 0.0;
    for (var k = 0u; k < 12u; k++) {
      total = total + term;
      let odd = f32(2u * k + 1u);
      term = term * (odd * odd / (8.0 * f32(k + 1u) * x)) * ((f32(k + n) + 0.5) / (f32(k) + 0.5));
    }
    return flip * total * 0.3989422804014327f / sqrt(x);
  }
  let count = u32(14.0 + 4.0 * sqrt(x) + 0.5 * min(x, 30.0));
  var sum = 0.0;
  for (var k = 0u; k <= count; k++) {
    let half = sinf(1.5707963267948966f * f32(k) / f32(count)); let s = half * half;
    var power = expf(-2.0 * x * s);
    for (var j = 0u; j < n; j++) { power = power * 2.0 * s; }
    sum = sum + select(power, 0.5 * power, k == 0u || k == count);
  }
  return flip * sum / f32(count);
}`,
  },
  /** The derivatives of order n of I₀, I₁, e^−|x| I₀ and e^−|x| I₁. */
  i0Of: {
    needs: ['i0f', 'i1f', 'expf', 'sinf', 'sinhf', 'coshf', 'isnan', 'inf', 'withSign', 'rounded'],
    code: `fn i0Of(n: u32, x: f32) -> f32 {
  if (n == 0u) { return i0f(x); }
  if (n == 1u || isnan(x)) { return i1f(x); }
  let a = abs(x); let odd = (n & 1u) == 1u;
  let sign = select(1.0, -1.0, x < 0.0 && odd);
  if (a > 100.0) { return sign * inf(); }
  let count = u32(14.0 + 4.0 * sqrt(a) + 0.5 * min(a, 30.0));
  let small = a <= 20.0;
  var sum = 0.0;
  for (var k = 0u; k <= count; k++) {
    let half = sinf(1.5707963267948966f * f32(k) / f32(count)); let s = half * half; let c = 1.0 - 2.0 * s;
    var power: f32;
    if (!small) { power = expf(-2.0 * a * s); } else if (odd) { power = sinhf(a * c); } else { power = coshf(a * c); }
    for (var j = 0u; j < n; j++) { power = power * c; }
    sum = sum + select(power, 0.5 * power, k == 0u || k == count);
  }
  sum = sign * sum / f32(count);
  if (small) { return sum; }
  let e = expf(0.5 * a);
  return rounded(sum * e) * e;
}`,
  },
  i1Of: { needs: ['i0Of'], code: 'fn i1Of(n: u32, x: f32) -> f32 { return i0Of(n + 1u, x); }' },
  i0eOf: {
    needs: ['i0ef', 'i0eOfPositive', 'isnan'],
    code: `fn i0eOf(n: u32, x: f32) -> f32 {
  if (n == 0u || isnan(x)) { return i0ef(x); }
  if (x == 0.0) { if ((n & 1u) == 1u) { return 0.0; } return i0eOfPositive(n - 1u, 0.0) + i0eOfPositive(n, 0.0); }
  return select(1.0, -1.0, x < 0.0 && (n & 1u) == 1u) * i0eOfPositive(n, abs(x));
}`,
  },
  i1eOf: {
    needs: ['i1ef', 'i0eOfPositive', 'isnan', 'besselSeries', 'expf'],
    code: `fn i1eOf(n: u32, x: f32) -> f32 {
  if (n == 0u || isnan(x)) { return i1ef(x); }
  let a = abs(x);
  // I₀ − I₁ / x − I₁, where the means over a circle would cancel.
  if (n == 1u && a < 1.0) { return expf(-a) * (besselSeries(0u, a) - 0.5 * (1.0 + a) * besselSeries(1u, a)); }
  if (x == 0.0 && (n & 1u) == 0u) { return 0.0; }
  return select(1.0, -1.0, x < 0.0 && (n & 1u) == 0u) * (i0eOfPositive(n, a) + i0eOfPositive(n + 1u, a));
}`,
  },
};
