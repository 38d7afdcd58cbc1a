/**
 * @file Matrix products that a BLAS library computes: kernels call it on the same memory.
 *
 * A product is cut into pieces by its shape alone, and threads take pieces: the library never uses threads of its own,
 * and the number of threads changes no bit.
 */
import type { MatmulKernel } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import type { Matrix, Product } from './blockedProduct.js';
import { kernelFunction, loadAddress, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { forRange } from './nest.js';
import { I32 } from './opcodes.js';

/** Multiplications from which a call pays: it costs a third of a microsecond. */
const WORK = 32 * 1024;
/** Multiplications from which a product is cut in two, and how many times as many for each further halving. */
const CUT_WORK = 2 ** 23;
const CUT_AGAIN = 8;
const MOST_PIECES = 16;
/** A piece has at least so many rows and columns. */
const LEAST_EXTENT = 64;

/** How BLAS is told of a matrix. */
interface Layout {
  readonly transposed: 0 | 1;
  /** Elements from one row to the next, or from one column to the next where it is transposed. */
  readonly leading: number;
}

function layout(
  { rows, columns }: Matrix,
  height: number,
  width: number,
  size: number,
): Layout | null {
  if (columns === size && rows >= width * size) return { transposed: 0, leading: rows / size };
  if (rows === size && columns >= height * size) return { transposed: 1, leading: columns / size };
  return null;
}

interface Layouts {
  readonly a: Layout;
  readonly b: Layout;
  readonly c: Layout;
}

/** How to hand a product to BLAS; null where it is too small or its strides are none that BLAS knows. */
export function blasLayouts({ m, n, k, a, b, c }: Product, size: number): Layouts | null {
  if (m * n * k < WORK || Math.min(m, n, k) < 8) return null;
  const found = { a: layout(a, m, k, size), b: layout(b, k, n, size), c: layout(c, m, n, size) };
  if (found.a === null || found.b === null || found.c === null || found.c.transposed === 1)
    return null;
  return { a: found.a, b: found.b, c: found.c };
}

/** What is pushed as an argument: a local, or something computed. */
type Value = number | (() => void);

/** Calls BLAS for `C = A · B`, or `C + A · B` where `add` is 1. */
export function callGemm(
  module: ModuleBuilder,
  f: FunctionBuilder,
  size: 4 | 8,
  layouts: Layouts,
  { m, n, k, a, b, c, add }: Record<'m' | 'n' | 'a' | 'b' | 'c' | 'add', Value> & { k: number },
): void {
  const push = (value: Value): void => {
    if (typeof value === 'number') f.get(value);
    else value();
  };
  f.i32(layouts.a.transposed).i32(layouts.b.transposed);
  push(m);
  push(n);
  f.i32(k);
  push(a);
  f.i32(layouts.a.leading);
  push(b);
  f.i32(layouts.b.leading);
  push(add);
  push(c);
  f.i32(layouts.c.leading).call(module.gemm(size === 4 ? 'sgemm' : 'dgemm'));
}

/**
 * In how many rows and columns of pieces a product is cut: few, as the library packs both operands anew for each, and
 * along the longer side, for which it packs least.
 */
export function piecesOf(
  m: number,
  n: number,
  k: number,
  batches = 1,
): { rows: number; columns: number } {
  let wanted = 1;
  for (let work = batches * m * n * k; work >= CUT_WORK && wanted < MOST_PIECES; work /= CUT_AGAIN)
    wanted *= 2;
  let [rows, columns] = [1, 1];
  let [height, width] = [m, n];
  while (batches * rows * columns < wanted && Math.max(height, width) >= 2 * LEAST_EXTENT) {
    if (height > width) {
      rows *= 2;
      height /= 2;
    } else {
      columns *= 2;
      width /= 2;
    }
  }
  return { rows, columns };
}

/** A matrix product by BLAS; undefined where it cannot be, or pays nothing. */
export function compileBlasMatmul(
  module: ModuleBuilder,
  kernel: MatmulKernel,
): CompiledKernel | undefined {
  const { batch, m, n, k, a, b, out } = kernel;
  if (![a, b].every(({ dtype }) => dtype === out.dtype)) return undefined;
  if (out.dtype !== 'float32' && out.dtype !== 'float64') return undefined;
  const size = out.dtype === 'float32' ? 4 : 8;
  const rank = batch.length;
  const matrix = ({ strides }: MatmulKernel['a']): Matrix => ({
    rows: (strides[rank] as number) * size,
    columns: (strides[rank + 1] as number) * size,
  });
  const matrices = { a: matrix(a), b: matrix(b), c: matrix(out) };
  const layouts = blasLayouts({ m, n, k, ...matrices }, size);
  const batches = batch.reduce((all, count) => all * count, 1);
  if (layouts === null || batches === 0) return undefined;

  const pieces = piecesOf(m, n, k, batches);
  // Pieces begin at whole cache lines where the matrix does.
  const height = Math.ceil(m / pieces.rows / 16) * 16;
  const width = Math.ceil(n / pieces.columns / 16) * 16;
  const [across, down] = [Math.ceil(n / width), Math.ceil(m / height)];
  const units = batches * across * down;

  const f = kernelFunction(module);
  const i32 = (): number => f.local('i32');
  const [start, end, row, column, index] = [i32(), i32(), i32(), i32(), i32()];
  threadRange(f, units, start, end);
  forRange(f, start, end, (unit) => {
    f.get(unit).i32(across).op(I32.remU).i32(width).op(I32.mul).set(column);
    f.get(unit).i32(across).op(I32.divU).i32(down).op(I32.remU).i32(height).op(I32.mul).set(row);
    f.get(unit)
      .i32(across * down)
      .op(I32.divU)
      .set(index);
    /** Pushes where the piece of a matrix begins: `step` bytes for each of the local `along`. */
    const begin = (access: MatmulKernel['a'], ...steps: (readonly [number, number])[]): void => {
      loadAddress(f, access.buffer);
      f.i32(access.offset * size).op(I32.add);
      let within = batches;
      batch.forEach((count, d) => {
        within /= count;
        const stride = (access.strides[d] as number) * size;
        if (stride === 0 || count === 1) return;
        f.get(index).i32(within).op(I32.divU).i32(count).op(I32.remU);
        f.i32(stride).op(I32.mul).op(I32.add);
      });
      for (const [along, step] of steps) f.get(along).i32(step).op(I32.mul).op(I32.add);
    };
    /** Pushes min(step, whole − at). */
    const extent = (whole: number, step: number, at: number): void => {
      f.i32(step).i32(whole).get(at).op(I32.sub).i32(step).i32(whole).get(at).op(I32.sub);
      f.op(I32.ltS).select();
    };
    callGemm(module, f, size, layouts, {
      m: () => extent(m, height, row),
      n: () => extent(n, width, column),
      k,
      a: () => begin(a, [row, matrices.a.rows]),
      b: () => begin(b, [column, matrices.b.columns]),
      c: () => begin(out, [row, matrices.c.rows], [column, matrices.c.columns]),
      add: () => f.i32(0),
    });
  });
  return { function: f, parallel: units > 1, threadScratch: 0 };
}
