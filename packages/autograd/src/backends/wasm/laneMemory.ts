/** @file Reading and writing four lanes of a buffer: contiguous, repeated or apart, whole or the first few. */
import type { DType } from '../../graph/dtype.js';
import { itemSize } from '../../graph/dtype.js';
import type { Value } from './elementOps.js';
import type { Lanes, Register } from './lanes.js';
import { I16x8, I32x4, I8x16, V128 } from './opcodes.js';

/** Where lane 0 is, and how many elements further the next lane is. */
export interface LaneAddress {
  /** An `i32` local that holds a byte address. */
  readonly pointer: number;
  /** Bytes from the pointer to lane 0. */
  readonly offset: number;
  /** Elements from a lane to the next. */
  readonly stride: number;
}

/** Pushes an address and returns the immediate that completes it: immediates cannot be negative. */
function push(v: Lanes, at: LaneAddress, bytes: number): number {
  const offset = at.offset + bytes;
  v.f.get(at.pointer);
  if (offset >= 0) return offset;
  v.f.i32(offset).op(0x6a);
  return 0;
}

/** Loads the first `lanes` lanes; the others are 0. A stride of 0 fills all four with one element. */
export function loadLanes(v: Lanes, dtype: DType, at: LaneAddress, lanes: number): Value {
  const registers = v.scope(() => {
    switch (dtype) {
      case 'float32':
      case 'int32':
        return [load32(v, at, lanes)];
      case 'float64':
        return [load64(v, at, 0, Math.min(lanes, 2)), load64(v, at, 2, lanes - 2)];
      case 'bool':
        return [loadMask(v, at, lanes)];
    }
  });
  return { dtype, registers };
}

function loadWhole(v: Lanes, code: number, at: LaneAddress, bytes: number): Register {
  const out = v.register();
  v.f.memory(code, push(v, at, bytes)).set(out);
  return out;
}

/** Adds single elements to a register of zeros. */
function gather(
  v: Lanes,
  code: number,
  at: LaneAddress,
  size: number,
  first: number,
  lanes: number,
): Register {
  const out = v.register();
  v.f.v128Zero().set(out);
  for (let lane = 0; lane < lanes; lane++)
    insert(v, code, at, (first + lane) * at.stride * size, out, lane);
  return out;
}

function insert(
  v: Lanes,
  code: number,
  at: LaneAddress,
  bytes: number,
  into: Register,
  lane: number,
): void {
  const offset = push(v, at, bytes);
  v.f.get(into).memoryLane(code, offset, lane).set(into);
}

function load32(v: Lanes, at: LaneAddress, lanes: number): Register {
  if (at.stride === 0) return loadWhole(v, V128.load32Splat, at, 0);
  if (at.stride !== 1) return gather(v, V128.load32Lane, at, 4, 0, lanes);
  if (lanes === 4) return loadWhole(v, V128.load, at, 0);
  const out = loadWhole(v, lanes === 1 ? V128.load32Zero : V128.load64Zero, at, 0);
  if (lanes === 3) insert(v, V128.load32Lane, at, 8, out, 2);
  return out;
}

function load64(v: Lanes, at: LaneAddress, first: number, lanes: number): Register {
  if (at.stride === 0) return loadWhole(v, V128.load64Splat, at, 0);
  if (lanes <= 0) return v.f64(0);
  if (at.stride !== 1) return gather(v, V128.load64Lane, at, 8, first, lanes);
  return loadWhole(v, lanes === 1 ? V128.load64Zero : V128.load, at, first * 8);
}

function loadMask(v: Lanes, at: LaneAddress, lanes: number): Register {
  if (at.stride === 0) return v.bin(I32x4.ne, loadWhole(v, V128.load8Splat, at, 0), v.i32(0));
  const bytes =
    at.stride === 1 && lanes === 4
      ? loadWhole(v, V128.load32Zero, at, 0)
      : gather(v, V128.load8Lane, at, 1, 0, lanes);
  const wide = v.un(I32x4.extendLowU16, v.un(I16x8.extendLowU8, bytes));
  return v.bin(I32x4.ne, wide, v.i32(0));
}

/** Makes what is to be stored: a mask becomes four bytes of 0 or 1. */
export function storable(v: Lanes, value: Value): readonly Register[] {
  if (value.dtype !== 'bool') return value.registers;
  return v.scope(() => {
    const ones = v.and(value.registers[0] as Register, v.i32(1));
    const shorts = v.bin(I16x8.narrowS, ones, ones);
    return [v.bin(I8x16.narrowS, shorts, shorts)];
  });
}

/** Stores the first `lanes` lanes of what `storable` made. */
export function storeLanes(
  v: Lanes,
  dtype: DType,
  registers: readonly Register[],
  at: LaneAddress,
  lanes: number,
): void {
  const put = (code: number, bytes: number, register: Register, lane?: number): void => {
    const offset = push(v, at, bytes);
    v.f.get(register);
    if (lane === undefined) v.f.memory(code, offset);
    else v.f.memoryLane(code, offset, lane);
  };
  const [low = 0, high = 0] = registers;
  const contiguous = at.stride === 1;
  if (dtype === 'float64') {
    for (const [register, first] of [
      [low, 0],
      [high, 2],
    ] as const) {
      if (contiguous && lanes - first >= 2) put(V128.store, first * 8, register);
      else {
        for (let lane = first; lane < Math.min(lanes, first + 2); lane++) {
          put(V128.store64Lane, lane * at.stride * 8, register, lane - first);
        }
      }
    }
  } else if (dtype === 'bool') {
    if (contiguous && lanes === 4) put(V128.store32Lane, 0, low, 0);
    else for (let lane = 0; lane < lanes; lane++) put(V128.store8Lane, lane * at.stride, low, lane);
  } else if (contiguous && lanes === 4) {
    put(V128.store, 0, low);
  } else if (contiguous && lanes >= 2) {
    put(V128.store64Lane, 0, low, 0);
    if (lanes === 3) put(V128.store32Lane, 8, low, 2);
  } else {
    for (let lane = 0; lane < lanes; lane++)
      put(V128.store32Lane, lane * at.stride * itemSize[dtype], low, lane);
  }
}
