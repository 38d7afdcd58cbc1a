/**
 * @file Vector forms of functions made of logarithms and exponentials, of float32: through doubles, which survive
 * cancellation.
 */
import { F32x4, F64x2, V128 } from '../../backends/wasm/assembler/opcodes.js';
import type { Lanes, Register } from '../../backends/wasm/elements/lanes.js';
import { log } from '../../backends/wasm/elements/logarithm32.js';
import { expD, expm1D, logD, logOf } from '../../backends/wasm/elements/math64.js';
import type { VectorForm } from './vectorForms.js';

const single = (of: (v: Lanes, x: Register) => Register): VectorForm => ({
  float32: (v, x) => v.throughDouble(x, (d) => of(v, d)),
});
const binary = (of: (v: Lanes, x: Register, y: Register) => Register): VectorForm => ({
  float32: (v, x, y) => v.bothThroughDouble(x, y, (a, b) => of(v, a, b)),
});

/** `ln(1 + x)`, also for ∞, for −1 and below, and for NaN. */
function log1pOf(v: Lanes, x: Register): Register {
  const inside = v.bin(F64x2.gt, x, v.f64(-1));
  const y = v.select(v.bin(F64x2.lt, x, v.f64(Infinity)), logD(v, x, true), x);
  const pole = v.select(v.bin(F64x2.eq, x, v.f64(-1)), v.f64(-Infinity), v.f64(NaN));
  return v.select(inside, y, pole);
}

/** `ln(x / (1 − x))`, corrected by the rounding error of 1 − x, which is 0 from ½ on. */
export const logitForm: VectorForm = {
  float32: (v, x) => {
    const rest = v.sub(v.f32(1), x);
    const lost = v.sub(v.sub(v.f32(1), rest), x);
    const divisor = v.bin(F32x4.pmax, rest, v.f32(0.25));
    return v.sub(log(v, v.div(x, rest)), v.div(lost, divisor));
  },
};

/** `x · log` for the logarithm of y, and 0 where x is 0, unless y is NaN. */
function timesLog(v: Lanes, x: Register, y: Register, log: Register): Register {
  const zero = v.and(v.bin(F64x2.eq, x, v.f64(0)), v.bin(F64x2.eq, y, y));
  return v.bin(V128.andnot, v.mulD(x, log), zero);
}

export const xlogyForm = binary((v, x, y) => timesLog(v, x, y, logOf(v, y)));
export const xlog1pyForm = binary((v, x, y) => timesLog(v, x, y, log1pOf(v, y)));

/** `−x ln x`, 0 at 0 and −∞ below. */
export const entrForm = single((v, x) => {
  const y = v.negD(timesLog(v, x, x, logOf(v, x)));
  const zero = v.bin(F64x2.eq, x, v.f64(0));
  return v.select(v.bin(F64x2.lt, x, v.f64(0)), v.f64(-Infinity), v.bin(V128.andnot, y, zero));
});

/** The larger plus `unit · ln(1 + e^(−|x − y| / unit))`; equal infinities are returned as they are. */
const added = (unit: number): VectorForm =>
  binary((v, x, y) => {
    const distance = v.un(F64x2.abs, v.subD(x, y));
    const power = expD(v, v.mulD(distance, v.f64(-1 / unit)));
    const more = v.mulD(logD(v, power, true), v.f64(unit));
    const larger = v.bin(F64x2.max, x, y);
    const infinite = v.bin(F64x2.eq, v.un(F64x2.abs, larger), v.f64(Infinity));
    return v.select(infinite, larger, v.addD(larger, more));
  });

export const logaddexpForm = added(1);
export const logaddexp2Form = added(Math.LOG2E);

/** Coefficients of p in x − tanh x = x³ p(x²), below ½. */
const NEAR = [
  -0.00039920306271437833, 0.001384197167640795, -0.0035775465262752834, 0.008861563608441439,
  -0.021869383529806146, 0.05396825071239567, -0.13333333329472885, 0.333333333333258,
];

/** `x − tanh x`: near 0 by its series. */
export const tanhshrinkForm = single((v, x) => {
  const z = v.mulD(x, x);
  const near = v.mulD(v.mulD(x, z), v.polynomialD(z, NEAR));
  const e = expm1D(v, v.mulD(v.un(F64x2.abs, x), v.f64(2)));
  const one = v.subD(v.f64(1), v.divD(v.f64(2), v.addD(e, v.f64(2))));
  const far = v.subD(x, v.or(one, v.and(x, v.f64(-0))));
  return v.select(v.bin(F64x2.lt, v.un(F64x2.abs, x), v.f64(0.5)), near, far);
});
