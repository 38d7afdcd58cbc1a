/** @file Loops over pointers, and copies of rows between them: shared by kernels over windows and indices. */
import type { DType } from '../../../graph/dtype.js';
import type { FunctionBuilder, Quantity } from './moduleBuilder.js';
import { threadRange } from './kernelFunction.js';
import { F32, F32x4, F64, F64x2, I32, I32x4, V128 } from './opcodes.js';

/** A pointer and how many bytes it moves along each level of a nest. */
export interface MovingPointer {
  readonly pointer: number;
  readonly strides: readonly Quantity[];
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

/** Runs `body` for each point of `sizes`, moving the pointers along; afterwards they have their old values. */
export function nest(
  f: FunctionBuilder,
  sizes: readonly Quantity[],
  moving: readonly MovingPointer[],
  body: () => void,
): void {
  const loop = (level: number): void => {
    if (level === sizes.length) return body();
    const count = sizes[level] as Quantity;
    if (count === 1) return loop(level + 1);
    const here = moving.filter(({ strides }) => strides[level] !== 0);
    const before = here.map(({ pointer }) => {
      const kept = f.local('i32');
      f.get(pointer).set(kept);
      return kept;
    });
    f.repeat(count, () => {
      loop(level + 1);
      for (const { pointer, strides } of here) f.advance(pointer, strides[level] as Quantity);
    });
    here.forEach(({ pointer }, i) => f.get(before[i] as number).set(pointer));
  };
  loop(0);
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

/** Runs `body` for this thread's share of `count` units, or for all of them if it works alone. */
export function forShare(
  f: FunctionBuilder,
  count: Quantity,
  parallel: boolean,
  body: (i: number) => void,
): void {
  const [start, end] = [f.local('i32'), f.local('i32')];
  if (parallel) threadRange(f, count, start, end);
  else f.push(count).set(end);
  forRange(f, start, end, body);
}

/** How two elements are combined; for booleans 1 is the larger. */
export type Combining = 'add' | 'mul' | 'max' | 'min';

/** The elements of a row: their size, how one is loaded and stored, and how it is combined with the element in the target. */
export interface Elements {
  readonly size: 1 | 4 | 8;
  readonly load: number;
  readonly store: number;
  readonly join?: { readonly one: (f: FunctionBuilder) => void; readonly vector: number };
}

const PLAIN: Readonly<Record<DType, Elements>> = {
  float32: { size: 4, load: F32.load, store: F32.store },
  float64: { size: 8, load: F64.load, store: F64.store },
  int32: { size: 4, load: I32.load, store: I32.store },
  bool: { size: 1, load: I32.load8U, store: I32.store8 },
};

/**
 * Opcodes that combine two elements, and two vectors. There is no scalar integer maximum: a negative entry is the negated
 * opcode of a comparison.
 */
const COMBINING: Readonly<Record<DType, Readonly<Record<Combining, readonly [number, number]>>>> = {
  float32: {
    add: [F32.add, F32x4.add],
    mul: [F32.mul, F32x4.mul],
    max: [F32.max, F32x4.max],
    min: [F32.min, F32x4.min],
  },
  float64: {
    add: [F64.add, F64x2.add],
    mul: [F64.mul, F64x2.mul],
    max: [F64.max, F64x2.max],
    min: [F64.min, F64x2.min],
  },
  int32: {
    add: [I32.add, I32x4.add],
    mul: [I32.mul, I32x4.mul],
    max: [-I32.gtS, I32x4.max],
    min: [-I32.ltS, I32x4.min],
  },
  bool: {
    add: [I32.or, V128.or],
    mul: [I32.and, V128.and],
    max: [I32.or, V128.or],
    min: [I32.and, V128.and],
  },
};

/** The elements of a dtype, for copies, or for sums, products or extremes with the elements in the target. */
export function elementsOf(dtype: DType, join?: Combining): Elements {
  const plain = PLAIN[dtype];
  if (join === undefined) return plain;
  const [code, vector] = COMBINING[dtype][join];
  return {
    ...plain,
    join: { one: (f) => (code < 0 ? extreme(f, -code) : f.op(code)), vector },
  };
}

/** The one of two integers that compares as `comparison` says with the other. */
function extreme(f: FunctionBuilder, comparison: number): void {
  const [x, y] = [f.local('i32'), f.local('i32')];
  f.set(y).tee(x).get(y).get(x).get(y).op(comparison).select();
}

/** The most vectors of a row that is copied without a loop. */
const MAX_UNROLLED_ROW = 16;

/**
 * Copies `count` elements from `from`, `fromStep` bytes apart, to `to`, `toStep` bytes apart; with `join` combines them with
 * the elements at `to`. Writes nothing else.
 */
export function copyRow(
  f: FunctionBuilder,
  to: number,
  from: number,
  count: Quantity,
  elements: Elements,
  fromStep: Quantity = elements.size,
  toStep: Quantity = elements.size,
): void {
  const { size, load, store, join } = elements;
  const [target, source, left] = [f.local('i32'), f.local('i32'), f.local('i32')];
  f.get(to).set(target).get(from).set(source);
  const one = (at = 0, into = 0): void => {
    f.get(target);
    if (join !== undefined) f.get(target).memory(load, into);
    f.get(source).memory(load, at);
    join?.one(f);
    f.memory(store, into);
  };
  const move = (by: Quantity, into: Quantity): void => {
    f.advance(source, by).advance(target, into);
  };
  /** The remaining elements, one by one. */
  const single = (): void => {
    f.repeatLocal(left, () => {
      one();
      move(fromStep, toStep);
    });
  };
  /** Blocks of `unroll` times `width` elements; then `left` is the number of remaining elements. */
  const inBlocks = (unroll: number, width: number, body: (k: number) => void): void => {
    const blocks = f.local('i32');
    f.get(left).i32(unroll * width);
    f.op(I32.divU).set(blocks);
    f.repeatLocal(blocks, () => {
      for (let k = 0; k < unroll; k++) body(k);
      f.advance(left, -unroll * width);
    });
  };
  if (count === 1) return one();
  f.push(count).set(left);
  if (fromStep !== size || toStep !== size) {
    if (typeof fromStep === 'number' && typeof toStep === 'number') {
      inBlocks(4, 1, (k) => {
        one(k * fromStep, k * toStep);
        if (k === 3) move(4 * fromStep, 4 * toStep);
      });
    }
    return single();
  }
  const lanes = 16 / size;
  const vector = (at: number): void => {
    f.get(target);
    if (join !== undefined) f.get(target).memory(V128.load, at);
    f.get(source).memory(V128.load, at);
    if (join !== undefined) f.op(join.vector);
    f.memory(V128.store, at);
  };
  const shift = Math.log2(lanes);
  const vectors = f.local('i32');
  f.get(left).i32(shift).op(I32.shrU).set(vectors);
  // For a short row, jumps into a sequence of copies, the last vector first.
  f.get(vectors).i32(MAX_UNROLLED_ROW).op(I32.leU);
  f.if(
    () => {
      const start = f.local('i32');
      f.i32(MAX_UNROLLED_ROW).get(vectors).op(I32.sub).set(start);
      const cases = Array.from(
        { length: MAX_UNROLLED_ROW },
        (_, k) => () => vector(16 * (MAX_UNROLLED_ROW - 1 - k)),
      );
      f.from(start, cases);
      f.get(left)
        .i32(lanes - 1)
        .op(I32.and)
        .set(left);
      for (const pointer of [target, source])
        f.get(pointer).get(vectors).i32(4).op(I32.shl).op(I32.add).set(pointer);
    },
    () => {
      for (const unroll of [4, 1]) {
        inBlocks(unroll, lanes, (k) => {
          vector(16 * k);
          if (k === unroll - 1) move(16 * unroll, 16 * unroll);
        });
      }
    },
  );
  if (join !== undefined || lanes === 2) return single();
  // The remaining elements are copied by an overlapping last vector, if the row is at least one vector long.
  f.get(left).i32(0).op(I32.gtS);
  f.if(() => {
    f.get(vectors).if(() => {
      const back = f.local('i32');
      f.get(left).i32(lanes).op(I32.sub).i32(size).op(I32.mul).set(back);
      f.get(target).get(back).op(I32.add).get(source).get(back).op(I32.add);
      f.memory(V128.load, 0).memory(V128.store, 0);
    }, single);
  });
}

/** Sets `bytes` bytes, a multiple of 4, at the local `at` to 0; the local does not change. */
export function zeroFill(f: FunctionBuilder, at: number, bytes: Quantity): void {
  const [p, left] = [f.local('i32'), f.local('i32')];
  f.get(at).set(p);
  f.push(bytes).i32(6).op(I32.shrU).set(left);
  f.repeatLocal(left, () => {
    for (let k = 0; k < 64; k += 16) f.get(p).v128Zero().memory(V128.store, k);
    f.advance(p, 64);
  });
  f.push(bytes).i32(63).op(I32.and).i32(2).op(I32.shrU).set(left);
  f.repeatLocal(left, () => {
    f.get(p).i32(0).memory(I32.store, 0);
    f.advance(p, 4);
  });
}
