/** @file The element functions of `int32`: wrapping arithmetic; a division by 0 is refused (`refusals.ts`), and gives 0. */
import type { Lanes, Register } from './lanes.js';
import { F64x2, I32x4, V128 } from '../assembler/opcodes.js';
import { powerOfTwo } from './math64.js';
import { cast, each, unknown } from './values.js';
import type { Value } from './values.js';

export function int32(v: Lanes, op: string, args: readonly Value[]): Value {
  const simple = (formula: (a: Register, b: Register) => Register): Value =>
    each(v, 'int32', args, (a, b = 0) => formula(a, b));
  switch (op) {
    case 'neg':
      return simple((a) => v.un(I32x4.neg, a));
    case 'abs':
      return simple((a) => v.un(I32x4.abs, a));
    case 'square':
      return simple((a) => v.bin(I32x4.mul, a, a));
    case 'sign':
      return simple((a) => v.bin(I32x4.max, v.i32(-1), v.bin(I32x4.min, v.i32(1), a)));
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return args[0] as Value;
    case 'relu':
      return simple((a) => v.bin(I32x4.max, a, v.i32(0)));
    case 'add':
      return simple((a, b) => v.bin(I32x4.add, a, b));
    case 'sub':
      return simple((a, b) => v.bin(I32x4.sub, a, b));
    case 'mul':
    case 'strongMul':
    case 'strongProduct':
      return simple((a, b) => v.bin(I32x4.mul, a, b));
    case 'maximum':
      return simple((a, b) => v.bin(I32x4.max, a, b));
    case 'minimum':
      return simple((a, b) => v.bin(I32x4.min, a, b));
    case 'bitwiseAnd':
      return simple((a, b) => v.and(a, b));
    case 'bitwiseOr':
      return simple((a, b) => v.or(a, b));
    case 'bitwiseXor':
      return simple((a, b) => v.xor(a, b));
    case 'bitwiseNot':
      return simple((a) => v.not(a));
    case 'bitwiseLeftShift':
      return simple((a, b) => leftShift(v, a, b));
    case 'bitwiseRightShift':
      return simple((a, b) => rightShift(v, a, b));
    case 'floorDivide':
      return simple((a, b) => quotient(v, a, b, F64x2.floor));
    case 'remainder':
    case 'fmod':
      return simple((a, b) => {
        const q = quotient(v, a, b, op === 'fmod' ? F64x2.trunc : F64x2.floor);
        const r = v.bin(I32x4.sub, a, v.bin(I32x4.mul, q, b));
        return v.bin(V128.andnot, r, v.bin(I32x4.eq, b, v.i32(0)));
      });
  }
  return unknown(op, 'int32');
}

/** `a · 2ᵇ` by two powers that floats can represent; 0 if b is not from 0 to 31. */
function leftShift(v: Lanes, a: Register, b: Register): Register {
  const power = (n: Register): Register =>
    v.un(I32x4.truncF32, v.shift(I32x4.shl, v.bin(I32x4.add, n, v.i32(127)), 23));
  const half = v.shift(I32x4.shrS, b, 1);
  const first = v.bin(I32x4.mul, a, power(half));
  const shifted = v.bin(I32x4.mul, first, power(v.bin(I32x4.sub, b, half)));
  return v.and(shifted, v.bin(I32x4.ltU, b, v.i32(32)));
}

/** `⌊a / 2ᵇ⌋`, exact in doubles; if b is not from 0 to 31, as for 31. */
function rightShift(v: Lanes, a: Register, b: Register): Register {
  const bits = v.select(v.bin(I32x4.ltU, b, v.i32(32)), b, v.i32(31));
  const x = cast(v, { dtype: 'int32', registers: [a] }, 'float64');
  const n = cast(v, { dtype: 'int32', registers: [bits] }, 'float64');
  const registers = x.registers.map((d, i) => {
    const power = powerOfTwo(v, v.negD(n.registers[i] as Register));
    return v.un(F64x2.floor, v.mulD(d, power));
  });
  return cast(v, { dtype: 'float64', registers }, 'int32').registers[0] as Register;
}

/** The quotient of integers, exact in doubles before it is rounded; 0 if the divisor is 0. */
function quotient(v: Lanes, a: Register, b: Register, rounding: number): Register {
  const x = cast(v, { dtype: 'int32', registers: [a] }, 'float64');
  const y = cast(v, { dtype: 'int32', registers: [b] }, 'float64');
  const rounded = x.registers.map((d, i) => v.un(rounding, v.divD(d, y.registers[i] as Register)));
  const q = cast(v, { dtype: 'float64', registers: rounded }, 'int32').registers[0] as Register;
  // −2³¹ / −1 wraps around, where the conversion would saturate at 2³¹ − 1.
  const wrapped = v.select(v.bin(I32x4.eq, b, v.i32(-1)), v.bin(I32x4.sub, v.i32(0), a), q);
  return v.bin(V128.andnot, wrapped, v.bin(I32x4.eq, b, v.i32(0)));
}
