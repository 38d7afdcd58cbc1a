/** @file The positions of values in sorted rows, by a binary search for each. Threads take values. */
import type { SearchKernel } from '../../../engine/compile/operators.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import type { FunctionBuilder } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction } from '../assembler/kernelFunction.js';
import { elementsOf, forShare } from '../assembler/nest.js';
import { I32 } from '../assembler/opcodes.js';
import { comparisonOf } from './positionKernel.js';

/** Below this many values one thread is as fast as many. */
const SERIAL_WORK = 2048;

export function planSearch(kernel: SearchKernel): FormedKernel {
  const { rows, length, each, right, out } = kernel;
  const [{ dtype }] = kernel.inputs;
  const size = itemSize[dtype];
  const parallel = rows * each >= SERIAL_WORK;
  const block = new Block();
  const [table, from] = [block.place(kernel.inputs[0]), block.place(kernel.inputs[1])];
  const to = block.place(out);
  const [count, perRow] = [block.number(rows * each), block.number(each)];
  const [extent, rowBytes] = [block.number(length), block.number(length * size)];
  return {
    key: `search ${dtype} ${right} ${parallel}`,
    block,
    parallel,
    threadScratch: 0,
    write: (module) => {
      const f = kernelFunction(module);
      const { type } = comparisonOf(dtype);
      const { load } = elementsOf(dtype);
      const [row, low, left, half] = [0, 0, 0, 0].map(() => f.local('i32')) as [
        ...[number, number, number, number],
      ];
      const [x, y] = [f.local(type), f.local(type)];
      forShare(f, count, parallel, (i) => {
        f.push(from).get(i).i32(size).op(I32.mul).op(I32.add).memory(load, 0).set(x);
        f.push(table).get(i).push(perRow).op(I32.divU);
        f.push(rowBytes).op(I32.mul).op(I32.add).set(row);
        // The position of the value is among the `left` elements from `low` on. The number of steps is the same for every
        // value, and none of them branches on it, as a branch to either half could not be predicted.
        f.i32(0).set(low).push(extent).set(left);
        f.block(() =>
          f.loop(() => {
            f.get(left).op(I32.eqz).brIf(1);
            f.get(left).i32(1).op(I32.add).i32(1).op(I32.shrU).set(half);
            f.get(low).get(half).op(I32.add).i32(1).op(I32.sub);
            f.i32(size).op(I32.mul).get(row).op(I32.add).memory(load, 0).set(y);
            f.get(left).get(half).op(I32.sub).set(left);
            f.i32(0);
            pushBefore(f, dtype, right, x, y);
            f.op(I32.sub).get(half).op(I32.and).get(low).op(I32.add).set(low);
            f.br(0);
          }),
        );
        f.push(to).get(i).i32(4).op(I32.mul).op(I32.add).get(low).memory(I32.store, 0);
      });
      return f;
    },
  };
}

/** Pushes whether the element y comes before x. */
function pushBefore(f: FunctionBuilder, dtype: DType, right: boolean, x: number, y: number): void {
  const { lt, gt, eq, ne } = comparisonOf(dtype);
  if (right) f.get(y).get(x).op(gt).op(I32.eqz);
  else f.get(y).get(x).op(lt);
  if (eq === null || ne === null) return;
  // "Not greater" is also true for a NaN in the row, but only a NaN comes after that.
  if (right) f.get(y).get(y).op(eq).get(x).get(x).op(ne).op(I32.or).op(I32.and);
  else f.get(x).get(x).op(ne).get(y).get(y).op(eq).op(I32.and).op(I32.or);
}
