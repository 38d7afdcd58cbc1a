/** @file Logarithms of float32, four lanes at a time: x = 2ⁿ·(1 + f) with √½ ≤ 1 + f < √2. */
import type { Lanes, Register } from './lanes.js';
import { F32x4, I32x4, V128 } from '../assembler/opcodes.js';

/** ln 2 in two parts: n times the first is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
const SQRT_HALF_BITS = 0x3f3504f3;
/** The largest number. */
const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** p of ln(1 + f) = f − f²/2 + f³·p(f). */
const LOG = [
  -0.0763833523, 0.127648279, -0.13160181, 0.142012686, -0.166233152, 0.200012505, -0.250008225,
  0.333333313,
];

interface Reduced {
  /** n as a float. */
  readonly n: Register;
  readonly f: Register;
  /** ln(1 + f) − f. */
  readonly tail: Register;
}

function logTail(v: Lanes, f: Register): Register {
  const z = v.mul(f, f);
  return v.madd(v.mul(f, z), v.estrin(f, z, LOG), v.mul(z, v.f32(-0.5)));
}

/** For positive finite x; for others the result is some finite number. */
function reduce(v: Lanes, x: Register): Reduced {
  // Denormal numbers times 2²³ are normal ones.
  const small = v.bin(F32x4.lt, x, v.f32(2 ** -126));
  const normal = v.mul(x, v.add(v.and(small, v.f32(2 ** 23 - 1)), v.f32(1)));
  const above = v.bin(I32x4.sub, normal, v.i32(SQRT_HALF_BITS));
  const exponent = v.bin(I32x4.sub, v.shift(I32x4.shrS, above, 23), v.and(small, v.i32(23)));
  const mantissa = v.bin(I32x4.sub, normal, v.and(above, v.i32(0xff800000)));
  const f = v.sub(mantissa, v.f32(1));
  return { n: v.un(F32x4.fromI32, exponent), f, tail: logTail(v, f) };
}

/** Puts the results for ∞, for `zero` (−∞), below it and for NaN (NaN) over `y`, which is finite there. */
function withEdges(v: Lanes, x: Register, y: Register, zero: number): Register {
  const pole = v.and(v.bin(F32x4.eq, x, v.f32(zero)), v.f32(-Infinity));
  // ∞ and NaN are the values not below ∞; they stay themselves when a finite number is added.
  const itself = v.bin(V128.andnot, x, v.bin(F32x4.lt, x, v.f32(Infinity)));
  // All bits set are a NaN.
  return v.or(v.add(v.add(y, pole), itself), v.bin(F32x4.lt, x, v.f32(zero)));
}

const natural = (v: Lanes, { n, f, tail }: Reduced): Register =>
  v.madd(n, v.f32(LN2_HIGH), v.add(f, v.madd(n, v.f32(LN2_LOW), tail)));

export function log(v: Lanes, x: Register): Register {
  return withEdges(v, x, natural(v, reduce(v, x)), 0);
}

/** n + (f + tail)·log₂e, with log₂e − 1 so that f is not rounded. */
export function log2(v: Lanes, x: Register): Register {
  const { n, f, tail } = reduce(v, x);
  const rest = v.madd(f, v.f32(Math.LOG2E - 1), v.mul(tail, v.f32(Math.LOG2E)));
  return withEdges(v, x, v.add(n, v.add(f, rest)), 0);
}

/** log₁₀e and log₁₀2 in two parts, by Cephes (Moshier 1989). */
const LOG10E = [0.43359375, 7.00731903e-4] as const;
const LOG10_2 = [0.30078125, 2.48745664e-4] as const;

export function log10(v: Lanes, x: Register): Register {
  const { n, f, tail } = reduce(v, x);
  const low = v.madd(v.add(f, tail), v.f32(LOG10E[1]), v.mul(n, v.f32(LOG10_2[1])));
  const high = v.madd(f, v.f32(LOG10E[0]), v.madd(tail, v.f32(LOG10E[0]), low));
  return withEdges(v, x, v.madd(n, v.f32(LOG10_2[0]), high), 0);
}

/** ln(1 + x): the rounding error of 1 + x is added to f. */
export function log1p(v: Lanes, x: Register): Register {
  const c = v.clamp(x, -1 + 2 ** -24, MAX_FLOAT);
  const u = v.add(c, v.f32(1));
  const above = v.bin(I32x4.sub, u, v.i32(SQRT_HALF_BITS));
  const power = v.and(above, v.i32(0xff800000));
  const mantissa = v.bin(I32x4.sub, u, power);
  // Half of the rounding error, times 2^(1 − n), as n may be 128.
  const lost = v.mul(v.sub(c, v.sub(u, v.f32(1))), v.f32(0.5));
  const scale = v.bin(I32x4.sub, v.i32(0x40000000), power);
  const f = v.madd(lost, scale, v.sub(mantissa, v.f32(1)));
  const n = v.un(F32x4.fromI32, v.shift(I32x4.shrS, above, 23));
  const y = natural(v, { n, f, tail: logTail(v, f) });
  return v.signed(x, withEdges(v, x, y, -1));
}
