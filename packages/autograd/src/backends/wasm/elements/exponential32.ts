/**
 * @file Exponentials of float32, four lanes at a time, and functions that use one: sigmoid, tanh, their derivatives, softplus.
 *
 * x = n·ln 2 + r with |r| ≤ ½ ln 2, and 2ⁿ in two factors, so that no power of two overflows before the result does and a
 * result below the normal range is rounded once.
 */
import type { Lanes, Register } from './lanes.js';
import { F32x4, I32x4 } from '../assembler/opcodes.js';

/** Adding this number rounds to an integer, which is then in the low bits of the mantissa. */
const ROUNDER = 12582912;
/** ln 2 in two parts: n times the first is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Twice the bias of an exponent: half of n + 254 has the bits of an exponent. */
const TWICE_BIAS = 254;

/** p of eʳ = 1 + r + r²·p(r). */
const EXP = [0.00138190319, 0.00836871564, 0.0416682884, 0.166665211, 0.49999994];

/** An integer n as the float n + `ROUNDER` + 254, from whose low bits powers of two are made, and as n itself. */
export interface Exponent {
  readonly bits: Register;
  readonly n: Register;
}

/** The integer nearest to x·scale. */
export function nearestExponent(v: Lanes, x: Register, scale: number): Exponent {
  const rounder = v.f32(ROUNDER + TWICE_BIAS);
  const bits = scale === 1 ? v.add(x, rounder) : v.madd(x, v.f32(scale), rounder);
  return { bits, n: v.sub(bits, rounder) };
}

/** r = x − n·ln 2. */
export function remainder(v: Lanes, x: Register, n: Register): Register {
  return v.madd(n, v.f32(-LN2_LOW), v.madd(n, v.f32(-LN2_HIGH), x));
}

/** The r of e^−(x + rest), as `high` − `low`, of which `high` is exact. */
export function remainderParts(
  v: Lanes,
  x: Register,
  rest: Register,
  n: Register,
): { high: Register; low: Register } {
  return {
    high: v.sub(v.mul(n, v.f32(-LN2_HIGH)), x),
    low: v.madd(n, v.f32(LN2_LOW), rest),
  };
}

/** eʳ − 1 − r for |r| ≤ ½ ln 2. */
export function expTail(v: Lanes, r: Register): Register {
  const square = v.mul(r, r);
  return v.mul(v.estrin(r, square, EXP), square);
}

/** 2^⌊n/2⌋ and 2^⌈n/2⌉, and the bits from which the reciprocal of the first is made. */
export function powersOfTwo(
  v: Lanes,
  bits: Register,
): { low: Register; high: Register; half: Register } {
  const half = v.shift(I32x4.shrU, bits, 1);
  return {
    low: v.shift(I32x4.shl, half, 23),
    high: v.shift(I32x4.shl, v.bin(I32x4.sub, bits, half), 23),
    half,
  };
}

/** 2^−⌊n/2⌋. */
const reciprocalOf = (v: Lanes, half: Register): Register =>
  v.shift(I32x4.shl, v.bin(I32x4.sub, v.i32(TWICE_BIAS), half), 23);

/** y·2ⁿ, rounded once if y is not below the normal range. */
export function scaled(v: Lanes, y: Register, bits: Register): Register {
  const { low, high } = powersOfTwo(v, bits);
  return v.mul(v.mul(y, low), high);
}

export function exp(v: Lanes, x: Register): Register {
  // Below −104 the result is 0. At −176 both factors of 2ⁿ are 0: masked scores are often −∞, and underflow is slow.
  const c = v.clamp(x, -176, 89);
  const { bits, n } = nearestExponent(v, c, Math.LOG2E);
  const r = remainder(v, c, n);
  return scaled(v, v.add(v.add(expTail(v, r), r), v.f32(1)), bits);
}

/** p of 2ʳ = 1 + r·p(r), by Cephes (Moshier 1989). */
const EXP2 = [
  1.5353361883195e-4, 1.339887440266574e-3, 9.61843735767464e-3, 5.550332471162809e-2,
  2.402264791363012e-1, 6.931472028550421e-1,
];

export function exp2(v: Lanes, x: Register): Register {
  const c = v.clamp(x, -254, 129); // as in exp
  const { bits, n } = nearestExponent(v, c, 1);
  const r = v.sub(c, n);
  return scaled(v, v.madd(v.estrin(r, v.mul(r, r), EXP2), r, v.f32(1)), bits);
}

