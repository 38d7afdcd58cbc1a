/**
 * @file Matrix products, blocked over tiles that stay in registers.
 *
 * Threads take columns, rows or matrices of a batch; the order in which one element is summed never changes.
 */
import type { LoopKernel, MatmulKernel } from '../../../engine/compile/kernel.js';
import type { DistanceKernel, PullKernel } from '../../../engine/compile/operators.js';
import type { Access, BufferRef } from '../../../engine/compile/bufferRef.js';
import { isLoop } from '../../../engine/compile/products.js';
import type { FunctionBuilder, Quantity } from '../assembler/moduleBuilder.js';
import { planBlasMatmul } from '../../node.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { BlockedProduct, blocks } from './blockedProduct.js';
import type { Range } from './blockedProduct.js';
import { blockingOf, columnsOf, scratchLayoutOf } from './blocking.js';
import type { Blocking, Product, ScratchLayout } from './blocking.js';
import { kernelFunction, threadRange } from '../assembler/kernelFunction.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { pullTiling, tiling } from './microKernel.js';
import type { Tiling } from './microKernel.js';
import { I32 } from '../assembler/opcodes.js';
import {
  batchOf,
  productOf,
  pushMatrix,
  scratchWords,
  wordsOf,
  type Batch,
} from './productBlock.js';

/** Multiplications below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

/** Products that run better as sums in a loop, and integer products, as such a loop. */
export function matmulAsLoop(kernel: MatmulKernel): LoopKernel | undefined {
  const { batch, m, n, k, a, b, out, along } = kernel;
  const float =
    (out.dtype === 'float32' || out.dtype === 'float64') &&
    a.dtype === out.dtype &&
    b.dtype === out.dtype;
  const rank = batch.length;
  if (float && !isLoop(m, n, k, along)) return undefined;
  const at = (access: Access, rows: number, columns: number, depth: number): Access => ({
    ...access,
    strides: [...access.strides.slice(0, rank), rows, columns, depth],
  });
  const stride = (access: Access, d: number): number => access.strides[rank + d] as number;
  return sumOfProducts(
    { outer: [...batch, m, n], inner: [k] },
    [at(a, stride(a, 0), 0, stride(a, 1)), at(b, 0, stride(b, 1), stride(b, 0))],
    out,
  );
}

/** A loop of the sums of products of two operands. */
export function sumOfProducts(
  space: Pick<LoopKernel, 'outer' | 'inner'>,
  [a, b]: readonly [Access, Access],
  out: Access,
): LoopKernel {
  return {
    ...{ kind: 'loop', ...space },
    inputs: [a, b],
    body: [
      { kind: 'load', input: 0, dtype: a.dtype },
      { kind: 'load', input: 1, dtype: b.dtype },
      { kind: 'op', op: 'mul', args: [0, 1], dtype: out.dtype },
      { kind: 'reduce', op: 'sum', arg: 2, dtype: out.dtype },
    ],
    outputs: [{ ...out, value: 3 }],
  };
}

/** A product ready to be called; null if there is nothing to compute. */
export function planMatmul(kernel: MatmulKernel, context: KernelContext): FormedKernel | null {
  const batches = kernel.batch.reduce((all, size) => all * size, 1);
  if (batches === 0) return null;
  const byBlas = context.blas ? planBlasMatmul(kernel) : null;
  return byBlas ?? planBlocked(kernel, batches, tilingOf(kernel, context));
}

/** What is split among threads. */
export const SPLITS = ['batch', 'rows', 'columns', 'none'] as const;
type Split = (typeof SPLITS)[number];

/** The parts of a product that are code, and its scratch memory. */
export interface ProductPlan {
  readonly blocks: Blocking;
  readonly split: Split;
  /** Offsets of packed and copied blocks in a thread's scratch memory, and how many bytes they take. */
  readonly layout: ScratchLayout & { readonly bytes: number };
}

/** Decides how `batches` products of one size are computed. */
export function planProduct(t: Tiling, product: Product, batches: number): ProductPlan {
  const { m, n, k } = product;
  const blocks = blockingOf(t, product);
  let split: Split = 'none';
  if (batches * m * n * k >= SERIAL_WORK) {
    const columns = Math.ceil(n / columnsOf(t)) * 1.2;
    const rows = Math.ceil(m / t.rows);
    split = batches * 1.5 >= columns ? 'batch' : 'columns';
    if (rows > Math.max(batches * 1.5, columns)) split = 'rows';
  }
  return { blocks, split, layout: scratchLayoutOf(t, product, blocks) };
}

