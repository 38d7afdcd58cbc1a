/** @file Vector forms of the inverse of the error function and of the normal distribution, of float32. */
import { F32x4, F64x2 } from '../../backends/wasm/assembler/opcodes.js';
import type { Lanes, Register } from '../../backends/wasm/elements/lanes.js';
import { log } from '../../backends/wasm/elements/logarithm32.js';
import { logOf } from '../../backends/wasm/elements/math64.js';
import type { VectorForm } from './vectorForms.js';

/** erfinv x = x·p(w) with w = −ln(1 − x²) below 5, and x·p(√w) in doubles above; within 2e-10 by Chebyshev interpolation. */
const NEAR = [
  4.384995311926027e-13, -1.568636534364775e-11, 2.3028791928112957e-10, -1.6256760966298217e-9,
  3.567242402922756e-9, 1.9508917804609265e-8, -4.041396309115129e-8, -9.931275169618238e-7,
  1.9837903601500923e-6, 4.6649227481161004e-5, -0.00012806678105648205, -0.002335093303471402,
  0.011549340542088175, 0.2320136666377936, 0.8862269254516055,
];
const FAR = [
  1.1847674789463085e-5, -0.00045467360051277097, 0.00793438291370593, -0.08313642215023516,
  0.5815047657545084, -2.8541935388957467, 10.053741954403394, -25.531334373322686,
  46.26255215979003, -58.28429207004596, 48.778884850249895, -24.03360427515971, 6.2424010109206645,
];

/** The last coefficient of `NEAR` in two parts. */
const [NEAR_HEAD, NEAR_REST] = [0.8862269520759583, -2.6624352722492972e-8];

/** Up to here w is below 5, as it nearly always is. */
const NEAR_LIMIT = 0.9966;

const farErfinv = (v: Lanes, x: Register): Register =>
  v.throughDouble(x, (y) => {
    const rest = v.mulD(v.subD(v.f64(1), y), v.addD(y, v.f64(1)));
    const w = v.negD(logOf(v, rest));
    return v.mulD(y, v.polynomialD(v.un(F64x2.sqrt, w), FAR));
  });

export const erfinvForm: VectorForm = {
  float32: (v, x) => {
    const w = v.neg(log(v, v.mul(v.sub(v.f32(1), x), v.add(x, v.f32(1)))));
    const slope = v.estrin(w, v.mul(w, w), NEAR.slice(0, -1));
    const p = v.add(v.madd(slope, w, v.f32(NEAR_REST)), v.f32(NEAR_HEAD));
    const result = v.copy(v.mul(x, p));
    v.repair(result, v.bin(F32x4.gt, v.abs(x), v.f32(NEAR_LIMIT)), () => farErfinv(v, x));
    return result;
  },
};

/** The quantile y·p(y²) at ½ + y for |y| ≤ 0.35; t·p(1/t) with t = √(−2 ln p) for smaller p; within 3e-9. */
const CENTRE = [
  188858525.28599954, -111680789.83455749, 32324923.12412849, -5385609.52915357, 630728.5318350086,
  -40640.63748990694, 4142.909256360601, 407.3005533613605, 151.99853814874155, 47.00180907258751,
  15.667925775660635, 5.7725320058642176, 2.6249349938596525, 2.506628274630091,
];
const TAIL = [
  -4720.084964209026, 19551.45601461505, -36897.08739925713, 42036.88062424407, -32309.9640820699,
  17745.537394417897, -7205.232972338938, 2212.9463198361295, -525.1112000329625, 99.86747227873606,
  -17.065997719027646, 4.006654952711375, 0.03394015477884713, -1.0002541540525982,
];

export const ndtriForm: VectorForm = {
  float32: (v, x) =>
    v.throughDouble(x, (p) => {
      const centred = v.subD(p, v.f64(0.5));
      const centre = v.mulD(centred, v.polynomialD(v.mulD(centred, centred), CENTRE));
      const least = v.bin(F64x2.pmin, p, v.subD(v.f64(1), p));
      const t = v.un(F64x2.sqrt, v.mulD(logOf(v, least), v.f64(-2)));
      const tail = v.mulD(t, v.polynomialD(v.divD(v.f64(1), t), TAIL));
      const right = v.and(v.bin(F64x2.gt, centred, v.f64(0)), v.f64(-0));
      const inside = v.bin(F64x2.le, v.un(F64x2.abs, centred), v.f64(0.35));
      return v.select(inside, centre, v.xor(tail, right));
    }),
};
