/** @file Integers that sort like the elements, to be sorted digit by digit. */
import type { DType } from '../../../graph/dtype.js';
import type { FunctionBuilder } from '../assembler/moduleBuilder.js';
import { elementsOf } from '../assembler/nest.js';
import { F32, F64, I32, I64, V128 } from '../assembler/opcodes.js';

/** The layout of a position and a key: the position comes first. */
export interface Item {
  readonly bytes: 8 | 16;
  /** The offset of the key, and its number of eight-bit digits. */
  readonly key: 4 | 8;
  readonly digits: 1 | 4 | 8;
  /** Copies an item from one address on the stack to another below it. */
  readonly load: number;
  readonly store: number;
}

export function itemOf(dtype: DType): Item {
  if (dtype === 'float64')
    return { bytes: 16, key: 8, digits: 8, load: V128.load, store: V128.store };
  return { bytes: 8, key: 4, digits: dtype === 'bool' ? 1 : 4, load: I64.load, store: I64.store };
}

/**
 * Pushes the key of the element at `source`: −0 has that of 0, and NaN the largest. `descending` reverses the order of the
 * keys.
 */
export function pushKey(
  f: FunctionBuilder,
  dtype: DType,
  source: number,
  descending: boolean,
): void {
  const { load } = elementsOf(dtype);
  if (dtype === 'float32') {
    const [x, bits] = [f.local('f32'), f.local('i32')];
    f.get(source).memory(load, 0).f32(0).op(F32.add).tee(x).op(I32.bitsOfF32).set(bits);
    // The bit patterns of negative numbers fall as the numbers rise.
    f.get(bits)
      .get(bits)
      .i32(31)
      .op(I32.shrS)
      .i32(-(2 ** 31))
      .op(I32.or)
      .op(I32.xor);
    f.i32(-1).get(x).get(x).op(F32.eq).select();
  } else if (dtype === 'float64') {
    const [x, bits] = [f.local('f64'), f.local('i64')];
    f.get(source).memory(load, 0).f64(0).op(F64.add).tee(x).op(I64.bitsOfF64).set(bits);
    f.get(bits).get(bits).i64(63).op(I64.shrS).i64(1).i64(63).op(I64.shl).op(I64.or).op(I64.xor);
    f.i64(-1).get(x).get(x).op(F64.eq).select();
  } else {
    f.get(source).memory(load, 0);
    if (dtype === 'int32') f.i32(-(2 ** 31)).op(I32.xor);
  }
  if (!descending) return;
  if (dtype === 'float64') f.i64(-1).op(I64.xor);
  else f.i32(dtype === 'bool' ? 1 : -1).op(I32.xor);
}