function tilingOf({ out }: MatmulKernel, context: KernelContext): Tiling {
  return tiling(out.dtype === 'float64' ? 'float64' : 'float32', context);
}

/** Distances of rows, before a norm's root is taken: like the product of `x` and the transpose of `y`, with another term. */
export function planDistances(
  { norm, batch, rows, columns, length, inputs, out }: DistanceKernel,
  context: KernelContext,
): FormedKernel {
  const a = { ...inputs[0], strides: [rows * length, length, 1] };
  const b = { ...inputs[1], strides: [columns * length, 1, length] };
  const kernel = productLike(batch, [rows, columns, length], a, b, out);
  return planBlocked(kernel, batch, { ...tilingOf(kernel, context), term: norm });
}

/** Sums of weighted differences of rows: like the product of the weights and `y`, with another term. */
export function planPulls(
  { transposed, batch, rows, columns, length, inputs: [weights, x, y], out }: PullKernel,
  context: KernelContext,
): FormedKernel {
  const a = { ...weights, strides: [rows * columns, ...(transposed ? [1, rows] : [columns, 1])] };
  const b = { ...y, strides: [columns * length, length, 1] };
  const kernel = productLike(batch, [rows, length, columns], a, b, out);
  return planBlocked(kernel, batch, pullTiling(tilingOf(kernel, context)), x);
}

/** Whole contiguous matrices, traversed as a product traverses them. */
function productLike(
  batch: number,
  [m, n, k]: readonly [number, number, number],
  a: Access,
  b: Access,
  out: BufferRef,
): MatmulKernel {
  const whole = { ...out, strides: [m * n, n, 1] };
  return { kind: 'matmul', batch: [batch], m, n, k, a, b, out: whole, along: 'column' };
}

/** For pulls, `from` is what B is subtracted from; it has the layout of C. */
function planBlocked(
  kernel: MatmulKernel,
  batches: number,
  t: Tiling,
  from?: BufferRef,
): FormedKernel {
  const product = productOf(kernel, t.size);
  const { blocks, split, layout } = planProduct(t, product, batches);
  const { packing = 'place', copiesA, rowMajor, scales } = blocks;

  const block = new Block();
  const batch = batchOf(block, kernel, t.size);
  const sizes = wordsOf(block, product);
  const scratch = scratchWords(block, layout);
  const start = from === undefined ? undefined : block.place(from);
  return {
    key: `${t.term === 'product' ? 'matmul' : t.term}${t.size} ${packing} ${copiesA} ${rowMajor} ${scales} ${split} ${batch.dims.length}`,
    block,
    parallel: split !== 'none',
    threadScratch: layout.bytes,
    write: (module) => {
      const f = kernelFunction(module);
      let beyond: Quantity | undefined;
      if (start !== undefined) {
        beyond = { local: f.local('i32') };
        f.push(start).push(batch.starts[2]).op(I32.sub).set(beyond.local);
      }
      const blocked = new BlockedProduct(module, f, t, sizes, blocks, scratch, beyond);
      writeBatch(f, t, blocked, sizes, batch, split);
      return f;
    },
  };
}

function writeBatch(
  f: FunctionBuilder,
  t: Tiling,
  blocked: BlockedProduct,
  sizes: Product<Quantity>,
  batch: Batch,
  split: Split,
): void {
  const range = (name: Split, most: Quantity, unit: number): Range => {
    const [start, end] = [f.local('i32'), f.local('i32')];
    if (split === name) {
      const units = f.local('i32');
      f.push(most)
        .i32(unit - 1)
        .op(I32.add)
        .i32(unit)
        .op(I32.divU)
        .set(units);
      threadRange(f, { local: units }, start, end);
      f.get(start).i32(unit).op(I32.mul).set(start).get(end).i32(unit).op(I32.mul).set(end);
      f.get(end).push(most).get(end).push(most).op(I32.ltS).select().set(end);
    } else f.push(most).set(end);
    return [start, () => f.get(end)];
  };
  const matrices = range('batch', batch.count, 1);
  const columns = range('columns', sizes.n, columnsOf(t));
  const rows = range('rows', sizes.m, t.rows);
  const [a, b, c] = [f.local('i32'), f.local('i32'), f.local('i32')];
  blocks(f, matrices[0], matrices[1], 1, (index) => {
    [a, b, c].forEach((pointer, i) => {
      pushMatrix(f, batch, i as 0 | 1 | 2, index);
      f.set(pointer);
    });
    blocked.write(a, b, c, columns, rows);
  });
}
