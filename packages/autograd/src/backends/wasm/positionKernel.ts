/** @file Where the largest or smallest element of each row is. */
import type { PositionKernel } from '../../engine/kernel.js';
import type { DType } from '../../graph/dtype.js';
import type { ModuleBuilder, ValueType } from './assembler.js';
import { kernelFunction, loadAddress, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { elementsOf, forRange } from './nest.js';
import { F32, F64, I32 } from './opcodes.js';

/** Elements below which one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;

/** How elements of a dtype are compared; whole numbers are never NaN. */
export interface Comparison {
  readonly type: ValueType;
  readonly gt: number;
  readonly lt: number;
  readonly eq: number | null;
  readonly ne: number | null;
}

export function comparisonOf(dtype: DType): Comparison {
  switch (dtype) {
    case 'float32':
      return { type: 'f32', gt: F32.gt, lt: F32.lt, eq: F32.eq, ne: F32.ne };
    case 'float64':
      return { type: 'f64', gt: F64.gt, lt: F64.lt, eq: F64.eq, ne: F64.ne };
    default:
      return { type: 'i32', gt: I32.gtS, lt: I32.ltS, eq: null, ne: null };
  }
}

export function compilePosition(module: ModuleBuilder, kernel: PositionKernel): CompiledKernel {
  const f = kernelFunction(module);
  const { outer, length, inner, largest } = kernel;
  const [input] = kernel.inputs;
  const { size, load } = elementsOf(input.dtype);
  const { type, gt, lt, eq, ne } = comparisonOf(input.dtype);
  const parallel = outer * inner * length >= SERIAL_WORK;
  const [start, end] = [f.local('i32'), f.local('i32')];
  if (parallel) threadRange(f, outer * inner, start, end);
  else f.i32(outer * inner).set(end);
  const [from, to, at, i, best] = [1, 2, 3, 4, 5].map(() => f.local('i32')) as [
    ...[number, number, number, number, number],
  ];
  const [value, next] = [f.local(type), f.local(type)];
  loadAddress(f, input.buffer);
  f.i32(input.offset * size)
    .op(I32.add)
    .set(from);
  loadAddress(f, kernel.out.buffer);
  f.i32(kernel.out.offset * 4)
    .op(I32.add)
    .set(to);
  const step = inner * size;
  forRange(f, start, end, (row) => {
    f.get(from)
      .get(row)
      .i32(inner)
      .op(I32.divU)
      .i32(length * step)
      .op(I32.mul)
      .op(I32.add);
    f.get(row).i32(inner).op(I32.remU).i32(size).op(I32.mul).op(I32.add).tee(at);
    f.memory(load, 0).set(value);
    f.i32(0).set(best).i32(0).set(i);
    f.repeat(length - 1, () => {
      f.advance(i, 1).advance(at, step);
      f.get(at)
        .memory(load, 0)
        .tee(next)
        .get(value)
        .op(largest ? gt : lt);
      if (eq !== null && ne !== null) {
        // A NaN is chosen unless there was one before.
        f.get(next).get(next).op(ne).get(value).get(value).op(eq).op(I32.and).op(I32.or);
      }
      f.if(() => f.get(next).set(value).get(i).set(best));
    });
    f.get(to).get(row).i32(4).op(I32.mul).op(I32.add).get(best).memory(I32.store, 0);
  });
  return { function: f, parallel, threadScratch: 0 };
}
