/** @file The modified Bessel functions. */
import { number, type FunctionTexts } from './text.js';

/** Coefficients of Chebyshev's polynomials up to 8 and beyond, the highest first. */
const I0_NEAR = [
  -1.30002501e-8, 6.04699502e-8, -2.67079385e-7, 1.11738754e-6, -4.41673836e-6, 1.64484481e-5,
  -5.75419501e-5, 1.88502885e-4, -5.76375575e-4, 1.63947562e-3, -4.32431e-3, 1.05464604e-2,
  -2.37374148e-2, 4.93052842e-2, -9.4901097e-2, 1.71620902e-1, -3.04682672e-1, 6.76795274e-1,
];
const I0_FAR = [
  3.39623203e-9, 2.26666899e-8, 2.04891859e-7, 2.89137052e-6, 6.88975835e-5, 3.36911648e-3,
  8.04490411e-1,
];
const I1_NEAR = [
  9.38153739e-9, -4.44505913e-8, 2.00329475e-7, -8.56872026e-7, 3.47025131e-6, -1.32731637e-5,
  4.78156511e-5, -1.61760816e-4, 5.12285956e-4, -1.51357245e-3, 4.15642294e-3, -1.05640849e-2,
  2.47264491e-2, -5.29459812e-2, 1.02643659e-1, -1.76416518e-1, 2.52587186e-1,
];
const I1_FAR = [
  -3.83538038e-9, -2.63146885e-8, -2.51223624e-7, -3.88256481e-6, -1.10588939e-4, -9.76109749e-3,
  7.78576235e-1,
];

const constants = (xs: readonly number[]): string =>
  `array<f32, ${xs.length}>(${xs.map(number).join(', ')})`;

/** A series of Chebyshev's polynomials at x, the one or the other. */
const chebyshev = (order: 0 | 1, near: readonly number[], far: readonly number[]): string =>
  `fn chebyshev${order}(x: f32, far: bool) -> f32 {
  const A = ${constants(near)};
  const B = ${constants(far)};
  var a = A; var b = B; var b0 = 0.0; var b1 = 0.0; var b2 = 0.0;
  for (var k = 0u; k < select(${near.length}u, ${far.length}u, far); k++) { b2 = b1; b1 = b0; b0 = x * b1 - b2 + select(a[k], b[min(k, ${far.length - 1}u)], far); }
  return 0.5 * (b0 - b2);
}`;

export const bessel: FunctionTexts = {
  /** e^−|x| I₀(x) and e^−|x| I₁(x), by Cephes (Moshier 1989). */
  i0ef: {
    needs: ['isnan', 'isinf'],
    code: `${chebyshev(0, I0_NEAR, I0_FAR)}
fn i0ef(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x);
  if (isinf(x)) { return 0.0; }
  if (a <= 8.0) { return chebyshev0(0.5 * a - 2.0, false); }
  return chebyshev0(32.0 / a - 2.0, true) / sqrt(a);
}`,
  },
  i1ef: {
    needs: ['isnan', 'isinf'],
    code: `${chebyshev(1, I1_NEAR, I1_FAR)}
fn i1ef(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = abs(x);
  if (isinf(x)) { return 0.0; }
  var y: f32;
  if (a <= 8.0) { y = chebyshev1(0.5 * a - 2.0, false) * a; } else { y = chebyshev1(32.0 / a - 2.0, true) / sqrt(a); }
  return select(y, -y, x < 0.0);
}`,
  },
  /** The exponential in two factors, as it overflows before the result does; a compiler would multiply these first. */
  i0f: {
    needs: ['i0ef', 'expf', 'isinf', 'rounded'],
    code: 'fn i0f(x: f32) -> f32 { if (isinf(x)) { return abs(x); } let e = expf(0.5 * abs(x)); return rounded(i0ef(x) * e) * e; }',
  },
  i1f: {
    needs: ['i1ef', 'expf', 'isinf', 'rounded'],
    code: 'fn i1f(x: f32) -> f32 { if (x == 0.0 || isinf(x)) { return x; } let e = expf(0.5 * abs(x)); return rounded(i1ef(x) * e) * e; }',
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
    needs: ['i1ef', 'i0eOfPositive', 'isnan'],
    code: `fn i1eOf(n: u32, x: f32) -> f32 {
  if (n == 0u || isnan(x)) { return i1ef(x); }
  if (x == 0.0 && (n & 1u) == 0u) { return 0.0; }
  return select(1.0, -1.0, x < 0.0 && (n & 1u) == 0u) * (i0eOfPositive(n, abs(x)) + i0eOfPositive(n + 1u, abs(x)));
}`,
  },
};
