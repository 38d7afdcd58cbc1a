/**
 * @file Vector forms of lgamma, digamma and sinc of float32, through doubles: Stirling's series at the argument plus seven,
 * less the product or sum that the shift added, and reflection below 0.
 */
import { F64x2 } from '../../backends/wasm/assembler/opcodes.js';
import type { Lanes, Register } from '../../backends/wasm/elements/lanes.js';
import { logOf, trigD } from '../../backends/wasm/elements/math64.js';
import type { VectorForm } from './vectorForms.js';

const SHIFT = 7;
/** B₂ₖ / (2k (2k − 1)) and B₂ₖ / 2k from k = 6 down to 1. */
const LGAMMA = [-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];
const DIGAMMA = [-691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12];

const single = (of: (v: Lanes, x: Register) => Register): VectorForm => ({
  float32: (v, x) => v.throughDouble(x, (d) => of(v, d)),
});

/** π times the distance of x from the nearest integer; ±0 for ±0. */
function turn(v: Lanes, x: Register): Register {
  const away = v.subD(x, v.un(F64x2.nearest, x));
  const zero = v.bin(F64x2.eq, x, v.f64(0));
  return v.select(zero, x, v.mulD(away, v.f64(Math.PI)));
}

/** p of lgamma x = (x − 1)(x − 2)·p(x − 13/8) from ¾ to 5/2, within 6e-12 by Chebyshev interpolation. */
const BETWEEN = [
  1.609923623014614e-5, -2.7337899389800956e-5, -1.2028865455073257e-5, 2.007676562153477e-5,
  5.615060904130426e-5, -9.636407317626523e-5, 9.088947580292614e-5, -0.00015952737345251307,
  0.0003191784379115372, -0.0005651837607412233, 0.000998603242871756, -0.0018059311681654776,
  0.0033173361184036234, -0.006215560829772421, 0.01199191308724305, -0.02419443157530999,
  0.05257942625721788, -0.1315789913490686, 0.46580963736232694,
];

export const lgammaForm = single((v, x) => {
  const below = v.bin(F64x2.lt, x, v.f64(0));
  const y = v.select(below, v.subD(v.f64(1), x), x);
  let product = y;
  for (let k = 1; k < SHIFT; k++) product = v.mulD(product, v.addD(y, v.f64(k)));
  const up = v.addD(y, v.f64(SHIFT));
  const inverse = v.divD(v.f64(1), up);
  const series = v.mulD(v.polynomialD(v.mulD(inverse, inverse), LGAMMA), inverse);
  const first = v.mulD(v.subD(up, v.f64(0.5)), logOf(v, up));
  const constant = v.f64(0.9189385332046728);
  const stirling = v.addD(v.addD(v.subD(first, up), constant), series);
  const centred = v.subD(y, v.f64(13 / 8));
  const zeros = v.mulD(v.subD(y, v.f64(1)), v.subD(y, v.f64(2)));
  // 0 rather than −0.
  const between = v.addD(v.mulD(zeros, v.polynomialD(centred, BETWEEN)), v.f64(0));
  const isBetween = v.bin(F64x2.le, v.un(F64x2.abs, centred), v.f64(7 / 8));
  const value = v.select(isBetween, between, v.subD(stirling, logOf(v, product)));
  const sine = v.un(F64x2.abs, trigD(v, turn(v, x), 'sin'));
  const reflected = v.subD(logOf(v, v.divD(v.f64(Math.PI), sine)), value);
  const infinite = v.bin(F64x2.eq, v.un(F64x2.abs, x), v.f64(Infinity));
  return v.select(infinite, v.f64(Infinity), v.select(below, reflected, value));
});

export const digammaForm = single((v, x) => {
  const below = v.bin(F64x2.le, x, v.f64(0));
  const y = v.select(below, v.subD(v.f64(1), x), x);
  let sum = v.divD(v.f64(1), y);
  for (let k = 1; k < SHIFT; k++) sum = v.addD(sum, v.divD(v.f64(1), v.addD(y, v.f64(k))));
  const up = v.addD(y, v.f64(SHIFT));
  const inverse = v.divD(v.f64(1), up);
  const z = v.mulD(inverse, inverse);
  const series = v.addD(v.mulD(inverse, v.f64(0.5)), v.mulD(v.polynomialD(z, DIGAMMA), z));
  const value = v.subD(v.subD(logOf(v, up), series), sum);
  const angle = turn(v, x);
  const zero = v.bin(F64x2.eq, angle, v.f64(0));
  const cotangent = v.divD(v.f64(Math.PI), v.select(zero, angle, trigD(v, angle, 'tan')));
  const reflected = v.subD(value, cotangent);
  // There is no limit at the poles below 0, nor at −∞.
  const pole = v.and(v.bin(F64x2.lt, x, v.f64(0)), v.bin(F64x2.eq, x, v.un(F64x2.floor, x)));
  const finite = v.select(pole, v.f64(NaN), v.select(below, reflected, value));
  return v.select(v.bin(F64x2.eq, x, v.f64(Infinity)), x, finite);
});

/** `sin(πx) / πx`, and 1 at 0: the nearest integer, even or odd, gives the sign. */
export const sincForm = single((v, x) => {
  const whole = v.un(F64x2.nearest, x);
  const half = v.mulD(whole, v.f64(0.5));
  const odd = v.bin(F64x2.ne, half, v.un(F64x2.nearest, half));
  const sine = v.xor(trigD(v, turn(v, x), 'sin'), v.and(odd, v.f64(-0)));
  const y = v.divD(sine, v.mulD(x, v.f64(Math.PI)));
  return v.select(v.bin(F64x2.eq, x, v.f64(0)), v.f64(1), y);
});
