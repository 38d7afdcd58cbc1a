/** @file Loads and stores of four lanes: contiguous, repeated or strided, all of them or the first few. */
import type { DType } from '../../../graph/dtype.js';
import { itemSize } from '../../../graph/dtype.js';
import type { Value } from '../elements/elementOps.js';
import type { Lanes, Register } from '../elements/lanes.js';
import { I16x8, I32, I32x4, I8x16, V128 } from '../assembler/opcodes.js';

/** The address of lane 0, and the distance to the next lane. */
export type LaneAddress = {
  /** An `i32` local that holds a byte address. */
  readonly pointer: number;
} & (
  | {
      /** Elements from one lane to the next. */
      readonly stride: 0 | 1;
      /** Bytes from the pointer to lane 0. */
      readonly offset: number;
    }
  | {
      readonly stride: 'far';
      /** Lanes from the pointer to lane 0. */
      readonly first: number;
      /** Returns a local that holds the distance of `lanes` lanes in bytes. */
      readonly far: (lanes: number) => number;
    }
);

/** How many lanes are real: all four, one, or the 1 to 3 that remain of a row, `v.rest` at run time. */
export type LaneCount = 4 | 1 | 'rest';

/** Pushes the address of a lane and returns the immediate that completes it. */
function push(v: Lanes, at: LaneAddress, lane: number, size: number): number {
  v.f.get(at.pointer);
  if (at.stride !== 'far') return at.offset + at.stride * lane * size;
  const lanes = at.first + lane;
  if (lanes > 0) v.f.get(at.far(lanes)).op(I32.add);
  return 0;
}

/** Runs `body` for each real lane among `first`, `first + 1`, … up to `end`. */
function eachLane(
  v: Lanes,
  lanes: LaneCount,
  first: number,
  end: number,
  body: (lane: number) => void,
): void {
  for (let lane = first; lane < end; lane++) {
    if (lanes === 4 || lane === 0) body(lane);
    else if (lanes === 'rest' && lane < 3)
      v.f
        .get(v.rest)
        .i32(lane)
        .op(I32.gtS)
        .if(() => body(lane));
  }
}

/** Loads lanes; a stride of 0 fills all four with one element. Lanes that are not real hold arbitrary data. */
export function loadLanes(v: Lanes, dtype: DType, at: LaneAddress, lanes: LaneCount): Value {
  const registers = v.scope(() => {
    switch (dtype) {
      case 'float32':
      case 'int32':
        return [load(v, V128.load32Splat, V128.load, V128.load32Lane, at, 4, 0, lanes)];
      case 'float64':
        return [0, 2].map((first) =>
          load(v, V128.load64Splat, V128.load, V128.load64Lane, at, 8, first, lanes),
        );
      case 'bool': {
        const bytes = load(v, V128.load8Splat, V128.load32Zero, V128.load8Lane, at, 1, 0, lanes);
        if (at.stride === 0) return [v.bin(I32x4.ne, bytes, v.i32(0))];
        const wide = v.un(I32x4.extendLowU16, v.un(I16x8.extendLowU8, bytes));
        return [v.bin(I32x4.ne, wide, v.i32(0))];
      }
    }
  });
  return { dtype, registers };
}

/** The lanes from `first` on that fit a register: one element repeated, a whole vector, or one lane after the other. */
function load(
  v: Lanes,
  splat: number,
  vectorLoad: number,
  single: number,
  at: LaneAddress,
  size: number,
  first: number,
  lanes: LaneCount,
): Register {
  const out = v.register();
  if (at.stride !== 'far') {
    v.f.memory(at.stride === 0 ? splat : vectorLoad, push(v, at, first, size)).set(out);
    return out;
  }
  v.f.v128Zero().set(out);
  eachLane(v, lanes, first, first + (size === 8 ? 2 : 4), (lane) => {
    const offset = push(v, at, lane, size);
    v.f
      .get(out)
      .memoryLane(single, offset, lane - first)
      .set(out);
  });
  return out;
}

/** Converts a value for storing: a mask becomes four bytes of 0 or 1. */
export function storable(v: Lanes, value: Value): readonly Register[] {
  if (value.dtype !== 'bool') return value.registers;
  return v.scope(() => {
    const ones = v.and(value.registers[0] as Register, v.i32(1));
    const shorts = v.bin(I16x8.narrowS, ones, ones);
    return [v.bin(I8x16.narrowS, shorts, shorts)];
  });
}

/** Stores the real lanes of a value from `storable`. */
export function storeLanes(
  v: Lanes,
  dtype: DType,
  registers: readonly Register[],
  at: LaneAddress,
  lanes: LaneCount,
): void {
  const size = itemSize[dtype];
  const perRegister = size === 8 ? 2 : 4;
  const single = size === 8 ? V128.store64Lane : size === 4 ? V128.store32Lane : V128.store8Lane;
  registers.forEach((register, k) => {
    const first = k * perRegister;
    if (at.stride === 1 && lanes === 4) {
      const offset = push(v, at, first, size);
      v.f.get(register);
      if (size === 1) v.f.memoryLane(V128.store32Lane, offset, 0);
      else v.f.memory(V128.store, offset);
      return;
    }
    eachLane(v, lanes, first, first + perRegister, (lane) => {
      const offset = push(v, at, lane, size);
      v.f.get(register).memoryLane(single, offset, lane - first);
    });
  });
}
