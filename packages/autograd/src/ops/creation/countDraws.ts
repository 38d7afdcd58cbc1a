/** @file Samples of counts, from the Poisson and the binomial distribution; and of angles, from the von Mises distribution. */
import { lgamma } from '../elements/gammaFunction.js';
import { elementDraw, type ElementDraw, type Stream } from './elementDraw.js';

/**
 * Hörmann, "The transformed rejection method for generating Poisson random variables", 1993 (PTRS); for small rates, by
 * multiplying uniform numbers.
 */
export function samplePoisson(next: Stream, rate: number): number {
  if (!(rate >= 0)) return NaN;
  if (rate < 10) {
    const limit = Math.exp(-rate);
    let count = 0;
    for (let product = next(); product > limit; product *= next()) count++;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const edge = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = next() - 0.5;
    const v = next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= edge) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b);
    if (left <= k * Math.log(rate) - rate - lgamma(k + 1)) return k;
  }
}

/** Hörmann, "The generation of binomial random variates", 1993 (BTRS); for few expected successes, by the gaps between them. */
export function sampleBinomial(next: Stream, n: number, p: number): number {
  if (!(n >= 0) || !(p >= 0 && p <= 1)) return NaN;
  if (p > 0.5) return n - sampleBinomial(next, n, 1 - p);
  if (n === 0 || p === 0) return 0;
  if (n * p < 10) {
    const scale = Math.log1p(-p);
    let [count, trials] = [0, 0];
    for (;;) {
      trials += Math.ceil(Math.log(next()) / scale);
      if (trials > n) return count;
      count++;
    }
  }
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const edge = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = Math.log(p / (1 - p));
  const m = Math.floor((n + 1) * p);
  for (;;) {
    const u = next() - 0.5;
    const v = next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= edge) return k;
    if (k < 0 || k > n) continue;
    const left = Math.log((v * alpha) / (a / (us * us) + b));
    const right =
      lgamma(m + 1) + lgamma(n - m + 1) - lgamma(k + 1) - lgamma(n - k + 1) + (k - m) * odds;
    if (left <= right) return k;
  }
}

/**
 * Best & Fisher, "Efficient simulation of the von Mises distribution", 1979: angles around 0, in [−π, π). Above 1e6, where
 * differences cancel so much that nothing would be accepted, the normal distribution to which it converges, as in NumPy.
 */
export function sampleVonMises(next: Stream, kappa: number): number {
  if (!(kappa >= 0)) return NaN;
  if (kappa < 1e-8) return (2 * next() - 1) * Math.PI;
  if (kappa > 1e6)
    return Math.sqrt((-2 * Math.log1p(-next())) / kappa) * Math.cos(2 * Math.PI * next());
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  const r = kappa < 1e-5 ? 1 / kappa + kappa : (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * next());
    const f = (1 + r * z) / (r + z);
    const c = kappa * (r - f);
    const u = next();
    if (c * (2 - c) - u > 0 || Math.log(c / u) + 1 - c >= 0)
      return (next() < 0.5 ? -1 : 1) * Math.acos(Math.min(1, Math.max(-1, f)));
  }
}

/** `(seed, offset, rate)` */
export const drawPoisson: ElementDraw = elementDraw('poissonDraw', samplePoisson);
/** `(seed, offset, total count, probability)` */
export const drawBinomial: ElementDraw = elementDraw('binomialDraw', sampleBinomial);
/** `(seed, offset, concentration)` */
export const drawVonMises: ElementDraw = elementDraw('vonMisesDraw', sampleVonMises);
