/** @file The logarithm of the gamma function and its derivatives. */
import { type FunctionTexts } from './text.js';

export const gamma: FunctionTexts = {
  lgammaf: {
    needs: ['logf', 'log1pf', 'isnan', 'isinf', 'inf', 'sinPi'],
    code: `fn lgammaPositive(x: f32) -> f32 {
  if (x >= 8.0) { let z = 1.0 / (x * x); let s = 0.0833333333f + z * (-0.00277777778f + z * (7.93650794e-4f - z * 5.95238095e-4f)); return (x - 0.5) * logf(x) - x + 0.9189385332f + s / x; }
  var up = 1.0; var down = 1.0; var y = x;
  for (; y < 0.5; y = y + 1.0) { up = up * y; }
  for (; y > 2.5; y = y - 1.0) { down = down * (y - 1.0); }
  let low = y < 1.5; let d = select(y - 2.0, y - 1.0, low);
  var s = 0.0;
  const Z = array<f32, 21>(0.0, 0.0, 0.6449340668f, 0.2020569032f, 0.0823232337f, 0.0369277551f, 0.0173430620f, 0.0083492774f, 0.0040773562f, 0.0020083928f, 9.945751278e-4f, 4.941886041e-4f, 2.460865533e-4f, 1.227133476e-4f, 6.124813506e-5f, 3.058823631e-5f, 1.528225941e-5f, 7.637197638e-6f, 3.817293265e-6f, 1.908212717e-6f, 9.539620339e-7f);
  var zeta = Z;
  for (var k = 20u; k >= 2u; k--) { s = -d * (zeta[k] / f32(k) + s); }
  var r = d * (0.4227843351f - s);
  if (low) { r = r - log1pf(d); }
  if (up != 1.0) { return r - logf(abs(up)); }
  if (down != 1.0) { return r + logf(down); }
  return r;
}
fn lgammaf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x) || (x <= 0.0 && floor(x) == x)) { return inf(); }
  if (x > 1.0e17f) { return x * (logf(x) - 1.0); }
  if (x < 0.0) { return logf(3.141592653589793f / abs(sinPi(x))) - lgammaPositive(1.0 - x); }
  return lgammaPositive(x);
}`,
  },
  digammaf: {
    needs: ['logf', 'isnan', 'isinf', 'nan', 'inf', 'negative', 'tanf'],
    code: `fn digammaf(x: f32) -> f32 {
  if (x == 0.0) { return select(-inf(), inf(), negative(x)); }
  if (isnan(x)) { return x; }
  if (isinf(x)) { if (x > 0.0) { return x; } return nan(); }
  if (x < 0.0 && floor(x) == x) { return nan(); }
  var y = x; var sum = 0.0;
  if (x < -0.5) { y = 1.0 - x; sum = -3.141592653589793f / tanf(3.141592653589793f * (x - round(x))); }
  // Between 1 and 2 a quotient of polynomials times the distance to its zero (J. Maddock, Boost).
  if (y < 8.0) {
    for (; y > 2.0; y = y - 1.0) { sum = sum + 1.0 / (y - 1.0); }
    for (; y < 1.0; y = y + 1.0) { sum = sum - 1.0 / y; }
    let g = (y - 1.4616317749f) - 3.70066019e-7f; let d = y - 1.0;
    let p = 0.254798502f + d * (-0.449813306f + d * (-0.439169377f - d * 0.0610417649f));
    let q = 1.0 + d * (1.58902025f + d * (0.653412521f + d * 0.0638516918f));
    return sum + (g * 0.995581627f + g * (p / q));
  }
  let z = 1.0 / (y * y);
  return sum + (logf(y) - 0.5 / y - z * (0.0833333333f - z * (0.00833333333f - z * (0.00396825397f - z * 0.00416666667f))));
}`,
  },
  /** Σ 1/(x + k)ˢ for x > 0, by Euler-Maclaurin summation: from a thousand on, or after twelve terms. */
  zetaPositive: {
    needs: ['powf'],
    code: `fn zetaPositive(s: f32, x: f32) -> f32 {
  var sum = 0.0; var a = x;
  for (var k = 0u; k < 12u && a < 1000.0; k++) { let t = powf(a, -s); sum = sum + t; a = a + 1.0; if (t < sum * 1.0e-9f) { return sum; } }
  // Everything times one power: for a large x the next power may underflow.
  let g = 1.0 / a; let h = g * g;
  let series = 0.0833333333f - (s + 1.0) * (s + 2.0) * h * (0.00138888889f - (s + 3.0) * (s + 4.0) * h * 3.30687831e-5f);
  return sum + powf(a, 1.0 - s) * (1.0 / (s - 1.0) + g * (0.5 + s * g * series));
}`,
  },
  zetaf: {
    needs: ['zetaPositive', 'isnan', 'isinf', 'nan', 'inf'],
    code: `fn zetaf(s: f32, q: f32) -> f32 {
  if (isnan(s)) { return s; } if (isnan(q)) { return q; }
  if (s == 1.0) { return inf(); }
  if (s < 1.0) { return nan(); }
  if (isinf(s)) { if (q > 1.0) { return 0.0; } if (q == 1.0) { return 1.0; } return select(nan(), inf(), q > 0.0); }
  if (q <= 0.0) { if (floor(q) == q) { return inf(); } if (floor(s) != s) { return nan(); } }
  if (isinf(q)) { return 0.0; }
  if (q > 0.0) { return zetaPositive(s, q); }
  let f = -q - floor(-q);
  let below = zetaPositive(s, f) - zetaPositive(s, 1.0 - q);
  return select(-below, below, (i32(s) & 1) == 0) + zetaPositive(s, 1.0 - f);
}`,
  },
  /** `(−1)ⁿ⁺¹ n! Σ 1/(x + k)ⁿ⁺¹`. */
  polygammaOf: {
    needs: ['zetaPositive', 'digammaf', 'powf', 'isnan', 'isinf', 'nan', 'inf'],
    code: `fn polygammaOf(n: u32, given: f32) -> f32 {
  var x = given;
  if (isnan(x)) { return x; }
  if (n == 0u) { return digammaf(x); }
  if (isinf(x) && x < 0.0) { return nan(); }
  if (x <= 0.0 && floor(x) == x) { return select(nan(), inf(), (n & 1u) == 1u); }
  var factor = select(-1.0, 1.0, (n & 1u) == 1u);
  for (var i = 2u; i <= n; i++) { factor = factor * f32(i); }
  let s = f32(n + 1u); var sum = 0.0;
  for (var k = 0u; x < 0.0 && k < 100000u; k++) { sum = sum + powf(x, -s); x = x + 1.0; }
  return factor * (sum + zetaPositive(s, x));
}`,
  },
};
