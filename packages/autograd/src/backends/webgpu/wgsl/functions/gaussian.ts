/** @file The error function, the normal distribution, and their inverses. */
import { horner, number, type FunctionTexts } from './text.js';

const ERF_NEAR = [
  7.06350693e-5, -7.7657972e-4, 0.00516025908, -0.0268392228, 0.112832561, -0.376126021,
  0.128379166,
];
const ERF_FAR = [
  0.012529755, -0.0325479135, 0.0793605372, 0.0101082297, 0.181683794, 0.379993051, 0.8111884,
  1.23337913, 1.73010528,
];
const CDF_OVER = [0.00409720326, 0.0405046307, 0.182853818, 0.43778047, 0.5];
const CDF_UNDER = [0.0102700405, 0.101536676, 0.468463928, 1.20091963, 1.67344594, 1];

export const gaussian: FunctionTexts = {
  erff: {
    needs: ['isnan', 'withSign'],
    code: `fn erff(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = min(abs(x), 4.0f);
  if (a < 1.125f) { let z = a * a; return withSign(fma(${horner('z', ERF_NEAR)}, a, a), x); }
  let b = a - 1.125f; let root = ${horner('b', ERF_FAR)}; let s = root * root;
  return withSign(1.0 - 1.0 / (s * s), x);
}`,
  },
  /** e^(−scale·x²), with the square in two parts. */
  expSquare: {
    needs: ['expf', 'isnan', 'isinf'],
    code: `fn expSquare(x: f32, scale: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x)) { return 0.0; }
  let a = abs(x); let head = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  return expf(-scale * head * head) * expf(-scale * ((a - head) * (a + head)));
}`,
  },
  expNegSquaref: {
    needs: ['expSquare'],
    code: 'fn expNegSquaref(x: f32) -> f32 { return expSquare(x, 1.0); }',
  },
  normalPdff: {
    needs: ['expSquare'],
    code: `fn normalPdff(x: f32) -> f32 { return expSquare(x, 0.5) * ${number(1 / Math.sqrt(2 * Math.PI))}; }`,
  },
  normalCdff: {
    needs: ['expSquare', 'isnan'],
    code: `fn normalCdff(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  let a = min(abs(x), 14.2f);
  let left = expSquare(a, 0.5) * ${horner('a', CDF_OVER)} / ${horner('a', CDF_UNDER)};
  return select(1.0 - left, left, x < 0.0);
}`,
  },
  /** e^(x²) erfc x for x ≥ 0: an asymptotic series beyond 8, below it the rational approximation of the normal distribution. */
  scaledErfc: {
    needs: [],
    code: `fn scaledErfc(a: f32) -> f32 {
  if (a > 8.0) { let z = 1.0 / (a * a); return 0.5641895835477563f / a * (1.0 - z * (0.5 - z * (0.75 - z * 1.875))); }
  let b = a * 1.4142135623730951f;
  return 2.0 * ${horner('b', CDF_OVER)} / ${horner('b', CDF_UNDER)};
}`,
  },
  erfcf: {
    needs: ['expSquare', 'scaledErfc', 'erff', 'isnan'],
    code: `fn erfcf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (abs(x) < 0.5) { return 1.0 - erff(x); }
  let a = min(abs(x), 10.07f);
  let right = expSquare(a, 1.0) * scaledErfc(a);
  return select(right, 2.0 - right, x < 0.0);
}`,
  },
  erfinvf: {
    needs: ['logf', 'log1pf', 'erff', 'erfcf', 'expSquare', 'isnan', 'nan', 'inf', 'withSign'],
    code: `fn erfinvf(x: f32) -> f32 {
  if (isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 1.0) { return nan(); }
  if (a == 1.0) { return withSign(inf(), x); }
  let w = -log1pf(-a * a);
  var y: f32;
  if (w < 5.0) { let v = w - 2.5; y = a * ${horner('v', [2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941])}; }
  else { let v = sqrt(w) - 3.0; y = a * ${horner('v', [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682])}; }
  var error: f32;
  if (a < 0.5) { error = erff(y) - a; } else { error = (1.0 - a) - erfcf(y); }
  let step = error / (1.1283791670955126f * expSquare(y, 1.0));
  return withSign(y - step / (1.0 + y * step), x);
}`,
  },
  ndtrif: {
    needs: ['erfinvf', 'logf', 'isnan', 'nan', 'inf', 'normalCdff', 'normalPdff'],
    code: `fn ndtrif(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x < 0.0 || x > 1.0) { return nan(); }
  if (x == 0.0) { return -inf(); } if (x == 1.0) { return inf(); }
  let q = min(x, 1.0 - x);
  var y: f32;
  if (q > 0.02) { y = 1.4142135623730951f * erfinvf(1.0 - 2.0 * q); }
  else { let t = sqrt(-2.0 * logf(q)); y = t - (2.515517f + 0.802853f * t + 0.010328f * t * t) / (1.0 + 1.432788f * t + 0.189269f * t * t + 0.001308f * t * t * t);
    for (var k = 0u; k < 2u; k++) { let c = normalCdff(-y); let e = (c - q) / normalPdff(y); y = y + e / (1.0 - 0.5 * y * e); } }
  return select(y, -y, x < 0.5);
}`,
  },
  erfcxf: {
    needs: ['scaledErfc', 'expf', 'isnan', 'inf', 'erfcf'],
    code: `fn erfcxf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (x < -9.4f) { return inf(); }
  if (x < 0.0) { let head = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); return expf(head * head) * expf((x - head) * (x + head)) * erfcf(x); }
  return scaledErfc(x);
}`,
  },
  logNdtrf: {
    needs: ['normalCdff', 'logf', 'log1pf', 'scaledErfc', 'isnan', 'isinf'],
    code: `fn logNdtrf(x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (isinf(x)) { return select(x, 0.0, x > 0.0); }
  if (x > 0.0) { return log1pf(-normalCdff(-x)); }
  if (x > -1.0) { return logf(normalCdff(x)); }
  return logf(0.5 * scaledErfc(-x * 0.7071067811865476f)) - 0.5 * x * x;
}`,
  },
  /** Wₙ / Wₙ₋₁ of the repeated integrals of erfc, for x > 0: a continued fraction (Gautschi 1970). */
  tailRatio: {
    needs: [],
    code: `fn tailRatio(n: u32, x: f32) -> f32 {
  var ratio = 0.0;
  for (var k = i32(n) + i32(min(30.0 + 80.0 / (x * x), 400.0)); k >= i32(n); k--) { ratio = 0.5 / (x + f32(k + 1) * ratio); }
  return ratio;
}`,
  },
  /** The derivative of order n of erfcx, (−2)ⁿ n! Wₙ. */
  erfcxOf: {
    needs: ['tailRatio', 'erfcxf', 'isnan', 'isinf'],
    code: `fn erfcxOf(n: u32, x: f32) -> f32 {
  if (n == 0u || isnan(x)) { return erfcxf(x); }
  if (isinf(x) && x > 0.0) { return 0.0; }
  var w = erfcxf(x); var scale = 1.0; var before = 1.1283791670955126f;
  for (var k = 1u; k <= n; k++) {
    if (x >= 0.5) { w = w * tailRatio(k, x); }
    else { let next = (before - 2.0 * x * w) / (2.0 * f32(k)); before = w; w = next; }
    scale = scale * -2.0 * f32(k);
  }
  return scale * w;
}`,
  },
  /** The derivative of order n of Φ: (−1)ⁿ⁻¹ Heₙ₋₁(x) φ(x). */
  ndtrOf: {
    needs: ['normalCdff', 'normalPdff', 'isnan'],
    code: `fn ndtrOf(n: u32, x: f32) -> f32 {
  if (isnan(x)) { return x; }
  if (n == 0u) { return normalCdff(x); }
  let density = normalPdff(x);
  if (density == 0.0) { return 0.0; }
  var before = 0.0; var polynomial = 1.0;
  for (var k = 1u; k < n; k++) { let next = x * polynomial - f32(k - 1u) * before; before = polynomial; polynomial = next; }
  return select(-1.0, 1.0, (n & 1u) == 1u) * polynomial * density;
}`,
  },
  /** The derivative of order n of ln Φ: the first is h = φ/Φ, and h' = −h (x + h), by Leibniz' rule. */
  logNdtrOf: {
    needs: ['logNdtrf', 'tailRatio', 'normalCdff', 'normalPdff', 'isnan', 'isinf', 'inf'],
    code: `fn logNdtrOf(n: u32, x: f32) -> f32 {
  if (n == 0u || isnan(x)) { return logNdtrf(x); }
  if (isinf(x)) { if (x > 0.0 || n > 2u) { return 0.0; } return select(-1.0, inf(), n == 1u); }
  var h: array<f32, 9>; var sum: array<f32, 9>;
  if (x < -1.0) { let rest = 1.4142135623730951f * tailRatio(1u, -x * 0.7071067811865476f); h[0] = rest - x; sum[0] = rest; }
  else { h[0] = normalPdff(x) / normalCdff(x); sum[0] = x + h[0]; }
  for (var order = 1u; order < min(n, 9u); order++) {
    var next = 0.0; var choose = 1.0;
    for (var j = 0u; j < order; j++) { next = next - choose * h[j] * sum[order - 1u - j]; choose = choose * f32(order - 1u - j) / f32(j + 1u); }
    h[order] = next; sum[order] = select(next, 1.0 + next, order == 1u);
  }
  return h[min(n, 9u) - 1u];
}`,
  },
};
