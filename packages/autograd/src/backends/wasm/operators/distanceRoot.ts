/**
 * @file The root of a sum of squared differences, which is recomputed from its two rows if it overflowed or lost small terms.
 */
import type { DistanceKernel } from '../../../engine/compile/operators.js';
import { itemSize } from '../../../graph/dtype.js';
import type { Block } from '../assembler/block.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { F32, F64, I32 } from '../assembler/opcodes.js';

/** The range of sums of squares whose roots need no recomputation. */
export const USUAL = {
  float32: [2 ** -100, 3.4028234663852886e38],
  float64: [2 ** -960, Number.MAX_VALUE],
} as const;
/** The factor for differences whose squares are too large or too small for a double. */
const SCALE = 2 ** 600;

/** The words of a block that locate the two rows. */
export interface DistanceNumbers {
  readonly x: Word;
  readonly y: Word;
  readonly out: Word;
  readonly rows: Word;
  readonly columns: Word;
  readonly length: Word;
  /** Bytes of a row. */
  readonly pitch: Word;
}

/** Adds them to a block. */
export function addNumbers(
  block: Block,
  kernel: Pick<DistanceKernel, 'rows' | 'columns' | 'length' | 'inputs' | 'out'>,
): DistanceNumbers {
  const { rows, columns, length, inputs, out } = kernel;
  return {
    x: block.place(inputs[0]),
    y: block.place(inputs[1]),
    out: block.place(out),
    rows: block.number(rows),
    columns: block.number(columns),
    length: block.number(length),
    pitch: block.number(length * itemSize[out.dtype]),
  };
}

/** Writes the root of the sum whose number a local holds. */
export function writeRoot(
  f: FunctionBuilder,
  dtype: 'float32' | 'float64',
  n: DistanceNumbers,
  element: number,
): void {
  const size = itemSize[dtype];
  const single = dtype === 'float32';
  const [at, x, y, row] = [0, 0, 0, 0].map(() => f.local('i32')) as [
    ...[number, number, number, number],
  ];
  const [sum, first, second, d] = [0, 0, 0, 0].map(() => f.local('f64')) as [
    ...[number, number, number, number],
  ];
  const load = (pointer: number): FunctionBuilder => {
    f.get(pointer).memory(single ? F32.load : F64.load, 0);
    return single ? f.op(F64.promoteF32) : f;
  };
  f.push(n.out).get(element).i32(size).op(I32.mul).op(I32.add).set(at);
  load(at).set(sum);
  const [low, high] = USUAL[dtype];
  f.get(sum).f64(low).op(F64.lt).get(sum).f64(high).op(F64.gt).op(I32.or);
  f.if(
    () => {
      f.get(element).push(n.columns).op(I32.divU).set(row);
      f.push(n.x).get(row).push(n.pitch).op(I32.mul).op(I32.add).set(x);
      f.get(row).push(n.rows).op(I32.divU).push(n.columns).op(I32.mul);
      f.get(element).push(n.columns).op(I32.remU).op(I32.add).push(n.pitch).op(I32.mul);
      f.push(n.y).op(I32.add).set(y);
      // Factors before the difference and after it: large numbers are scaled down before, small differences scaled up after.
      const factor = (small: number, large: number): FunctionBuilder =>
        f.f64(small).f64(large).get(sum).f64(1).op(F64.lt).select();
      const inverse = f.local('f64');
      if (single) f.f64(1).set(first).f64(1).set(second).f64(1).set(inverse);
      else {
        factor(1, 1 / SCALE).set(first);
        factor(SCALE, 1).set(second);
        factor(1 / SCALE, SCALE).set(inverse);
      }
      f.f64(0).set(sum);
      f.repeat(n.length, () => {
        load(x).get(first).op(F64.mul);
        load(y).get(first).op(F64.mul).op(F64.sub).get(second).op(F64.mul).tee(d);
        f.get(d).op(F64.mul).get(sum).op(F64.add).set(sum);
        f.advance(x, size).advance(y, size);
      });
      f.get(sum).op(F64.sqrt).get(inverse).op(F64.mul).set(sum);
    },
    () => f.get(sum).op(F64.sqrt).set(sum),
  );
  f.get(at).get(sum);
  if (single) f.op(F32.demoteF64);
  f.memory(single ? F32.store : F64.store, 0);
}
