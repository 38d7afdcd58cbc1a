/** @file Where values belong in sorted rows: a binary search for each. Threads take values. */
import type { SearchKernel } from '../../engine/kernel.js';
import type { ModuleBuilder } from './assembler.js';
import { kernelFunction, loadAddress, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { elementsOf, forRange } from './nest.js';
import { I32 } from './opcodes.js';
import { comparisonOf } from './positionKernel.js';

/** Values below which one thread is as fast as many. */
const SERIAL_WORK = 2048;

export function compileSearch(module: ModuleBuilder, kernel: SearchKernel): CompiledKernel {
  const f = kernelFunction(module);
  const { rows, length, each, right, out } = kernel;
  const [sorted, values] = kernel.inputs;
  const { size, load } = elementsOf(sorted.dtype);
  const { type, lt, gt, eq, ne } = comparisonOf(sorted.dtype);
  const count = rows * each;
  const parallel = count >= SERIAL_WORK;
  const [start, end, row, low, left, half] = [0, 0, 0, 0, 0, 0].map(() => f.local('i32')) as [
    ...[number, number, number, number, number, number],
  ];
  const [x, y] = [f.local(type), f.local(type)];
  const [table, from, to] = [sorted, values, out].map(({ buffer, offset, dtype }) => {
    const base = f.local('i32');
    loadAddress(f, buffer);
    f.i32(offset * elementsOf(dtype).size)
      .op(I32.add)
      .set(base);
    return base;
  }) as [number, number, number];
  /** Pushes whether the element y comes before x. */
  const before = (): void => {
    if (right) f.get(y).get(x).op(gt).op(I32.eqz);
    else f.get(y).get(x).op(lt);
    if (eq === null || ne === null) return;
    // "Not greater" holds for a NaN in the row, too, which only a NaN comes after.
    if (right) f.get(y).get(y).op(eq).get(x).get(x).op(ne).op(I32.or).op(I32.and);
    else f.get(x).get(x).op(ne).get(y).get(y).op(eq).op(I32.and).op(I32.or);
  };
  if (parallel) threadRange(f, count, start, end);
  else f.i32(count).set(end);
  forRange(f, start, end, (i) => {
    f.get(from).get(i).i32(size).op(I32.mul).op(I32.add).memory(load, 0).set(x);
    f.get(table).get(i).i32(each).op(I32.divU);
    f.i32(length * size)
      .op(I32.mul)
      .op(I32.add)
      .set(row);
    // Of the `left` elements from `low` on it is not known where they stand.
    f.i32(0).set(low).i32(length).set(left);
    f.block(() =>
      f.loop(() => {
        f.get(left).op(I32.eqz).brIf(1);
        f.get(left).i32(1).op(I32.shrU).set(half);
        f.get(low).get(half).op(I32.add).i32(size).op(I32.mul).get(row).op(I32.add);
        f.memory(load, 0).set(y);
        before();
        f.if(
          () => {
            f.get(low).get(half).op(I32.add).i32(1).op(I32.add).set(low);
            f.get(left).get(half).op(I32.sub).i32(1).op(I32.sub).set(left);
          },
          () => f.get(half).set(left),
        );
        f.br(0);
      }),
    );
    f.get(to).get(i).i32(4).op(I32.mul).op(I32.add).get(low).memory(I32.store, 0);
  });
  return { function: f, parallel, threadScratch: 0 };
}
