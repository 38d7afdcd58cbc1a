/** @file Loops of fixed sizes over pointers, and rows copied between them: what kernels over windows and indices share. */
import type { DType } from '../../graph/dtype.js';
import type { FunctionBuilder } from './assembler.js';
import { F32, F32x4, F64, F64x2, I32, I32x4, V128 } from './opcodes.js';

/** A pointer and how many bytes it moves along each level of a nest. */
export interface Moving {
  readonly pointer: number;
  readonly strides: readonly number[];
}

/** Byte strides of a contiguous array. */
export function byteStrides(sizes: readonly number[], itemBytes: number): number[] {
  const strides = new Array<number>(sizes.length);
  for (let d = sizes.length - 1, step = itemBytes; d >= 0; d--) {
    strides[d] = step;
    step *= sizes[d] as number;
  }
  return strides;
}

/** Runs `body` for each point of `sizes`, the pointers moving along; afterwards they are where they were. */
export function nest(
  f: FunctionBuilder,
  sizes: readonly number[],
  moving: readonly Moving[],
  body: () => void,
): void {
  if (sizes.includes(0)) return;
  const travelled = (m: Moving, level: number): number =>
    level === sizes.length || sizes[level] === 1
      ? level === sizes.length
        ? 0
        : travelled(m, level + 1)
      : (sizes[level] as number) * (m.strides[level] as number);
  const loop = (level: number): void => {
    if (level === sizes.length) return body();
    const count = sizes[level] as number;
    if (count === 1) return loop(level + 1);
    f.repeat(count, () => {
      loop(level + 1);
      for (const m of moving)
        f.advance(m.pointer, (m.strides[level] as number) - travelled(m, level + 1));
    });
  };
  loop(0);
  for (const m of moving) f.advance(m.pointer, -travelled(m, 0));
}

/** Runs `body` for `i` from the local `start` to the local `end`. */
export function forRange(
  f: FunctionBuilder,
  start: number,
  end: number,
  body: (i: number) => void,
): void {
  const i = f.local('i32');
  f.get(start).set(i);
  f.get(i)
    .get(end)
    .op(I32.ltS)
    .if(() =>
      f.loop(() => {
        body(i);
        f.advance(i, 1).get(i).get(end).op(I32.ltS).brIf(0);
      }),
    );
}

/** Which elements a row has: their size, how one is loaded and stored, and how rows are added where they are. */
export interface Elements {
  readonly size: 1 | 4 | 8;
  readonly load: number;
  readonly store: number;
  readonly add?: { readonly one: number; readonly vector: number };
}

/** The elements of a dtype, for copies; with `adds` for sums, in which booleans are joined by or. */
export function elementsOf(dtype: DType, adds = false): Elements {
  const of = (
    size: 1 | 4 | 8,
    load: number,
    store: number,
    one: number,
    vector: number,
  ): Elements => (adds ? { size, load, store, add: { one, vector } } : { size, load, store });
  switch (dtype) {
    case 'float32':
      return of(4, F32.load, F32.store, F32.add, F32x4.add);
    case 'float64':
      return of(8, F64.load, F64.store, F64.add, F64x2.add);
    case 'int32':
      return of(4, I32.load, I32.store, I32.add, I32x4.add);
    case 'bool':
      return of(1, I32.load8U, I32.store8, I32.or, V128.or);
  }
}

/**
 * Copies `count` elements from `from`, `fromStep` bytes apart, to `to`, `toStep` bytes apart; with `add` adds them to
 * what is there instead. Nothing else is written.
 */
export function copyRow(
  f: FunctionBuilder,
  to: number,
  from: number,
  count: number,
  elements: Elements,
  fromStep: number = elements.size,
  toStep: number = elements.size,
): void {
  const { size, load, store, add } = elements;
  const lanes = 16 / size;
  const one = (source: number, target: number): void => {
    f.get(to);
    if (add !== undefined) f.get(to).memory(load, target);
    f.get(from).memory(load, source);
    if (add !== undefined) f.op(add.one);
    f.memory(store, target);
  };
  const vector = (at: number): void => {
    f.get(to);
    if (add !== undefined) f.get(to).memory(V128.load, at);
    f.get(from).memory(V128.load, at);
    if (add !== undefined) f.op(add.vector);
    f.memory(V128.store, at);
  };
  if (fromStep !== size || toStep !== size) {
    const pointers = [
      { pointer: to, bytes: toStep },
      { pointer: from, bytes: fromStep },
    ];
    inBlocks(f, count, 4, pointers, (k) => one(k * fromStep, k * toStep));
    return;
  }
  const vectors = Math.floor(count / lanes);
  const rest = count % lanes;
  const overlapping = rest > 1 && vectors > 0 && add === undefined;
  if (vectors <= 16) {
    for (let k = 0; k < vectors; k++) vector(16 * k);
    if (overlapping) vector((count - lanes) * size);
    else for (let k = count - rest; k < count; k++) one(k * size, k * size);
    return;
  }
  const pointers = [to, from].map((pointer) => ({ pointer, bytes: 16 }));
  inBlocks(f, vectors, 4, pointers, (k) => vector(16 * k));
  const done = vectors * 16;
  for (const { pointer } of pointers) f.advance(pointer, done);
  for (let k = 0; k < rest; k++) one(k * size, k * size);
  for (const { pointer } of pointers) f.advance(pointer, -done);
}

/** `count` times `body(k)`, in blocks of `unroll`; the pointers end where they were. */
function inBlocks(
  f: FunctionBuilder,
  count: number,
  unroll: number,
  pointers: readonly { readonly pointer: number; readonly bytes: number }[],
  body: (k: number) => void,
): void {
  const blocks = Math.floor(count / unroll);
  const move = (times: number): void => {
    for (const { pointer, bytes } of pointers) f.advance(pointer, bytes * times);
  };
  f.repeat(blocks, () => {
    for (let k = 0; k < unroll; k++) body(k);
    move(unroll);
  });
  for (let k = 0; k < count % unroll; k++) body(k);
  move(-blocks * unroll);
}

/** Sets `bytes`, a multiple of 4, at the local `at` to 0; the pointer stays. */
export function zeroFill(f: FunctionBuilder, at: number, bytes: number): void {
  const p = f.local('i32');
  f.get(at).set(p);
  f.repeat(Math.floor(bytes / 64), () => {
    for (let k = 0; k < 64; k += 16) f.get(p).v128Zero().memory(V128.store, k);
    f.advance(p, 64);
  });
  for (let k = 0; k < bytes % 64; k += 4) f.get(p).i32(0).memory(I32.store, k);
}
