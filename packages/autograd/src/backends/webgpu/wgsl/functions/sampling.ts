/** @file Random numbers: Threefry, streams of uniform numbers, and the distributions that are drawn by rejection. */
import type { FunctionTexts } from './text.js';

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

const rounds = Array.from({ length: 5 }, (_, group) => {
  const turns = ROTATIONS[group % 2]!.map(
    (r) => `x = x + y; y = ((y << ${r}u) | (y >> ${32 - r}u)) ^ x;`,
  );
  const [first, second] = [(group + 1) % 3, (group + 2) % 3];
  return `${turns.join(' ')} x = x + k${first}; y = y + k${second} + ${group + 1}u;`;
}).join('\n  ');

/** Rejections end sooner or later: a thread that draws more often than this has invalid parameters. */
const MAX_REJECTIONS = 100000;

export const sampling: FunctionTexts = {
  /** Threefry-2x32-20 of two words under a key of two words. */
  threefry: {
    needs: [],
    code: `fn threefry(key: vec2<u32>, count: vec2<u32>) -> vec2<u32> {
  let k0 = key.x; let k1 = key.y; let k2 = 0x1bd11bdau ^ k0 ^ k1;
  var x = count.x + k0; var y = count.y + k1;
  ${rounds}
  return vec2<u32>(x, y);
}`,
  },
  /** The next number in (0, 1) of the stream of a thread. */
  next: {
    needs: ['threefry'],
    code: `var<private> stream: vec2<u32>;
var<private> drawn: u32 = 0u;
fn next() -> f32 {
  let words = threefry(stream, vec2<u32>(drawn, 0u)); drawn++;
  let u = (f32(words.x) + (f32(words.y) + 0.5) / 4294967296.0) / 4294967296.0;
  return min(u, 0.99999994f);
}`,
  },
  /** Marsaglia and Tsang, 2000; for a below 1, times a power of a uniform number. */
  gammaSample: {
    needs: ['next', 'logf', 'cosf', 'powf', 'isnan', 'isinf', 'nan'],
    code: `fn gammaSample(given: f32, unused: f32) -> f32 {
  if (isnan(given) || given < 0.0) { return nan(); }
  if (given == 0.0 || isinf(given)) { return given; }
  let a = select(given, given + 1.0, given < 1.0);
  let d = a - 1.0 / 3.0; let c = 1.0 / sqrt(9.0 * d); var y = d;
  for (var i = 0u; i < ${MAX_REJECTIONS}u; i++) {
    let r = sqrt(-2.0 * logf(next())); let x = r * cosf(6.2831853f * next());
    let root = 1.0 + c * x; let v = root * root * root;
    if (v <= 0.0) { continue; }
    if (logf(next()) < 0.5 * x * x + d - d * v + d * logf(v)) { y = d * v; break; }
  }
  if (given < 1.0) { return y * powf(next(), 1.0 / given); }
  return y;
}`,
  },
  /** The error of Stirling's formula, `ln Γ(a + 1) − (a + 1/2) ln a + a − ln √2π`, for a of at least 8. */
  stirlingSeries: {
    needs: [],
    code: `fn stirlingSeries(a: f32) -> f32 {
  let z = 1.0 / (a * a);
  return (0.083333333f - z * (0.0027777778f - z * 7.9365079e-4f)) / a;
}`,
  },
  /** The same for whole numbers. */
  stirlingError: {
    needs: ['stirlingSeries'],
    code: `const STIRLING = array<f32, 8>(0.0, 0.081061467f, 0.041340696f, 0.027677926f, 0.020790672f, 0.016644691f, 0.013876129f, 0.011896710f);
fn stirlingError(k: f32) -> f32 {
  var table = STIRLING;
  if (k < 8.0) { return table[u32(k)]; }
  return stirlingSeries(k);
}`,
  },
  /** `ln` of the probability of k events at a rate (C. Loader, "Fast and accurate computation of binomial probabilities", 2000). */
  poissonLog: {
    needs: ['logRemainder', 'stirlingError', 'logf'],
    code: `fn deviance(k: f32, mean: f32) -> f32 { return k * logRemainder((mean - k) / k); }
fn poissonLog(k: f32, rate: f32) -> f32 {
  if (k == 0.0) { return -rate; }
  return -stirlingError(k) - deviance(k, rate) - 0.5 * logf(6.2831853f * k);
}`,
  },
  /** Hörmann, 1993 (PTRS); for small rates, by multiplying uniform numbers. */
  poissonSample: {
    needs: ['next', 'logf', 'expf', 'poissonLog', 'isnan', 'isinf', 'nan'],
    code: `fn poissonSample(rate: f32, unused: f32) -> f32 {
  if (isnan(rate) || rate < 0.0) { return nan(); }
  if (isinf(rate)) { return rate; }
  if (rate < 10.0) {
    let limit = expf(-rate); var count = 0.0;
    for (var product = next(); product > limit; product *= next()) { count += 1.0; }
    return count;
  }
  let b = 0.931 + 2.53 * sqrt(rate); let a = -0.059 + 0.02483 * b;
  let scale = 1.1239 + 1.1328 / (b - 3.4); let edge = 0.9277 - 3.6224 / (b - 2.0);
  for (var i = 0u; i < ${MAX_REJECTIONS}u; i++) {
    let u = next() - 0.5; let v = next(); let us = max(0.5 - abs(u), 1.0e-9f);
    let k = floor((2.0 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= edge) { return k; }
    if (k < 0.0 || (us < 0.013 && v > us)) { continue; }
    if (logf(v) + logf(scale) - logf(a / (us * us) + b) <= poissonLog(k, rate)) { return k; }
  }
  return floor(rate);
}`,
  },
  /** Hörmann, 1993 (BTRS); for few expected successes, by the gaps between them. */
  binomialSample: {
    needs: ['next', 'logf', 'log1pf', 'poissonLog', 'isnan', 'isinf', 'nan'],
    code: `fn binomialLog(k: f32, n: f32, p: f32) -> f32 {
  if (k == 0.0) { return n * log1pf(-p); }
  if (k == n) { return n * logf(p); }
  return stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * (1.0 - p))
    + 0.5 * logf(n / (6.2831853f * k) / (n - k));
}
fn binomialSample(n: f32, given: f32) -> f32 {
  if (isnan(n) || isnan(given) || isinf(n) || n < 0.0 || given < 0.0 || given > 1.0) { return nan(); }
  let p = min(given, 1.0 - given); var found = 0.0;
  if (n > 0.0 && p > 0.0) {
    if (n * p < 10.0) {
      let scale = log1pf(-p); var trials = 0.0;
      for (var i = 0u; i < ${MAX_REJECTIONS}u; i++) {
        trials += ceil(logf(next()) / scale);
        if (trials > n) { break; }
        found += 1.0;
      }
    } else {
      let spread = sqrt(n * p * (1.0 - p));
      let b = 1.15 + 2.53 * spread; let a = -0.0873 + 0.0248 * b + 0.01 * p;
      let c = n * p + 0.5; let edge = 0.92 - 4.2 / b; let alpha = (2.83 + 5.1 / b) * spread;
      found = floor((n + 1.0) * p); var most = 0.0;
      // The first round looks at the most likely number.
      for (var i = 0u; i < ${MAX_REJECTIONS}u; i++) {
        var k = found; var v = 0.0; var us = 0.0;
        if (i > 0u) {
          let u = next() - 0.5; v = next(); us = max(0.5 - abs(u), 1.0e-9f);
          k = floor((2.0 * a / us + b) * u + c);
          if (us >= 0.07 && v <= edge) { found = k; break; }
          if (k < 0.0 || k > n) { continue; }
        }
        let log = binomialLog(k, n, p);
        if (i == 0u) { most = log; } else if (logf(v * alpha / (a / (us * us) + b)) <= log - most) { found = k; break; }
      }
    }
  }
  return select(found, n - found, given > 0.5);
}`,
  },
  /**
   * Best and Fisher, 1979: angles around 0, in [−π, π). In terms of e = r − 1 and the tangent of half the angle, so that
   * nothing cancels near 0.
   */
  vonMisesSample: {
    needs: ['next', 'logf', 'cosf', 'sinf', 'atan2f', 'isnan', 'nan'],
    code: `fn vonMisesSample(kappa: f32, unused: f32) -> f32 {
  if (isnan(kappa) || kappa < 0.0) { return nan(); }
  if (kappa < 1.0e-8f) { return (2.0 * next() - 1.0) * 3.1415925f; }
  let tau = 1.0 + sqrt(1.0 + 4.0 * kappa * kappa); let rho = (tau - sqrt(2.0 * tau)) / (2.0 * kappa);
  var e = (1.0 - rho) * (1.0 - rho) / (2.0 * rho);
  if (kappa < 0.01) { e = 1.0 / kappa + kappa - 1.0; }
  if (kappa > 1.0e4f) { e = 0.5 / kappa; }
  for (var i = 0u; i < ${MAX_REJECTIONS}u; i++) {
    let half = 1.5707963f * next(); let s = sinf(half); let t = cosf(half);
    let c = kappa * (e + 2.0 * e * s * s / (e + 2.0 * t * t)); let u = next();
    if (c * (2.0 - c) - u > 0.0 || logf(c / u) + 1.0 - c >= 0.0) {
      return select(2.0, -2.0, next() < 0.5) * atan2f(sqrt(e) * s, sqrt(e + 2.0) * t);
    }
  }
  return 0.0;
}`,
  },
};
