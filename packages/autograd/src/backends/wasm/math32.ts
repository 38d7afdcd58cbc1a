/**
 * @file Vector forms of the element functions for float32, four lanes at a time.
 *
 * Within 2 units in the last place (`sigmoid` and `tanh` 3) over the whole range; infinities, NaN, signed zeros and
 * denormal numbers as IEEE 754 has them. Polynomials are Cephes' (Moshier 1989) where single precision suffices;
 * the rest goes through pairs of doubles and is rounded once.
 */
import type { Lanes, Register } from './lanes.js';
import { erfcD, expD, expm1D, logD, SINCOS_LIMIT, trigD } from './math64.js';
import { F32x4, I32x4, V128 } from './opcodes.js';

type Formula = (v: Lanes, x: Register) => Register;

/** Adding it rounds to an integer, which then sits in the low bits of the mantissa. */
const MAGIC = 12582912;
const MAGIC_BITS = 0x4b400000;

/** y·2ⁿ in two steps, so that a result below the normal range is rounded once. */
function scale(v: Lanes, y: Register, magic: Register): Register {
  const n = v.bin(I32x4.sub, magic, v.i32(MAGIC_BITS));
  const half = v.shift(I32x4.shrS, n, 1);
  const power = (k: Register): Register => v.shift(I32x4.shl, v.bin(I32x4.add, k, v.i32(127)), 23);
  return v.mul(v.mul(y, power(half)), power(v.bin(I32x4.sub, n, half)));
}

const exp: Formula = (v, x) => {
  const c = v.clamp(x, -104, 89);
  const magic = v.add(v.mul(c, v.f32(Math.LOG2E)), v.f32(MAGIC));
  const n = v.sub(magic, v.f32(MAGIC));
  const r = v.sub(v.sub(c, v.mul(n, v.f32(0.693359375))), v.mul(n, v.f32(-2.1219444e-4)));
  const p = v.polynomial(
    r,
    [
      1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
      5.0000001201e-1,
    ],
  );
  const y = v.add(v.add(v.mul(p, v.mul(r, r)), r), v.f32(1));
  return scale(v, y, magic);
};

const exp2: Formula = (v, x) => {
  const c = v.clamp(x, -151, 129);
  const magic = v.add(c, v.f32(MAGIC));
  const r = v.sub(c, v.sub(magic, v.f32(MAGIC)));
  const p = v.polynomial(
    r,
    [
      1.5353361883195e-4, 1.339887440266574e-3, 9.61843735767464e-3, 5.550332471162809e-2,
      2.402264791363012e-1, 6.931472028550421e-1,
    ],
  );
  return scale(v, v.add(v.mul(p, r), v.f32(1)), magic);
};

/** Puts the values of a logarithm at 0, ∞ and below 0 over `y`. */
function logarithmEdges(v: Lanes, x: Register, y: Register, zero: number): Register {
  const finite = v.select(v.bin(F32x4.eq, x, v.f32(Infinity)), x, y);
  const edge = v.select(v.bin(F32x4.eq, x, v.f32(zero)), v.f32(-Infinity), finite);
  // Not ≥ is also true of NaN.
  return v.select(v.bin(F32x4.ge, x, v.f32(zero)), edge, v.f32(NaN));
}

