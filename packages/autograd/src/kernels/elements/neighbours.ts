/** @file The next float32 towards another number, from its bits. */
import { F32x4, I32x4 } from '../../backends/wasm/assembler/opcodes.js';
import type { VectorForm } from './vectorForms.js';

export const nextSingleForm: VectorForm = {
  float32: (v, x, y) => {
    // As integers, the bits of a larger magnitude are larger.
    const inwards = v.xor(v.bin(F32x4.lt, x, y), v.bin(F32x4.gt, x, v.f32(0)));
    const moved = v.bin(I32x4.add, x, v.or(inwards, v.i32(1)));
    const smallest = v.or(v.and(y, v.f32(-0)), v.i32(1));
    const next = v.select(v.bin(F32x4.eq, x, v.f32(0)), smallest, moved);
    const found = v.select(v.bin(F32x4.eq, x, y), y, next);
    const known = v.and(v.bin(F32x4.eq, x, x), v.bin(F32x4.eq, y, y));
    return v.select(known, found, v.f32(NaN));
  },
};
