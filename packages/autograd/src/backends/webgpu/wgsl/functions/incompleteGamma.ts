/**
 * @file The regularized incomplete gamma functions, and the derivative of a sample of the gamma distribution with respect to
 * its concentration.
 */
import { horner, LN2_HIGH, LN2_LOW, number, type FunctionTexts } from './text.js';

/** Temme's coefficients of a⁰ and a⁻¹ as power series in η, highest power first: enough for a of at least 100. */
const TEMME: readonly (readonly number[])[] = [
  [
    -1.7665952736826078e-7, 8.296711340953087e-7, -1.85406221071516e-6, -2.185448510679992e-6,
    3.919263178522438e-5, -1.787551440329218e-4, 3.527336860670194e-4, 1.1574074074074074e-3,
    -1.4814814814814815e-2, 8.333333333333333e-2, -0.3333333333333333,
  ],
  [
    7.64916091608111e-6, -1.8098550334489977e-5, -4.018775720164609e-7, 2.0576131687242798e-4,
    -9.902263374485596e-4, 2.6455026455026454e-3, -3.472222222222222e-3, -1.8518518518518519e-3,
  ],
];
/** The positive nodes of the Gauss-Legendre rule of 8 points, with their weights. */
const NODES = [0.1834346425, 0.5255324099, 0.7966664774, 0.9602898565];
const WEIGHTS = [0.3626837834, 0.3137066459, 0.2223810345, 0.1012285363];
const constants = (xs: readonly number[]): string =>
  `array<f32, ${xs.length}>(${xs.map(number).join(', ')})`;

/** Multiples of ⅛, and their logarithms to 12 binary digits. */
const EIGHTHS = [0.75, 0.875, 1, 1.125, 1.25, 1.375];
const highPart = (x: number): number => Math.round(Math.log(x) * 4096) / 4096;

