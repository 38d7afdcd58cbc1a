/**
 * @file Distances from products of rows, `|x − y|² = |x|² + |y|² − 2 x·y`, recomputed from the two rows wherever that cancels.
 *
 * The squares and the product are rounded, so the difference is off by a few units of `|x|² + |y|²`. If it is at least half of
 * that sum, the distance is off by a few units of its own; if it is less, or not a normal number, the squares of the
 * differences are added up.
 */
import type { DistanceKernel } from '../../../engine/compile/operators.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { itemSize } from '../../../graph/dtype.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction } from '../assembler/kernelFunction.js';
import type { FunctionBuilder } from '../assembler/moduleBuilder.js';
import { forRange, forShare } from '../assembler/nest.js';
import { F32, F32x4, F64, F64x2, I32, I32x4, I64x2, V128 } from '../assembler/opcodes.js';
import { addNumbers, USUAL, writeRoot, type DistanceNumbers } from './distanceRoot.js';

/** Below this share of both squares their difference has lost too many digits. */
const SHARE = 0.5;

export function planRefined(
  { batch, rows, columns, length, inputs, out }: DistanceKernel,
  product: BufferRef,
  [xSquares, ySquares]: readonly BufferRef[],
): FormedKernel {
  const dtype = out.dtype === 'float64' ? 'float64' : 'float32';
  const size = itemSize[dtype];
  const lanes = 16 / size;
  const block = new Block();
  const numbers = addNumbers(block, { rows, columns, length, inputs, out });
  const products = block.place(product);
  const [ownSquares, otherSquares] = [
    block.place(xSquares as BufferRef),
    block.place(ySquares as BufferRef),
  ];
  const width = block.number(columns * size);
  const all = block.number(batch * rows);
  const vectors = block.number(Math.floor(length / lanes));
  const rest = block.number(length % lanes);
  const vector = dtype === 'float32' ? F32x4 : F64x2;
  const one = dtype === 'float32' ? F32 : F64;
  return {
    key: `refined ${dtype}`,
    block,
    parallel: true,
    threadScratch: 0,
    write: (module) => {
      const f = kernelFunction(module);
      const constant = (value: number): number => {
        const local = f.local('v128');
        (dtype === 'float32' ? f.f32(value) : f.f64(value)).op(vector.splat).set(local);
        return local;
      };
      const [share, low, high] = [
        constant(SHARE),
        constant(USUAL[dtype][0]),
        constant(USUAL[dtype][1]),
      ];
      const [at, given, squares, beside, j, end, lost] = [0, 0, 0, 0, 0, 0, 0].map(() =>
        f.local('i32'),
      ) as [...[number, number, number, number, number, number, number]];
      const [own, total, sum] = [f.local('v128'), f.local('v128'), f.local('v128')];
      forShare(f, all, true, (row) => {
        f.push(numbers.out).get(row).push(width).op(I32.mul).op(I32.add).set(at);
        f.push(products).get(row).push(width).op(I32.mul).op(I32.add).set(given);
        f.get(row).push(numbers.rows).op(I32.divU).push(numbers.columns).op(I32.mul).set(beside);
        f.push(otherSquares).get(beside).i32(size).op(I32.mul).op(I32.add).set(squares);
        f.push(ownSquares).get(row).i32(size).op(I32.mul).op(I32.add);
        f.memory(one.load, 0).op(vector.splat).set(own);
        f.i32(0).set(j);
        f.loop(() => {
          f.i32(-1).set(lost);
          f.get(j).i32(lanes).op(I32.add).tee(end).push(numbers.columns).op(I32.leU);
          f.if(() => {
            f.get(own).get(squares).memory(V128.load, 0).op(vector.add).tee(total);
            f.get(given)
              .memory(V128.load, 0)
              .tee(sum)
              .get(sum)
              .op(vector.add)
              .op(vector.sub)
              .set(sum);
            f.get(at).get(sum).op(vector.sqrt).memory(V128.store, 0);
            // Comparisons with NaN are false.
            f.get(sum).get(total).get(share).op(vector.mul).op(vector.ge);
            f.get(sum).get(low).op(vector.ge).op(V128.and);
            f.get(total).get(high).op(vector.le).op(V128.and).op(V128.not);
            f.op(dtype === 'float32' ? I32x4.bitmask : I64x2.bitmask).set(lost);
          });
          f.get(lost);
          f.if(() => {
            f.get(end)
              .push(numbers.columns)
              .get(end)
              .push(numbers.columns)
              .op(I32.ltU)
              .select()
              .set(end);
            forRange(f, j, end, (k) => {
              const element = f.local('i32');
              f.get(lost).get(k).get(j).op(I32.sub).op(I32.shrU).i32(1).op(I32.and);
              f.if(() => {
                f.get(row).push(numbers.columns).op(I32.mul).get(k).op(I32.add).set(element);
                writeSquares(f, dtype, numbers, {
                  row,
                  other: [beside, k],
                  element,
                  vectors,
                  rest,
                });
                writeRoot(f, dtype, numbers, element);
              });
            });
          });
          f.advance(at, 16).advance(given, 16).advance(squares, 16);
          f.advance(j, lanes).get(j).push(numbers.columns).op(I32.ltU).brIf(0);
        });
      });
      return f;
    },
  };
}

interface Pair {
  /** Locals: the row of `x`; the first row of `y` of the batch, and the offset from it; the number of the distance. */
  readonly row: number;
  readonly other: readonly [number, number];
  readonly element: number;
  readonly vectors: Parameters<FunctionBuilder['push']>[0];
  readonly rest: Parameters<FunctionBuilder['push']>[0];
}

/** Computes the sum of squared differences of two rows, in its place. */
function writeSquares(
  f: FunctionBuilder,
  dtype: 'float32' | 'float64',
  n: DistanceNumbers,
  p: Pair,
): void {
  const [vector, one] = dtype === 'float32' ? [F32x4, F32] : [F64x2, F64];
  const size = itemSize[dtype];
  const [x, y] = [f.local('i32'), f.local('i32')];
  const [d, sum] = [f.local('v128'), f.local('v128')];
  const [single, total] = [
    f.local(dtype === 'float32' ? 'f32' : 'f64'),
    f.local(dtype === 'float32' ? 'f32' : 'f64'),
  ];
  const zero = (): FunctionBuilder => (dtype === 'float32' ? f.f32(0) : f.f64(0));
  f.push(n.x).get(p.row).push(n.pitch).op(I32.mul).op(I32.add).set(x);
  f.push(n.y)
    .get(p.other[0])
    .get(p.other[1])
    .op(I32.add)
    .push(n.pitch)
    .op(I32.mul)
    .op(I32.add)
    .set(y);
  zero().op(vector.splat).set(sum);
  f.repeat(p.vectors, () => {
    f.get(x).memory(V128.load, 0).get(y).memory(V128.load, 0).op(vector.sub).tee(d);
    f.get(d).op(vector.mul).get(sum).op(vector.add).set(sum);
    f.advance(x, 16).advance(y, 16);
  });
  zero().set(total);
  f.repeat(p.rest, () => {
    f.get(x).memory(one.load, 0).get(y).memory(one.load, 0).op(one.sub).tee(single);
    f.get(single).op(one.mul).get(total).op(one.add).set(total);
    f.advance(x, size).advance(y, size);
  });
  f.push(n.out).get(p.element).i32(size).op(I32.mul).op(I32.add).get(total);
  for (let lane = 0; lane < 16 / size; lane++) f.get(sum).lane(vector.extract, lane).op(one.add);
  f.memory(one.store, 0);
}
