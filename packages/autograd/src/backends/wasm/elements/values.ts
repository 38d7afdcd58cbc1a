/**
 * @file Values of four lanes: their registers, constants and conversions.
 *
 * A value takes one register, or two if it is `float64` (low pair, high pair). A `bool` is a mask: all bits of its lane are
 * set, or none.
 */
import { ChainruleError } from '../../../errors.js';
import type { DType } from '../../../graph/dtype.js';
import type { Word } from '../assembler/moduleBuilder.js';
import type { Lanes, Register } from './lanes.js';
import { F32x4, F64x2, I32x4, I64x2, V128 } from '../assembler/opcodes.js';

export interface Value {
  readonly dtype: DType;
  readonly registers: readonly Register[];
}

/** Applies one formula to each register of the arguments. */
export function each(
  v: Lanes,
  dtype: DType,
  args: readonly Value[],
  formula: (...x: Register[]) => Register,
): Value {
  const count = dtype === 'float64' ? 2 : 1;
  const registers: Register[] = [];
  for (let i = 0; i < count; i++) {
    const known = v.alike ? registers[0] : undefined;
    registers.push(known ?? v.one(() => formula(...args.map((x) => x.registers[i] as Register))));
  }
  return { dtype, registers };
}

/** A constant in every lane. */
export function constant(v: Lanes, value: number, dtype: DType): Value {
  switch (dtype) {
    case 'float32':
      return { dtype, registers: [v.f32(value)] };
    case 'float64':
      return { dtype, registers: [v.f64(value), v.f64(value)] };
    case 'int32':
      return { dtype, registers: [v.i32(value)] };
    case 'bool':
      return { dtype, registers: [v.i32(value !== 0 ? -1 : 0)] };
  }
}

/** A constant in every lane, from a word of the kernel's block. */
export function blockConstant(v: Lanes, word: Word, dtype: DType): Value {
  if (dtype !== 'float64') return { dtype, registers: [v.word(V128.load32Splat, word)] };
  const register = v.word(V128.load64Splat, word);
  return { dtype, registers: [register, register] };
}

/** Masks of 32 bits as masks of 64. */
export function widenMask(v: Lanes, mask: Register): [Register, Register] {
  return [v.un(I64x2.extendLowS32, mask), v.un(I64x2.extendHighS32, mask)];
}

/** Masks of 64 bits as masks of 32. */
export function narrowMask(v: Lanes, masks: readonly Register[]): Register {
  return v.shuffle(masks[0] as Register, masks[1] as Register, [0, 2, 4, 6]);
}

/** Float to integer truncates, saturates, and turns NaN into 0; anything but 0 is true. */
export function cast(v: Lanes, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  const [a = 0, b = 0] = x.registers;
  const registers = v.scope(() => {
    switch (dtype) {
      case 'float32':
        if (x.dtype === 'float64') return [v.narrow(a, b)];
        return [x.dtype === 'int32' ? v.un(F32x4.fromI32, a) : v.and(a, v.f32(1))];
      case 'float64':
        if (x.dtype === 'float32') return v.widen(a);
        if (x.dtype === 'int32')
          return [v.un(F64x2.fromLowI32, a), v.un(F64x2.fromLowI32, v.shuffle(a, a, [2, 3, 2, 3]))];
        return widenMask(v, a).map((mask) => v.and(mask, v.f64(1)));
      case 'int32':
        if (x.dtype === 'float32') return [v.un(I32x4.truncF32, a)];
        if (x.dtype === 'bool') return [v.and(a, v.i32(1))];
        return [v.shuffle(v.un(I32x4.truncF64Zero, a), v.un(I32x4.truncF64Zero, b), [0, 1, 4, 5])];
      case 'bool':
        if (x.dtype === 'float32') return [v.bin(F32x4.ne, a, v.f32(0))];
        if (x.dtype === 'int32') return [v.bin(I32x4.ne, a, v.i32(0))];
        return [narrowMask(v, [v.bin(F64x2.ne, a, v.f64(0)), v.bin(F64x2.ne, b, v.f64(0))])];
    }
  });
  return { dtype, registers };
}

export function unknown(op: string, dtype: DType): never {
  throw new ChainruleError(
    `wasm: there is no element function ${op} for ${dtype}; ask supports() first`,
  );
}
