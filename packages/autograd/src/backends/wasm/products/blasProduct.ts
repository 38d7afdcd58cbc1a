/**
 * @file Matrix products that a BLAS library computes: kernels call it on the same memory.
 *
 * A product is cut into pieces by its shape alone, and threads take pieces: the library never uses threads of its own, and
 * the number of threads changes no bit.
 */
import type { MatmulKernel } from '../../../engine/compile/kernel.js';
import type { FunctionBuilder, ModuleBuilder, Quantity, Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import type { Matrix, Product } from './blocking.js';
import { kernelFunction, threadRange } from '../assembler/kernelFunction.js';
import { forRange } from '../assembler/nest.js';
import { I32 } from '../assembler/opcodes.js';
import { batchOf, productOf, pushMatrix, wordsOf, type Batch } from './productBlock.js';

/** From this many multiplications on a call pays: it costs a third of a microsecond. */
const MIN_WORK = 32 * 1024;
/** From this many multiplications on a product is cut in two; each further halving needs `SPLIT_FACTOR` times as many. */
const SPLIT_WORK = 2 ** 23;
const SPLIT_FACTOR = 8;
const MAX_PIECES = 16;
/** A piece has at least this many rows and columns. */
const MIN_EXTENT = 64;

/** How a matrix is described to BLAS. */
interface Layout {
  readonly transposed: 0 | 1;
  /** Elements from one row to the next, or from one column to the next if it is transposed. */
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

/** How to describe a product to BLAS; null if it is too small or BLAS does not support its strides. */
export function blasLayouts({ m, n, k, a, b, c }: Product, size: number): Layouts | null {
  if (m * n * k < MIN_WORK || Math.min(m, n, k) < 8) return null;
  const layouts = { a: layout(a, m, k, size), b: layout(b, k, n, size), c: layout(c, m, n, size) };
  if (layouts.a === null || layouts.b === null || layouts.c === null || layouts.c.transposed === 1)
    return null;
  return { a: layouts.a, b: layouts.b, c: layouts.c };
}

/** An argument to push: a quantity, or a computed value. */
type Value = Quantity | (() => void);

/** The types of the arguments of `gemm`. */
const GEMM = Array.from({ length: 12 }, () => 'i32' as const);

/** Calls BLAS for `C = A · B`, or `C + A · B` if `add` is 1. */
export function callGemm(
  module: ModuleBuilder,
  f: FunctionBuilder,
  size: 4 | 8,
  { a, b }: Layouts,
  v: Record<'m' | 'n' | 'k' | 'a' | 'lda' | 'b' | 'ldb' | 'add' | 'c' | 'ldc', Value>,
): void {
  f.i32(a.transposed).i32(b.transposed);
  for (const value of [v.m, v.n, v.k, v.a, v.lda, v.b, v.ldb, v.add, v.c, v.ldc]) {
    if (typeof value === 'function') value();
    else f.push(value);
  }
  // See `blas/gemm.ts`.
  f.call(module.math(size === 4 ? 'sgemm' : 'dgemm', GEMM, []));
}

/**
 * Into how many rows and columns of pieces a product is cut: few, as the library packs both operands again for each, and
 * along the longer side, which needs the least packing.
 */
export function piecesOf(
  m: number,
  n: number,
  k: number,
  batches = 1,
): { rows: number; columns: number } {
  let wanted = 1;
  for (
    let work = batches * m * n * k;
    work >= SPLIT_WORK && wanted < MAX_PIECES;
    work /= SPLIT_FACTOR
  )
    wanted *= 2;
  let [rows, columns] = [1, 1];
  let [height, width] = [m, n];
  while (batches * rows * columns < wanted && Math.max(height, width) >= 2 * MIN_EXTENT) {
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

/** A matrix product by BLAS; null if that is impossible, or does not pay. */
export function planBlasMatmul(kernel: MatmulKernel): FormedKernel | null {
  const { batch, m, n, k, a, b, out } = kernel;
  if (![a, b].every(({ dtype }) => dtype === out.dtype)) return null;
  if (out.dtype !== 'float32' && out.dtype !== 'float64') return null;
  const size = out.dtype === 'float32' ? 4 : 8;
  const layouts = blasLayouts(productOf(kernel, size), size);
  if (layouts === null) return null;

  const batches = batch.reduce((all, count) => all * count, 1);
  const pieces = piecesOf(m, n, k, batches);
  // If the matrix is aligned to cache lines, so are the pieces.
  const height = Math.ceil(m / pieces.rows / 16) * 16;
  const width = Math.ceil(n / pieces.columns / 16) * 16;
  const [across, down] = [Math.ceil(n / width), Math.ceil(m / height)];
  const parallel = batches * across * down > 1;
  const block = new Block();
  const place = batchOf(block, kernel, size);
  const product = wordsOf(block, productOf(kernel, size));
  const word = (value: number): Word => block.number(value);
  const cuts: Cuts = {
    ...{ height: word(height), width: word(width), across: word(across), down: word(down) },
    units: word(batches * across * down),
    lda: word(layouts.a.leading),
    ldb: word(layouts.b.leading),
    ldc: word(layouts.c.leading),
  };
  const { a: of, b: by } = layouts;
  return {
    key: `gemm${size} ${of.transposed}${by.transposed} ${place.dims.length}`,
    block,
    parallel,
    threadScratch: 0,
    usesBlas: true,
    write: (module) => writeGemm(module, size, layouts, product, place, cuts),
  };
}

/** How a product is cut into pieces, and how far apart rows of the matrices are. */
type Cuts = Record<'height' | 'width' | 'across' | 'down' | 'units' | 'lda' | 'ldb' | 'ldc', Word>;

function writeGemm(
  module: ModuleBuilder,
  size: 4 | 8,
  layouts: Layouts,
  { m, n, k, a, b, c }: Product<Word>,
  batch: Batch,
  { height, width, across, down, units, lda, ldb, ldc }: Cuts,
): FunctionBuilder {
  const f = kernelFunction(module);
  const i32 = (): number => f.local('i32');
  const [start, end, row, column, index] = [i32(), i32(), i32(), i32(), i32()];
  threadRange(f, units, start, end);
  forRange(f, start, end, (unit) => {
    f.get(unit).push(across).op(I32.remU).push(width).op(I32.mul).set(column);
    f.get(unit).push(across).op(I32.divU).push(down).op(I32.remU);
    f.push(height).op(I32.mul).set(row);
    f.get(unit).push(across).op(I32.divU).push(down).op(I32.divU).set(index);
    /** Pushes the address of a piece of matrix `i`: `step` bytes for each of the local `along`. */
    const begin = (i: 0 | 1 | 2, ...steps: (readonly [number, Quantity])[]): void => {
      pushMatrix(f, batch, i, index);
      for (const [along, step] of steps) f.get(along).push(step).op(I32.mul).op(I32.add);
    };
    /** Pushes min(step, whole − from). */
    const extent = (whole: Quantity, step: Quantity, from: number): void => {
      f.push(step).push(whole).get(from).op(I32.sub);
      f.push(step).push(whole).get(from).op(I32.sub).op(I32.ltS).select();
    };
    callGemm(module, f, size, layouts, {
      m: () => extent(m, height, row),
      n: () => extent(n, width, column),
      k,
      a: () => begin(0, [row, a.rows]),
      lda,
      b: () => begin(1, [column, b.columns]),
      ldb,
      c: () => begin(2, [row, c.rows], [column, c.columns]),
      ldc,
      add: 0,
    });
  });
  return f;
}
