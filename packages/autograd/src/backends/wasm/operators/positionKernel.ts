/** @file The position of the largest or smallest element of each row. */
import type { PositionKernel } from '../../../engine/compile/operators.js';
import type { DType } from '../../../graph/dtype.js';
import type { FunctionBuilder, ValueType, Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction } from '../assembler/kernelFunction.js';
import { elementsOf, forShare } from '../assembler/nest.js';
import { F32, F64, I32 } from '../assembler/opcodes.js';
import { pushRow, rowsOf } from './rows.js';

/** Below this many elements one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;

/** The opcodes that compare elements of a dtype; integers are never NaN. */
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

export function planPosition(kernel: PositionKernel): FormedKernel {
  const { outer, length, inner, largest } = kernel;
  const [input] = kernel.inputs;
  const parallel = outer * inner * length >= SERIAL_WORK;
  const block = new Block();
  const from = rowsOf(block, input, kernel);
  const to = block.place(kernel.out);
  const [rows, others] = [block.number(outer * inner), block.number(length - 1)];
  return {
    key: `position ${input.dtype} ${largest} ${parallel}`,
    block,
    parallel,
    threadScratch: 0,
    write: (module) => {
      const f = kernelFunction(module);
      const [at, best] = [f.local('i32'), f.local('i32')];
      forShare(f, rows, parallel, (row) => {
        pushRow(f, from, row).set(at);
        findExtreme(f, input.dtype, largest, { at, step: from.step, others, best });
        f.push(to).get(row).i32(4).op(I32.mul).op(I32.add).get(best).memory(I32.store, 0);
      });
      return f;
    },
  };
}

/** Sets `best` to the position of the extreme of a row that begins at the local `at` and has `others` further elements. */
function findExtreme(
  f: FunctionBuilder,
  dtype: DType,
  largest: boolean,
  row: { readonly at: number; readonly step: Word; readonly others: Word; readonly best: number },
): void {
  const { at, step, others, best } = row;
  const { load } = elementsOf(dtype);
  const { type, gt, lt, eq, ne } = comparisonOf(dtype);
  const [value, next] = [f.local(type), f.local(type)];
  const i = f.local('i32');
  f.get(at).memory(load, 0).set(value).i32(0).set(best).i32(0).set(i);
  f.repeat(others, () => {
    f.advance(i, 1).advance(at, step);
    f.get(at)
      .memory(load, 0)
      .tee(next)
      .get(value)
      .op(largest ? gt : lt);
    if (eq !== null && ne !== null) {
      // A NaN is chosen unless an earlier one was.
      f.get(next).get(next).op(ne).get(value).get(value).op(eq).op(I32.and).op(I32.or);
    }
    f.if(() => f.get(next).set(value).get(i).set(best));
  });
}