export function expm1(v: Lanes, x: Register): Register {
  const c = v.clamp(x, -18, 89);
  const { bits, n } = nearestExponent(v, c, Math.LOG2E);
  const r = remainder(v, c, n);
  const fraction = v.add(expTail(v, r), r);
  const { low, high, half } = powersOfTwo(v, bits);
  // 2ⁿ·(fraction + 1) − 1, with 2^⌊n/2⌋ factored out of both.
  const y = v.mul(v.madd(high, fraction, v.sub(high, reciprocalOf(v, half))), low);
  return v.signed(x, y);
}

/** A function and its derivative, which share an exponential and a quotient: an unused part costs nothing. */
export interface Curve {
  readonly value: Register;
  readonly derivative: () => Register;
}

/** 1 / (1 + e⁻ˣ): e / (1 + e) with e = e^−|x|, which is at most ½, or 1 minus that; its derivative is the product of both. */
export function logistic(v: Lanes, x: Register): Curve {
  const e = exp(v, v.or(x, v.f32(-0)));
  const low = v.div(e, v.add(e, v.f32(1)));
  const high = v.sub(v.f32(1), low);
  return {
    value: v.select(v.bin(F32x4.lt, x, v.f32(0)), low, high),
    derivative: () => v.mul(low, high),
  };
}

/** p of e²ʳ − 1 = 2r + r²·p(r) for |r| ≤ ¼ ln 2. */
const DOUBLE_EXPM1 = [0.0887624547, 0.267726094, 0.666679263, 1.3333236, 1.99999988];

/**
 * (1 − e) / (1 + e) with e = e^−2|x|, where 1 − e does not cancel; its derivative is 4e / (1 + e)², and 2 / (1 + e) is 1 +
 * |tanh x|. e is computed four times as large, so that it is a normal number wherever the derivative is; beyond 44.7 it is 0.
 */
export function hyperbolicTangent(v: Lanes, x: Register): Curve {
  // pmax(a, b) is a < b ? b : a, so NaN stays.
  const a = v.bin(F32x4.pmax, v.or(x, v.f32(-0)), v.f32(-44.7));
  const rounder = v.f32(ROUNDER + 129);
  const bits = v.madd(a, v.f32(2 * Math.LOG2E), rounder);
  const n = v.sub(bits, rounder);
  const r = v.madd(n, v.f32(-LN2_LOW / 2), v.madd(n, v.f32(-LN2_HIGH / 2), a));
  const square = v.mul(r, r);
  const fraction = v.madd(v.estrin(r, square, DOUBLE_EXPM1), square, v.add(r, r));
  const power = v.shift(I32x4.shl, bits, 23);
  const e = v.mul(power, v.add(fraction, v.f32(1)));
  const y = v.sub(v.sub(v.f32(4), power), v.mul(power, fraction));
  const size = v.div(y, v.add(e, v.f32(4)));
  return {
    value: v.signed(x, size),
    derivative: () => {
      const quotient = v.madd(size, v.f32(0.5), v.f32(0.5));
      return v.mul(v.mul(e, quotient), quotient);
    },
  };
}

/** p of ln(1 + f) = f + f²·p(f) for f from 0 to 1. */
const LOG1P = [
  -0.00330601609, 0.0201483499, -0.0575585775, 0.106697984, -0.153490216, 0.196931824, -0.24958156,
  0.333304703, -0.499999315,
];

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
export function softplus(v: Lanes, x: Register): Register {
  const c = v.bin(F32x4.pmax, v.or(x, v.f32(-0)), v.f32(-104));
  const { bits, n } = nearestExponent(v, c, Math.LOG2E);
  const r = remainder(v, c, n);
  const fraction = v.add(expTail(v, r), r);
  const y = v.add(fraction, v.f32(1));
  const e = scaled(v, y, bits);
  // The rounding error of that sum: a change of e changes the logarithm by about 0.6 of it.
  const lost = v.mul(v.sub(fraction, v.sub(y, v.f32(1))), e);
  const positive = v.madd(lost, v.f32(0.6), v.bin(F32x4.pmax, x, v.f32(0)));
  const square = v.mul(e, e);
  return v.add(v.madd(v.estrin(e, square, LOG1P), square, positive), e);
}
