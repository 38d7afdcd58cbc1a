/**
 * @file Distances of all rows of two matrices: tiles of sums as of a product, then the roots of sums of squares.
 *
 * A sum of squares that overflowed, or is so small that squares were lost, is made anew from its two rows: in double
 * precision, or of doubles scaled by a power of two.
 */
import type { DistanceKernel } from '../../../engine/compile/kernel.js';
import { itemSize } from '../../../graph/dtype.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction, THREAD, type KernelContext } from '../assembler/kernelFunction.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { forRange, forShare } from '../assembler/nest.js';
import { F32, F32x4, F64, F64x2, I32, V128 } from '../assembler/opcodes.js';
import { planDistances } from '../products/matmul.js';
import { planRefined } from './refinedDistance.js';

/** Distances below which one thread takes as long as many to find their roots. */
const SERIAL_WORK = 16 * 1024;

/** Sums of squares from which roots are taken as they are. */
export const USUAL = {
  float32: [2 ** -100, 3.4028234663852886e38],
  float64: [2 ** -960, Number.MAX_VALUE],
} as const;
/** By what differences are multiplied whose squares are too large or too small for a double. */
const SCALE = 2 ** 600;

export function planDistance(kernel: DistanceKernel, context: KernelContext): FormedKernel[] {
  const [, , product, ...squares] = kernel.inputs;
  if (product !== undefined) return [planRefined(kernel, product, squares)];
  const sums = planDistances(kernel, context);
  return kernel.norm === 'l2' ? [sums, planRoots(kernel)] : [sums];
}

export interface DistanceNumbers {
  readonly x: Word;
  readonly y: Word;
  readonly out: Word;
  readonly rows: Word;
  readonly others: Word;
  readonly length: Word;
  /** Bytes of a row. */
  readonly pitch: Word;
}

function planRoots({ batch, rows, others, length, inputs, out }: DistanceKernel): FormedKernel {
  const dtype = out.dtype === 'float64' ? 'float64' : 'float32';
  const size = itemSize[dtype];
  const lanes = 16 / size;
  const count = batch * rows * others;
  const parallel = count >= SERIAL_WORK;
  const block = new Block();
  const numbers: DistanceNumbers = {
    x: block.place(inputs[0]),
    y: block.place(inputs[1]),
    out: block.place(out),
    rows: block.number(rows),
    others: block.number(others),
    length: block.number(length),
    pitch: block.number(length * size),
  };
  const vectors = block.number(Math.floor(count / lanes));
  const [whole, all] = [block.number(count - (count % lanes)), block.number(count)];
  return {
    key: `roots ${dtype} ${parallel}`,
    block,
    parallel,
    threadScratch: 0,
    write: (module) => {
      const f = kernelFunction(module);
      const [at, i, end] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const v = f.local('v128');
      const vector = dtype === 'float32' ? F32x4 : F64x2;
      const [low, high] = USUAL[dtype].map((bound) => {
        const local = f.local('v128');
        (dtype === 'float32' ? f.f32(bound) : f.f64(bound)).op(vector.splat).set(local);
        return local;
      }) as [number, number];
      forShare(f, vectors, parallel, (k) => {
        f.push(numbers.out).get(k).i32(16).op(I32.mul).op(I32.add).tee(at);
        f.memory(V128.load, 0).tee(v).get(low).op(vector.lt).get(v).get(high).op(vector.gt);
        f.op(V128.or).op(V128.anyTrue);
        f.if(
          () => {
            f.get(k).i32(lanes).op(I32.mul).tee(i).i32(lanes).op(I32.add).set(end);
            forRange(f, i, end, (element) => writeRoot(f, dtype, numbers, element));
          },
          () => f.get(at).get(v).op(vector.sqrt).memory(V128.store, 0),
        );
      });
      f.get(THREAD).op(I32.eqz);
      f.if(() => {
        f.push(whole).set(i).push(all).set(end);
        forRange(f, i, end, (element) => writeRoot(f, dtype, numbers, element));
      });
      return f;
    },
  };
}

/** The root of the sum whose number a local holds. */
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
      f.get(element).push(n.others).op(I32.divU).set(row);
      f.push(n.x).get(row).push(n.pitch).op(I32.mul).op(I32.add).set(x);
      f.get(row).push(n.rows).op(I32.divU).push(n.others).op(I32.mul);
      f.get(element).push(n.others).op(I32.remU).op(I32.add).push(n.pitch).op(I32.mul);
      f.push(n.y).op(I32.add).set(y);
      // Before the difference, and after it: a large one is scaled down first, a small one up once it is known.
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
