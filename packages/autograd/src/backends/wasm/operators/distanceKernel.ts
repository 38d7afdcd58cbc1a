/**
 * @file Distances of all rows of two matrices: tiles of sums as in a product, then the roots of sums of squares.
 *
 * A sum of squares that overflowed, or is so small that squares underflowed, is recomputed from its two rows: in double
 * precision, or with doubles scaled by a power of two.
 */
import type { DistanceKernel } from '../../../engine/compile/operators.js';
import { itemSize } from '../../../graph/dtype.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction, THREAD, type KernelContext } from '../assembler/kernelFunction.js';
import { forRange, forShare } from '../assembler/nest.js';
import { F32x4, F64x2, I32, V128 } from '../assembler/opcodes.js';
import { planDistances } from '../products/matmul.js';
import { addNumbers, USUAL, writeRoot } from './distanceRoot.js';
import { planRefined } from './refinedDistance.js';

/** Below this many distances one thread takes their roots as fast as many. */
const SERIAL_WORK = 16 * 1024;

export function planDistance(kernel: DistanceKernel, context: KernelContext): FormedKernel[] {
  const [, , product, ...squares] = kernel.inputs;
  if (product !== undefined) return [planRefined(kernel, product, squares)];
  const sums = planDistances(kernel, context);
  return kernel.norm === 'l2' ? [sums, planRoots(kernel)] : [sums];
}

function planRoots({ batch, rows, columns, length, inputs, out }: DistanceKernel): FormedKernel {
  const dtype = out.dtype === 'float64' ? 'float64' : 'float32';
  const size = itemSize[dtype];
  const lanes = 16 / size;
  const count = batch * rows * columns;
  const parallel = count >= SERIAL_WORK;
  const block = new Block();
  const numbers = addNumbers(block, { rows, columns, length, inputs, out });
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
