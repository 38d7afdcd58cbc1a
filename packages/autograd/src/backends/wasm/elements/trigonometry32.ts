/** @file Sine, cosine and tangent of float32, four lanes at a time. */
import type { Lanes, Register } from './lanes.js';
import { SINCOS_LIMIT, trigD } from './math64.js';
import { F32x4, I32x4, V128 } from '../assembler/opcodes.js';

/** Adding this number rounds to an integer, which is then in the low bits of the mantissa. */
const ROUNDER = 12582912;
/** π/2 in parts of 14 bits: the products of all but the last with numbers up to 2¹⁰ are exact. */
const HALF_PI = [
  1.5706787109375, 1.1761486530303955e-4, 9.918039722833782e-10, 2.896073971621982e-13,
];
/** Up to here these parts are accurate. */
const NEAR = 1600;

/** p of sin r = r + r³·p(r²) and of cos r = 1 − r²/2 + r⁴·p(r²) for |r| ≤ π/4. */
const SIN = [-1.95186149e-4, 0.00833219104, -0.166666552];
const COS = [2.44325602e-5, -0.00138873106, 0.0416666456];
/** p of tan r = r + r³·p(r²) for |r| ≤ π/4, by weighted least squares. */
const TAN = [
  0.00438205153, 7.96979461e-5, 0.0108421649, 0.0212802081, 0.0540602416, 0.133326603, 0.333333499,
];

type Parts = [Register, Register, Register, Register];
type Name = 'sin' | 'cos' | 'tan';

/** In double precision; beyond `SINCOS_LIMIT` one lane at a time. */
function throughDouble(v: Lanes, x: Register, name: Name): Register {
  const result = v.copy(v.throughDouble(x, (d) => trigD(v, d, name)));
  const far = v.bin(F32x4.gt, v.abs(x), v.f32(SINCOS_LIMIT));
  v.repair(result, far, () => v.call(name, x));
  return result;
}

interface Reduced {
  /** n of x = n·π/2 + r + low, in its low bits. */
  readonly bits: Register;
  readonly r: Register;
  readonly low: Register;
}

function reduce(v: Lanes, x: Register): Reduced {
  const rounder = v.f32(ROUNDER);
  const bits = v.madd(x, v.f32(2 / Math.PI), rounder);
  const n = v.sub(bits, rounder);
  // The rounding errors of two of the differences are carried along with the last part.
  const [first, second, third, last] = HALF_PI.map((part) => v.mul(n, v.f32(part))) as Parts;
  const r1 = v.sub(x, first);
  const r2 = v.sub(r1, second);
  const r = v.sub(r2, third);
  const lost = v.add(v.sub(v.sub(r1, r2), second), v.sub(v.sub(r2, r), third));
  return { bits, r, low: v.sub(lost, last) };
}

/** Whether the last bit is set, as a mask. */
function odd(v: Lanes, bits: Register): Register {
  return v.shift(I32x4.shrS, v.shift(I32x4.shl, bits, 31), 31);
}

/** `y`, or the result by doubles where |x| is beyond the reduction. */
function nearOrFar(v: Lanes, x: Register, y: Register, name: Name): Register {
  const result = v.copy(y);
  v.repair(result, v.bin(F32x4.gt, v.abs(x), v.f32(NEAR)), () => throughDouble(v, x, name));
  return result;
}

const sinOrCos =
  (name: 'sin' | 'cos') =>
  (v: Lanes, x: Register): Register => {
    const { bits, r, low } = reduce(v, x);
    const z = v.mul(r, r);
    // The sum loses −0, so the sine gets the sign of r.
    const sine = v.signed(r, v.add(r, v.madd(v.polynomial(z, SIN), v.mul(z, r), low)));
    const half = v.madd(z, v.f32(-0.5), v.f32(1));
    const cosine = v.madd(v.polynomial(z, COS), v.mul(z, z), half);
    const quadrant = name === 'cos' ? v.bin(I32x4.add, bits, v.i32(1)) : bits;
    const sign = v.and(v.shift(I32x4.shl, quadrant, 30), v.f32(-0));
    const y = v.bin(V128.xor, v.select(odd(v, quadrant), cosine, sine), sign);
    return nearOrFar(v, x, y, name);
  };

export const sin = sinOrCos('sin');
export const cos = sinOrCos('cos');

export function tan(v: Lanes, x: Register): Register {
  const { bits, r, low } = reduce(v, x);
  const z = v.mul(r, r);
  const more = v.madd(v.estrin(z, v.mul(z, z), TAN), v.mul(z, r), low);
  const tangent = v.add(r, more);
  // −1 / (tangent + rest), with the rounding error of the sum.
  const rest = v.sub(more, v.sub(tangent, r));
  const q = v.div(v.f32(-1), tangent);
  const y = v.select(odd(v, bits), v.madd(v.mul(q, q), rest, q), tangent);
  // ±0 keeps its sign.
  return v.select(v.bin(F32x4.eq, x, v.f32(0)), x, nearOrFar(v, x, y, 'tan'));
}
