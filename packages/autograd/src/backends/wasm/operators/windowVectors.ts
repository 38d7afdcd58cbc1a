/** @file The largest elements of four windows at a time, one in each lane. */
import type { PoolKernel, Span } from '../../../engine/compile/operators.js';
import type { FunctionBuilder, Quantity } from '../assembler/moduleBuilder.js';
import { nest } from '../assembler/nest.js';
import { F32x4, I32, I32x4, SHUFFLE, V128 } from '../assembler/opcodes.js';
import { eachTap, type Windows } from './windowSpans.js';

/** Windows that are unrolled, so that four of them can go through the lanes of a vector. */
export type WrittenOut = Windows & { readonly taps: NonNullable<Windows['taps']> };

/** Whether four adjacent windows can go through the lanes of a vector. */
export function goesInVectors(kernel: PoolKernel, windows: Windows): windows is WrittenOut {
  const float = kernel.mode === 'argmax' && kernel.inputs[0].dtype === 'float32';
  const last = kernel.spans[kernel.spans.length - 1] as Span;
  return float && windows.taps !== null && last.starts.length >= 4;
}

/** Finds the position of the largest element of each window of a plane: from the plane at `x` to the positions at `out`. */
export function argmaxVectors(
  f: FunctionBuilder,
  windows: WrittenOut,
  /** Byte strides of the positions. */
  strides: readonly Quantity[],
  x: number,
  out: number,
): void {
  const { dims, first, taps } = windows;
  const last = dims.length - 1;
  const [from, index] = [f.local('i32'), f.local('i32')];
  f.get(x).get(f.word(first, 4)).op(I32.add).set(from).push(first).set(index);
  const { windowStride: stride } = taps;
  const [value, next, best, base, mask] = [1, 2, 3, 4, 5].map(() => f.local('v128')) as [
    ...[number, number, number, number, number],
  ];
  const four = (): void => {
    f.get(index)
      .op(I32x4.splat)
      .v128([0, stride, 2 * stride, 3 * stride])
      .op(I32x4.add)
      .tee(base);
    f.set(best);
    let started = false;
    eachTap(f, windows, from, 4, (at, bytes, offset) => {
      strided(f, at, bytes, stride);
      if (!started) {
        started = true;
        f.set(value);
        return;
      }
      f.tee(next).get(value).op(F32x4.gt).get(next).get(next).op(F32x4.ne).op(V128.or).set(mask);
      f.get(next).get(value).get(mask).op(V128.bitselect).set(value);
      f.get(base);
      offset();
      f.op(I32x4.splat).op(I32x4.add);
      f.get(best).get(mask).op(V128.bitselect).set(best);
    });
    f.get(out).get(best).memory(V128.store, 0);
  };
  const count = f.word((dims[last] as (typeof dims)[number]).windows);
  const [left, back] = [f.local('i32'), f.local('i32')];
  const lead = dims.slice(0, -1);
  nest(
    f,
    lead.map((d) => d.windows),
    [
      { pointer: from, strides: lead.map((d) => ({ local: times4(f, d.windowStride) })) },
      { pointer: index, strides: lead.map((d) => d.windowStride) },
      { pointer: out, strides: strides.slice(0, -1) },
    ],
    () => {
      const start = [from, index, out].map((pointer) => {
        const saved = f.local('i32');
        f.get(pointer).set(saved);
        return [pointer, saved] as const;
      });
      f.get(count).i32(2).op(I32.shrU).set(left);
      f.repeatLocal(left, () => {
        four();
        f.advance(from, 16 * stride)
          .advance(index, 4 * stride)
          .advance(out, 16);
      });
      // The last four windows, some of which were already done.
      f.get(count).i32(3).op(I32.and).tee(left);
      f.if(() => {
        f.get(left).i32(4).op(I32.sub).set(back);
        f.get(from)
          .get(back)
          .i32(stride * 4)
          .op(I32.mul)
          .op(I32.add)
          .set(from);
        f.get(index).get(back).i32(stride).op(I32.mul).op(I32.add).set(index);
        f.get(out).get(back).i32(4).op(I32.mul).op(I32.add).set(out);
        four();
      });
      for (const [pointer, kept] of start) f.get(kept).set(pointer);
    },
  );
}

/** A local that holds four times a quantity. */
function times4(f: FunctionBuilder, x: Quantity): number {
  if (typeof x === 'object' && 'word' in x) return f.word(x, 4);
  const local = f.local('i32');
  f.push(x).i32(2).op(I32.shl).set(local);
  return local;
}

/** Pushes four elements that are `stride` elements apart. */
function strided(f: FunctionBuilder, from: number, at: number, stride: number): void {
  if (stride === 1) {
    f.get(from).memory(V128.load, at);
  } else if (stride === 2) {
    f.get(from).memory(V128.load, at);
    f.get(from)
      .memory(V128.load, at + 16)
      .shuffle32(SHUFFLE, [0, 2, 4, 6]);
  } else {
    // Each lane is loaded into the vector above its address on the stack.
    for (let lane = 0; lane < 4; lane++) f.get(from);
    f.memory(V128.load32Zero, at);
    for (let lane = 1; lane < 4; lane++)
      f.memoryLane(V128.load32Lane, at + lane * stride * 4, lane);
  }
}
