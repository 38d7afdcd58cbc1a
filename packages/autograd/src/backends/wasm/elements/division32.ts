/**
 * @file Remainders and whole quotients of float32, by pairs of doubles: if the quotient is below 2²⁶, its whole part and the
 * remainder are exact there. Otherwise one lane at a time.
 */
import type { Formula } from '../../../kernels/elements/vectorForms.js';
import { F32x4, F64x2, V128 } from '../assembler/opcodes.js';
import type { Lanes, Register } from './lanes.js';

const MAX_QUOTIENT = 2 ** 26;

interface Division {
  readonly y: Register;
  readonly quotient: Register;
  /** The whole part of the quotient. */
  readonly truncated: Register;
  /** The remainder, with the sign of the dividend. */
  readonly remainder: Register;
  /** Where the remainder is not 0 and its sign differs from that of `y`. */
  readonly differs: Register;
}

function divided(name: string, finish: (v: Lanes, d: Division) => Register): Formula {
  return (v, x, y) => {
    const result = v.copy(
      v.bothThroughDouble(x, y, (a, b) => {
        const quotient = v.divD(a, b);
        const truncated = v.un(F64x2.trunc, quotient);
        const difference = v.subD(a, v.mulD(truncated, b));
        const remainder = v.or(v.un(F64x2.abs, difference), v.and(a, v.f64(-0)));
        const zero = v.f64(0);
        const opposite = v.xor(v.bin(F64x2.lt, remainder, zero), v.bin(F64x2.lt, b, zero));
        const differs = v.and(v.bin(F64x2.ne, remainder, zero), opposite);
        return finish(v, { y: b, quotient, truncated, remainder, differs });
      }),
    );
    const usual = v.and(
      v.bin(F32x4.lt, v.abs(v.div(x, y)), v.f32(MAX_QUOTIENT)),
      v.bin(F32x4.lt, v.abs(y), v.f32(Infinity)),
    );
    v.repair(result, v.not(usual), () => v.call(name, x, y));
    return result;
  };
}

export const fmod = divided('fmod', (_v, { remainder }) => remainder);

export const remainder = divided('remainder', (v, { remainder, differs, y }) =>
  v.select(differs, v.addD(remainder, y), remainder),
);

/** A zero has the sign of the quotient. */
export const floorDivide = divided('floorDivide', (v, { truncated, differs, quotient }) => {
  const floor = v.subD(truncated, v.and(differs, v.f64(1)));
  const zero = v.bin(F64x2.eq, floor, v.f64(0));
  return v.select(zero, v.bin(V128.and, quotient, v.f64(-0)), floor);
});
