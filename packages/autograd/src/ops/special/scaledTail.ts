/**
 * @file The tail of the normal distribution without its exponential, of one double: erfcx, and the ratios of repeated
 * integrals of erfc, from which derivatives follow without cancellation.
 *
 * With Wₙ(x) = e^(x²) iⁿerfc(x), W₋₁ = 2/√π, the derivative of order n of erfcx = W₀ is (−2)ⁿ n! Wₙ (Abramowitz and Stegun,
 * 7.2), and Wₙ/Wₙ₋₁ is a continued fraction (W. Gautschi, "Efficient computation of the complex error function", 1970).
 */
import { erfc, scaledTail } from '../elements/errorFunction.js';

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** `Wₙ(x) / Wₙ₋₁(x)` for x > 0: 1 / (2x + 2(n+1) / (2x + 2(n+2) / …)). */
export function tailRatio(n: number, x: number): number {
  const terms = Math.ceil(30 + 220 / (x * x));
  let ratio = 0;
  for (let k = n + terms; k >= n; k--) ratio = 0.5 / (x + (k + 1) * ratio);
  return ratio;
}

/** `e^(x² · s)` for s = ±1 or ±½, with the rounding error of x² put back. */
export function expOfSquare(x: number, s: number): number {
  if (!(Math.abs(x) < 1e4)) return Math.exp(s * x * x);
  // The head has few enough bits for an exact square.
  const head = Math.round(x * 2 ** 12) / 2 ** 12;
  const power = Math.exp(s * head * head);
  return power + power * Math.expm1(s * (x - head) * (x + head));
}

/** `e^(x²) erfc(x)`. */
export function erfcx(x: number): number {
  if (x !== x) return x;
  if (x < -26.7) return Infinity;
  if (x >= 1.25) return scaledTail(x);
  const tail = erfc(x);
  // A power just above 1 has half the digits below it that its product with the tail has.
  return Math.abs(x) < 0.5 ? tail + tail * Math.expm1(x * x) : expOfSquare(x, 1) * tail;
}

/** The derivative of order n of erfcx. */
export function erfcxDerivative(n: number, x: number): number {
  if (n === 0) return erfcx(x);
  if (x !== x) return x;
  if (x === Infinity) return -0 * (n % 2);
  let w = erfcx(x);
  let scale = 1;
  if (x >= 0.5) {
    for (let k = 1; k <= n; k++) {
      w *= tailRatio(k, x);
      scale *= -2 * k;
    }
    return scale * w;
  }
  let before = TWO_OVER_ROOT_PI;
  for (let k = 1; k <= n; k++) {
    // 2k Wₖ = Wₖ₋₂ − 2x Wₖ₋₁: sums for x < 0, harmless differences up to ½.
    [before, w] = [w, (before - 2 * x * w) / (2 * k)];
    scale *= -2 * k;
  }
  return scale * w;
}