const log: Formula = (v, x) => {
  const small = v.bin(F32x4.lt, x, v.f32(2 ** -126));
  const normal = v.select(small, v.mul(x, v.f32(2 ** 23)), x);
  const shifted = v.bin(I32x4.sub, v.shift(I32x4.shrU, normal, 23), v.i32(126));
  const e0 = v.un(F32x4.fromI32, v.bin(I32x4.sub, shifted, v.and(small, v.i32(23))));
  const m0 = v.or(v.and(normal, v.i32(0x007fffff)), v.i32(0x3f000000));
  const below = v.bin(F32x4.lt, m0, v.f32(Math.SQRT1_2));
  const e = v.sub(e0, v.and(below, v.f32(1)));
  const m = v.add(v.sub(m0, v.f32(1)), v.and(below, m0));
  const z = v.mul(m, m);
  const p = v.polynomial(
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
      -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const tail = v.sub(
    v.add(v.mul(v.mul(m, z), p), v.mul(e, v.f32(-2.1219444e-4))),
    v.mul(z, v.f32(0.5)),
  );
  return logarithmEdges(v, x, v.add(v.add(m, tail), v.mul(e, v.f32(0.693359375))), 0);
};

/** Keeps ±0 where a formula would lose the sign. */
const keepZero = (v: Lanes, x: Register, y: Register): Register =>
  v.select(v.bin(F32x4.eq, x, v.f32(0)), x, y);

const scaledLog =
  (factor: number): Formula =>
  (v, x) =>
    logarithmEdges(
      v,
      x,
      v.throughDouble(x, (d) => v.mulD(logD(v, d), v.f64(factor))),
      0,
    );

const log1p: Formula = (v, x) =>
  keepZero(
    v,
    x,
    logarithmEdges(
      v,
      x,
      v.throughDouble(x, (d) => logD(v, d, true)),
      -1,
    ),
  );

const expm1: Formula = (v, x) => {
  const y = v.throughDouble(x, (d) => expm1D(v, d));
  return keepZero(v, x, y);
};

const trig =
  (name: 'sin' | 'cos' | 'tan'): Formula =>
  (v, x) => {
    const near = v.throughDouble(x, (d) => trigD(v, d, name));
    const result = v.copy(name === 'cos' ? near : keepZero(v, x, near));
    const far = v.bin(F32x4.gt, v.un(F32x4.abs, x), v.f32(SINCOS_LIMIT));
    v.repair(result, far, () => v.call(name, x));
    return result;
  };

const tanh: Formula = (v, x) => {
  const a = v.un(F32x4.abs, x);
  const e = exp(v, v.add(a, a));
  const far = v.sub(v.f32(1), v.div(v.f32(2), v.add(e, v.f32(1))));
  const z = v.mul(x, x);
  const p = v.polynomial(
    z,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  );
  const near = v.add(v.mul(v.mul(p, z), x), x);
  // NaN fails the comparison and comes out of the exponential. The sign is put on last: −0 is kept.
  return v.or(v.select(v.bin(F32x4.lt, a, v.f32(0.625)), near, far), v.and(x, v.f32(-0)));
};

const sigmoid: Formula = (v, x) => {
  // e^(−|x|) never overflows; below 0 the answer is e^x / (1 + e^x).
  const e = exp(v, v.or(x, v.f32(-0)));
  const numerator = v.select(v.bin(F32x4.lt, x, v.f32(0)), e, v.f32(1));
  return v.div(numerator, v.add(e, v.f32(1)));
};

/** Juffa's two-piece approximation: a polynomial, and 1 − e^polynomial. */
const erf: Formula = (v, x) => {
  const a = v.un(F32x4.abs, x);
  const s = v.mul(x, x);
  const t = v.bin(F32x4.pmin, a, v.f32(4));
  const q = v.polynomial(
    t,
    [
      -1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1,
      -1.28717512e-1,
    ],
  );
  const far = v.sub(v.f32(1), exp(v, v.sub(v.mul(q, t), t)));
  const p = v.polynomial(
    s,
    [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1],
  );
  const near = v.add(v.mul(p, x), x);
  const signed = v.or(far, v.and(x, v.f32(-0)));
  return v.select(v.bin(F32x4.gt, a, v.f32(0.927734375)), signed, near);
};

const softplus: Formula = (v, x) => {
  const positive = v.bin(F32x4.pmax, x, v.f32(0));
  const [low, high] = v.widen(x);
  const [pLow, pHigh] = v.widen(positive);
  const half = (d: Register, p: Register): Register =>
    v.one(() => v.addD(p, logD(v, expD(v, v.bin(V128.or, d, v.f64(-0))), true)));
  return v.narrow(half(low, pLow), half(high, pHigh));
};

/** Element functions of float32 that have a vector form of their own. */
export const vectorFunctions: Readonly<Record<string, Formula>> = {
  exp,
  exp2,
  expm1,
  log,
  log2: scaledLog(Math.LOG2E),
  log10: scaledLog(Math.LOG10E),
  log1p,
  sin: trig('sin'),
  cos: trig('cos'),
  tan: trig('tan'),
  tanh,
  sigmoid,
  erf,
  erfc: (v, x) => v.throughDouble(x, (d) => erfcD(v, d)),
  softplus,
};

/** xʸ: by logarithms in double precision for positive finite x and finite y, else one lane at a time. */
export function pow(v: Lanes, x: Register, y: Register): Register {
  const [xLow, xHigh] = v.widen(x);
  const [yLow, yHigh] = v.widen(y);
  const half = (a: Register, b: Register): Register => v.one(() => expD(v, v.mulD(b, logD(v, a))));
  const result = v.copy(v.narrow(half(xLow, yLow), half(xHigh, yHigh)));
  const usual = v.and(
    v.and(v.bin(F32x4.gt, x, v.f32(0)), v.bin(F32x4.lt, x, v.f32(Infinity))),
    v.bin(F32x4.lt, v.un(F32x4.abs, y), v.f32(Infinity)),
  );
  v.repair(result, v.not(usual), () => v.call('pow', x, y));
  return result;
}
