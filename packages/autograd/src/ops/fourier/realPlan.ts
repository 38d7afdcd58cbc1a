/** @file The discrete Fourier transform of a row of real numbers, of even length: one of half the length, and a pass over it. */
import { kept, rootsOfUnity } from '../../kernels/rootsOfUnity.js';
import { planOf, rowsOf } from '../../kernels/plainFourier.js';

type Row = Float64Array;

/** Transforms the row in the first part in place; the second is written. */
export type RealTransform = (real: Row, imag: Row) => void;

/**
 * The transform of real rows of n, an even number. Even elements are the real and odd ones the imaginary parts of a row of
 * n/2, whose transform Z holds that of the even ones, `(Z[k] + Z̄[n/2 − k])/2`, and that of the odd ones,
 * `(Z[k] − Z̄[n/2 − k])/2i`.
 */
export const realPlanOf: (n: number) => RealTransform = /* @__PURE__ */ kept((n) => {
  const m = n / 2;
  const transform = planOf(m);
  const { cos, sin } = rootsOfUnity(n);
  const [zr, zi] = rowsOf(m);
  return (real, imag) => {
    for (let k = 0; k < m; k++) {
      zr[k] = real[2 * k]!;
      zi[k] = real[2 * k + 1]!;
    }
    transform(zr, zi);
    for (let k = 0; k < m; k++) {
      const j = k === 0 ? 0 : m - k;
      const er = (zr[k]! + zr[j]!) / 2;
      const ei = (zi[k]! - zi[j]!) / 2;
      const or = (zi[k]! + zi[j]!) / 2;
      const oi = (zr[j]! - zr[k]!) / 2;
      const tr = or * cos[k]! - oi * sin[k]!;
      const ti = or * sin[k]! + oi * cos[k]!;
      real[k] = er + tr;
      imag[k] = ei + ti;
      real[k + m] = er - tr;
      imag[k + m] = ei - ti;
    }
  };
});
