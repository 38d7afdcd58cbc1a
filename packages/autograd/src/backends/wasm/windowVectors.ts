/** @file The largest elements of four windows at a time, one in each lane. */
import type { PoolKernel, Span } from '../../engine/kernel.js';
import type { FunctionBuilder } from './assembler.js';
import { byteStrides, nest } from './nest.js';
import { F32x4, I32, I32x4, SHUFFLE, V128 } from './opcodes.js';
import { eachTap, UNROLLED } from './windowSpans.js';
import type { Regular } from './windowSpans.js';

/** Whether four windows next to each other can go through the lanes of a vector. */
export function goesInVectors(kernel: PoolKernel, regular: readonly (Regular | null)[]): boolean {
  const float = kernel.mode === 'argmax' && kernel.inputs[0].dtype === 'float32';
  const taps = regular.reduce((all, r) => all * (r?.count ?? Infinity), 1);
  const last = kernel.spans[kernel.spans.length - 1] as Span;
  return float && taps <= UNROLLED && last.starts.length >= 4;
}

/** Where the largest element of each window of a plane is: from the plane at `x` to the places at `out`. */
export function argmaxVectors(
  f: FunctionBuilder,
  kernel: PoolKernel,
  regular: readonly Regular[],
  x: number,
  out: number,
): void {
  const counts = kernel.spans.map((span) => span.starts.length);
  const last = regular.length - 1;
  const strides = byteStrides(
    kernel.spans.map((span) => span.size),
    1,
  );
  const [from, index] = [f.local('i32'), f.local('i32')];
  const first = regular.reduce((sum, r, d) => sum + r.start * (strides[d] as number), 0);
  f.get(x)
    .i32(first * 4)
    .op(I32.add)
    .set(from)
    .i32(first)
    .set(index);
  const steps = regular.map((r, d) => r.stride * (strides[d] as number));
  const apart = steps[last] as number;
  const [value, next, best, base, mask] = [1, 2, 3, 4, 5].map(() => f.local('v128')) as [
    ...[number, number, number, number, number],
  ];
  const four = (): void => {
    f.get(index)
      .op(I32x4.splat)
      .v128([0, apart, 2 * apart, 3 * apart])
      .op(I32x4.add)
      .tee(base);
    f.set(best);
    eachTap(kernel.spans, regular, (offset) => {
      strided(f, from, offset * 4, apart);
      if (offset === 0) return f.set(value);
      f.tee(next).get(value).op(F32x4.gt).get(next).get(next).op(F32x4.ne).op(V128.or).set(mask);
      f.get(next).get(value).get(mask).op(V128.bitselect).set(value);
      f.get(base).i32(offset).op(I32x4.splat).op(I32x4.add);
      return f.get(best).get(mask).op(V128.bitselect).set(best);
    });
    f.get(out).get(best).memory(V128.store, 0);
  };
  const move = (windows: number): void => {
    f.advance(from, windows * apart * 4).advance(index, windows * apart);
    f.advance(out, windows * 4);
  };
  const count = counts[last] as number;
  const lead = counts.slice(0, -1);
  nest(
    f,
    lead,
    [
      { pointer: from, strides: steps.slice(0, -1).map((s) => s * 4) },
      { pointer: index, strides: steps.slice(0, -1) },
      { pointer: out, strides: byteStrides(counts, 4).slice(0, -1) },
    ],
    () => {
      f.repeat(Math.floor(count / 4), () => {
        four();
        move(4);
      });
      const rest = count % 4;
      if (rest > 0) {
        // The last four windows, some of them again.
        move(rest - 4);
        four();
        move(4 - rest);
      }
      move(rest - count);
    },
  );
}

/** Pushes four elements that lie `apart` elements from each other. */
function strided(f: FunctionBuilder, from: number, at: number, apart: number): void {
  if (apart === 1) {
    f.get(from).memory(V128.load, at);
  } else if (apart === 2) {
    f.get(from).memory(V128.load, at);
    f.get(from)
      .memory(V128.load, at + 16)
      .shuffle32(SHUFFLE, [0, 2, 4, 6]);
  } else {
    // A lane is loaded into the vector above its address on the stack.
    for (let lane = 0; lane < 4; lane++) f.get(from);
    f.memory(V128.load32Zero, at);
    for (let lane = 1; lane < 4; lane++) f.memoryLane(V128.load32Lane, at + lane * apart * 4, lane);
  }
}