export const incompleteGamma: FunctionTexts = {
  /** `d − ln(1 + d)`, without cancellation near 0. */
  logRemainder: {
    needs: ['log1pf'],
    code: `fn logRemainder(d: f32) -> f32 {
  if (abs(d) > 0.25) { return d - log1pf(d); }
  // with r = d / (2 + d): ln(1 + d) = 2 (r + r³/3 + …), and d − 2 r = d r
  let r = d / (2.0 + d); let z = r * r;
  return r * (d - 2.0 * z * ${horner('z', [1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3])});
}`,
  },
  /**
   * `x − a − a ln(x / a)`, how far `xᵃ e⁻ˣ` is below its maximum in the exponent, as a number and its rounding error, which an
   * exponential would magnify. The logarithm is `k ln 2 + ln c + 2 (s + s³/3 + …)` with s = (x − b) / (x + b), b = 2ᵏ c a and c
   * a multiple of ⅛ near 1.
   */
  gammaDistance: {
    needs: ['logRemainder', 'rounded', 'productRest', 'expf'],
    code: `const EIGHTHS_HIGH = ${constants(EIGHTHS.map(highPart))};
const EIGHTHS_LOW = ${constants(EIGHTHS.map((x) => Math.log(x) - highPart(x)))};
fn sumRest(x: f32, y: f32, sum: f32) -> f32 {
  let other = rounded(sum - x); return (x - rounded(sum - other)) + (y - other);
}
fn gammaDistance(a: f32, x: f32) -> vec2<f32> {
  if (a > 1.0e12f || x > 4096.0 * a || 4096.0 * x < a) { return vec2<f32>(a * logRemainder((x - a) / a), 0.0); }
  let k = round(log2(x / a)); let whole = a * exp2(k);
  let j = clamp(i32(round(8.0 * (x / whole))), 6, 11); let c = 0.125 * f32(j);
  let b = rounded(whole * c); let step = k * ${LN2_HIGH} + EIGHTHS_HIGH[j - 6];
  let m = rounded(x + b); let s = rounded((x - b) / m); let p = rounded(s * m);
  let low = (((x - b) - p) - productRest(s, m, p) - s * sumRest(x, b, m)) / m - 0.5 * productRest(whole, c, b) / b;
  let z = s * s; let tail = s * z * ${horner('z', [1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3])};
  let near = rounded(2.0 * a * s); let twos = rounded(a * step);
  let first = rounded(x - a); let second = rounded(first - near); let y = rounded(second - twos);
  let rest = sumRest(x, -a, first) + sumRest(first, -near, second) + sumRest(second, -twos, y)
    - productRest(2.0 * a, s, near) - productRest(a, step, twos) - a * (k * ${LN2_LOW} + EIGHTHS_LOW[j - 6]) - 2.0 * a * (low + tail);
  let sum = rounded(y + rest); return vec2<f32>(sum, sumRest(y, rest, sum));
}
fn expBelow(y: vec2<f32>) -> f32 {
  let t = y.y; return expf(-y.x) * (1.0 - t * (1.0 - t * (0.5 - t / 6.0)));
}`,
  },
  /** `xᵃ e⁻ˣ / Γ(a + 1)`. */
  gammaDensity: {
    needs: ['gammaDistance', 'stirlingSeries', 'expf', 'powf', 'rounded', 'lgammaf'],
    code: `fn gammaPower(b: f32, x: f32, a: f32) -> f32 {
  // exp(b ln x − x) would lose as many digits as its argument has before the point, and so would exp(ln Γ(a + 1)).
  var product = 1.0; var c = a;
  for (; c > 0.5; c -= 1.0) { product *= c; }
  let e = expf(-0.5 * x); return (rounded(powf(x, b) * e) * e) * expf(-lgammaf(1.0 + c)) / product;
}
fn gammaDensity(a: f32, x: f32) -> f32 {
  if (a < 8.0) { return gammaPower(a, x, a); }
  let y = gammaDistance(a, x); return expBelow(vec2<f32>(y.x, y.y + stirlingSeries(a))) * inverseSqrt(6.2831853f * a);
}`,
  },
  gammaDensityf: {
    needs: ['gammaDensity', 'isinf', 'nan', 'inf'],
    code: `fn gammaDensityf(a: f32, x: f32) -> f32 {
  if (!(a >= 0.0 && x >= 0.0)) { return nan(); }
  if (a == 0.0 || isinf(x)) { return 0.0; }
  if (x == 0.0) { if (a < 1.0) { return inf(); } return select(0.0, 1.0, a == 1.0); }
  if (a < 8.0) { return a * gammaPower(a - 1.0, x, a); }
  return gammaDensity(a, x) * (a / x);
}`,
  },
  /** Q if `upper`, otherwise P. */
  incompleteGamma: {
    needs: [
      ...['gammaDensity', 'gammaDistance', 'scaledErfc', 'expf', 'expm1f', 'logf', 'lgammaf'],
      ...['isnan', 'isinf', 'nan'],
    ],
    code: `fn incompleteGamma(a: f32, x: f32, upper: bool) -> f32 {
  let start = select(0.0, 1.0, upper);
  if (isnan(a) || isnan(x) || a < 0.0 || x < 0.0) { return nan(); }
  if (a == 0.0) { if (x == 0.0) { return nan(); } return 1.0 - start; }
  if (x == 0.0) { return start; }
  if (isinf(a)) { if (isinf(x)) { return nan(); } return start; }
  if (isinf(x)) { return 1.0 - start; }
  if (a >= 100.0) {
    let distance = gammaDistance(a, x); let y = max(distance.x, 0.0);
    let above = x >= a; let eta = sqrt(2.0 * y / a) * select(-1.0, 1.0, above);
    if (abs(eta) < 0.7) {
      let sum = ${horner('eta', TEMME[0]!)} + ${horner('eta', TEMME[1]!)} / a;
      let small = expBelow(distance) * (0.5 * scaledErfc(sqrt(y)) + select(-sum, sum, above) * inverseSqrt(6.2831853f * a));
      return select(1.0 - small, small, above == upper);
    }
  }
  let density = gammaDensity(a, x);
  if (x < select(a, 1.1, a < 1.0)) {
    if (upper && a < 1.0) {
      var sum = 0.0; var power = 1.0;
      for (var n = 1u; n < 40u; n++) { power = -power * x / f32(n); sum += power / (a + f32(n)); }
      let l = a * logf(x); let log = lgammaf(a + 1.0);
      return -expm1f(l - log) - expf(l - log) * a * sum;
    }
    var n = 1u;
    for (var term = 1.0; n < 2000u && term > 1.0e-9f; n++) { term *= x / (a + f32(n)); }
    var rest = 0.0;
    for (; n > 0u; n--) { let factor = x / (a + f32(n)); rest = factor + factor * rest; }
    let sum = 1.0 + rest;
    let below = density * sum;
    return select(below, 1.0 - below, upper);
  }
  // Lentz's method finds the length of the fraction; evaluated from its end, rounding errors fade.
  let first = (x - a) + 1.0; var b = first; var c = 1.0e30f; var d = 1.0 / b; var n = 1u;
  for (; n < 2000u; n++) {
    let p = -f32(n) * (f32(n) - a); b += 2.0;
    d = 1.0 / (p * d + b); c = b + p / c;
    if (abs(c * d - 1.0) < 6.0e-8f) { break; }
  }
  var under = first + 2.0 * f32(n);
  for (; n > 0u; n--) { under = first + 2.0 * f32(n - 1u) - f32(n) * (f32(n) - a) / under; }
  let value = 1.0 / under;
  let tail = density * a * value;
  return select(1.0 - tail, tail, upper);
}`,
  },
  gammaincf: {
    needs: ['incompleteGamma'],
    code: 'fn gammaincf(a: f32, x: f32) -> f32 { return incompleteGamma(a, x, false); }',
  },
  gammainccf: {
    needs: ['incompleteGamma'],
    code: 'fn gammainccf(a: f32, x: f32) -> f32 { return incompleteGamma(a, x, true); }',
  },
  /**
   * The derivative of a sample x with respect to its concentration at a fixed quantile, by forms whose terms all have one sign:
   * a series for small x, otherwise the integral of `ln t − ψ(a)` over one side of x.
   */
  gammaSlopef: {
    needs: ['digammaf', 'logf', 'log1pf', 'expf', 'isnan', 'isinf', 'nan'],
    code: `fn gammaSlopePanel(a: f32, x: f32, psi: f32, side: f32) -> f32 {
  var end = select(min(x, sqrt(a)), max(1.0, sqrt(a)), side > 0.0);
  for (var k = 0u; k < 100u; k++) {
    if (side < 0.0 && end >= x) { break; }
    if (!((a - 1.0) * log1pf(side * end / x) - side * end > -18.0)) { break; }
    end = select(min(end * 1.5, x), end * 1.5, side > 0.0);
  }
  const nodes = ${constants(NODES)}; const weights = ${constants(WEIGHTS)};
  var node = nodes; var weight = weights; var sum = 0.0;
  // Each panel is twice as long as the one before: the integrand curves most near 0.
  for (var q = 0u; q < 6u; q++) {
    let half = end * f32(1u << q) / 126.0; let centre = end * f32((1u << q) - 1u) / 63.0 + half;
    for (var k = 0u; k < 8u; k++) {
      let s = centre + select(-half, half, (k & 1u) == 1u) * node[k >> 1u];
      let near = log1pf(side * s / x);
      let value = expf((a - 1.0) * near - side * s) * side * (logf(x) - psi + near);
      if (!isnan(value)) { sum += weight[k >> 1u] * value * half; }
    }
  }
  return sum;
}
fn gammaSlopef(a: f32, x: f32) -> f32 {
  if (isnan(a) || isnan(x) || !(a > 0.0) || !(x > 0.0) || isinf(x)) { if (x == 0.0) { return 0.0; } return nan(); }
  let next = digammaf(a + 1.0); let psi = next - 1.0 / a;
  if (logf(x) > select(next, psi, a > 10.0)) { return gammaSlopePanel(a, x, psi, 1.0); }
  if (a > 10.0) { return gammaSlopePanel(a, x, psi, -1.0); }
  let start = next - logf(x); var term = 1.0; var harmonic = 0.0; var sum = start;
  for (var n = 1u; term > 1.0e-9f * sum && n < 1000u; n++) {
    term *= x / (a + f32(n)); harmonic += 1.0 / (a + f32(n)); sum += term * (start + harmonic);
  }
  return x / a * sum;
}`,
  },
};
