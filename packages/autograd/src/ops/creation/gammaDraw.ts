/** @file Samples of the gamma distribution with rate 1, and their derivative with respect to the concentration. */
import { digamma } from '../elements/gammaFunction.js';
import { binary } from '../build/define.js';
import { mul } from '../build/fieldOperations.js';
import type { Tensor } from '../../graph/tensor.js';
import { elementDraw, type ElementDraw, type Stream } from './elementDraw.js';

/** A normally distributed number (Box and Muller). */
export function normalOf(next: Stream): number {
  return Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

/**
 * Marsaglia & Tsang, "A simple method for generating gamma variables", 2000; for a below 1, times a power of a uniform number.
 */
export function sampleGamma(next: Stream, a: number): number {
  if (!(a > 0) || a === Infinity) return a === 0 ? 0 : a === Infinity ? Infinity : NaN;
  if (a < 1) return sampleGamma(next, a + 1) * next() ** (1 / a);
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normalOf(next);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * The derivative of a sample x with respect to its concentration a at a fixed quantile, −(∂P(a, x)/∂a) / p(x; a) (Figurnov et
 * al. 2018, arXiv:1805.08498). Not differentiable again, as in PyTorch.
 */
const gammaSlope = binary('gammaSlope', {
  reference: gammaSlopeOf,
  dx: null,
  dy: null,
  domain: 'float',
});

/** `(seed, offset, concentration)`: a sample with an implicit gradient. */
export const drawGamma: ElementDraw = elementDraw('gammaDraw', sampleGamma, {
  vjp: (i, ct, inputs, out) => (i === 2 ? mul(ct, gammaSlope(inputs[2] as Tensor, out)) : null),
  jvp: ([, , t], inputs, out) => (t == null ? null : mul(t, gammaSlope(inputs[2] as Tensor, out))),
});

/**
 * −(∂P(a, x)/∂a) / p(x; a), by forms whose terms all have one sign, so that nothing cancels: a series for small x, otherwise
 * the integral of `ln t − ψ(a)` over one side of x.
 */
export function gammaSlopeOf(a: number, x: number): number {
  if (!(a > 0) || !(x > 0) || x === Infinity) return x === 0 ? 0 : NaN;
  const psi = digamma(a);
  if (Math.log(x) > (a > 10 ? psi : digamma(a + 1)))
    return integral((s) => Math.log(x + s) - psi, a, x, 1);
  if (a > 10) return integral((s) => psi - Math.log(x - s), a, x, -1);
  // P(a, x) = xᵃ e⁻ˣ / Γ(a + 1) Σ xⁿ / ((a + 1) … (a + n)), differentiated term by term.
  const start = digamma(a + 1) - Math.log(x);
  let [term, harmonic, sum] = [1, 0, start];
  for (let n = 1; term > 1e-18 * sum && n < 1000; n++) {
    term *= x / (a + n);
    harmonic += 1 / (a + n);
    sum += term * (start + harmonic);
  }
  return (x / a) * sum;
}

/** ∫ f(s) ((x ± s) / x)^(a − 1) e^∓s ds from 0 up to x, or until the weight vanishes. */
function integral(f: (s: number) => number, a: number, x: number, side: 1 | -1): number {
  const exponent = (s: number): number => (a - 1) * Math.log1p((side * s) / x) - side * s;
  let end = side === 1 ? Math.max(1, Math.sqrt(a)) : Math.min(x, Math.sqrt(a));
  const most = side === 1 ? Infinity : x;
  while (end < most && exponent(end) > -42) end = Math.min(end * 1.5, most);
  let sum = 0;
  // Each panel is twice as long as the one before: the integrand bends most near 0.
  for (let p = 0; p < 6; p++) {
    const half = (end * 2 ** p) / 63 / 2;
    const centre = (end * (2 ** p - 1)) / 63 + half;
    for (let k = 0; k < NODES.length; k++) {
      const [node, weight] = NODES[k]!;
      for (const s of [centre - half * node, centre + half * node]) {
        const value = Math.exp(exponent(s)) * f(s);
        if (value === value) sum += weight * value * half;
      }
    }
  }
  return sum;
}

/** The positive nodes of the Gauss-Legendre rule of 16 points, with their weights. */
const NODES: readonly (readonly [node: number, weight: number])[] = [
  [0.09501250983763744, 0.1894506104550685],
  [0.2816035507792589, 0.18260341504492358],
  [0.45801677765722737, 0.16915651939500254],
  [0.6178762444026438, 0.14959598881657674],
  [0.755404408355003, 0.12462897125553388],
  [0.8656312023878318, 0.09515851168249279],
  [0.9445750230732326, 0.062253523938647894],
  [0.9894009349916499, 0.027152459411754095],
];
