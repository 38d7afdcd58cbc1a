/**
 * @file The tail of the normal distribution without its exponential, of one double: erfcx, and the ratios of repeated integrals
 * of erfc, from which derivatives follow without cancellation.
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

/** `e^(x² · s)` for s = ±1 or ±½, including the rounding error of x²; `more` is added before the result is rounded. */
export function expOfSquare(x: number, s: number, more = 0): number {
  if (!(Math.abs(x) < 1e4)) return Math.exp(s * x * x);
  // The head has few enough bits for an exact square.
  const head = Math.round(x * 2 ** 12) / 2 ** 12;
  const power = Math.exp(s * head * head);
  return power + (power * Math.expm1(s * (x - head) * (x + head)) + more);
}

/** Coefficients of Taylor's series of erfcx around 0.875. */
const BETWEEN = [
  0.464311583202669, -0.3158338964908418, 0.1879569237731824, -0.1009143921262048,
  0.0498284153313766, -0.022925811484500114, 0.009922776760813, -0.0040695376625110675,
  0.001590482826528954, -0.0005950811531773852, 0.0002139573634997484, -7.415790183911005e-5,
  2.4844866565087853e-5, -8.064406706870489e-6, 2.5412158137965964e-6, -7.787790493064624e-7,
  2.324730182066802e-7, -6.769001863242556e-8, 1.924936132258976e-8, -5.3522976289641596e-9,
  1.456610089724612e-9,
];

/** erfcx between ½ and 1.25, where both a power and a tail would have rounding errors. */
function between(d: number): number {
  let y = 0;
  for (let k = BETWEEN.length - 1; k >= 0; k--) y = y * d + BETWEEN[k]!;
  return y;
}

/** `e^(x²) erfc(x)`. */
export function erfcx(x: number): number {
  if (x !== x) return x;
  if (x < -26.7) return Infinity;
  if (x >= 1.25) return scaledTail(x);
  if (x >= 0.5) return between(x - 0.875);
  // 2e^(x²) minus erfcx(−x).
  if (x <= -0.5 && x > -1.25) return 2 * expOfSquare(x, 1, -0.5 * between(-x - 0.875));
  const tail = erfc(x);
  // expm1 avoids the rounding of a power just above 1.
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
    // 2k Wₖ = Wₖ₋₂ − 2x Wₖ₋₁: sums for x < 0, and differences that hardly cancel up to ½.
    [before, w] = [w, (before - 2 * x * w) / (2 * k)];
    scale *= -2 * k;
  }
  return scale * w;
}
