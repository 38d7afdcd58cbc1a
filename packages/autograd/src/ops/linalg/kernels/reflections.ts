/** @file Householder reflections of one matrix in float64, several of them applied as one; QR by means of them. */
import { loopsOver, withLoopMemory, zeros } from '../../../kernels/plain/doubleLoops.js';
import { addProduct, blockAt, transposeOf, type BlockOf, type Matrix } from './denseKernels.js';
import { Rows } from './rows.js';

/** How many columns have their reflections applied as one; the reflections are computed one by one. */
export const BLOCK_COLUMNS = 16;

/** Up to this many columns a QR applies its reflections one by one. */
const MAX_UNBLOCKED = 32;

/**
 * The reflections of several columns as one, `I − V T Vᵀ` (R. Schreiber and C. Van Loan, "A storage-efficient WY representation
 * for products of Householder transformations", 1989).
 */
export interface Reflections {
  /** The first column, and row, to which they apply. */
  readonly start: number;
  readonly rows: number;
  readonly width: number;
  /** V `[rows, width]`, its transpose, and T `[width, width]`, upper triangular. */
  readonly v: Matrix;
  readonly transposed: Matrix;
  readonly t: Matrix;
}

/** QR by Householder reflections: `q [m, c]` with c columns (n to m of them), and R in the upper triangle of `a [m, n]`. */
export function householder(a: Matrix, m: number, n: number, c: number): Matrix {
  const steps = Math.min(m, n);
  if (steps <= MAX_UNBLOCKED) {
    const { vectors, betas } = reflections(a, m, n, 0, steps, n);
    return unblocked(vectors, betas, m, c);
  }
  const panels: Reflections[] = [];
  for (let start = 0; start < steps; start += BLOCK_COLUMNS) {
    const end = Math.min(steps, start + BLOCK_COLUMNS);
    const { vectors, betas } = reflections(a, m, n, start, end, end - start);
    const panel = applyBlock(start, vectors, betas, m - start);
    panels.push(panel);
    if (end < n) reflect(panel, blockAt(a, n, start, end), n - end, true);
  }
  return productOf(panels, m, c);
}

/**
 * Makes the columns from `start` to `end` upper triangular, and returns the vectors, as rows, of the reflections `I − β u uᵀ`
 * that do so; they are applied to `columns` columns from `start` on.
 */
function reflections(
  a: Matrix,
  m: number,
  n: number,
  start: number,
  end: number,
  columns: number,
): { vectors: Matrix; betas: Matrix } {
  const [rows, width] = [m - start, end - start];
  const vectors = zeros(width * rows);
  const betas = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    const at = k * rows;
    const column = start * n + start + k;
    let square = 0;
    for (let i = k + 1, from = column + i * n; i < rows; i++, from += n) {
      const x = a[from]!;
      vectors[at + i] = x;
      square += x * x;
      a[from] = 0;
    }
    // A column that is zero below the diagonal needs no reflection, as in LAPACK.
    if (square === 0) continue;
    const head = a[column + k * n]!;
    const length = Math.sqrt(head * head + square);
    const alpha = head > 0 ? -length : length;
    vectors[at + k] = head - alpha;
    const beta = 2 / (square + (head - alpha) * (head - alpha));
    betas[k] = beta;
    applyReflection(blockAt(a, n, start + k, start + k + 1), rows - k, columns - k - 1, vectors, at + k, beta); // prettier-ignore
    a[column + k * n] = alpha;
  }
  return { vectors, betas };
}

/** The product of few reflections: its first c columns, `[m, c]`. */
function unblocked(vectors: Matrix, betas: Matrix, m: number, c: number): Matrix {
  const q = zeros(m * c);
  for (let i = 0; i < Math.min(m, c); i++) q[i * c + i] = 1;
  for (let k = betas.length - 1; k >= 0; k--)
    applyReflection(blockAt(q, c, k, k), m - k, c - k, vectors, k * m + k, betas[k]!);
  return q;
}

/** Multiplies the block by `I − β u uᵀ` from the left; u begins at an offset of the vectors. */
function applyReflection(
  { of, at, step }: BlockOf,
  rows: number,
  columns: number,
  vectors: Matrix,
  u: number,
  beta: number,
): void {
  const loops = loopsOver(of, vectors, vectors);
  if (loops !== null) {
    const [block, vector] = [of.byteOffset + 8 * at, vectors.byteOffset + 8 * u];
    return loops.reflect(block, 8 * step, vector, rows, 8 * columns, beta);
  }
  const w = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const f = vectors[u + i]!;
    for (let j = 0; j < columns; j++) w[j]! += f * of[at + i * step + j]!;
  }
  for (let i = 0; i < rows; i++) {
    const f = beta * vectors[u + i]!;
    for (let j = 0; j < columns; j++) of[at + i * step + j]! -= f * w[j]!;
  }
}

/**
 * Combines reflections `I − β u uᵀ` of the rows from `start` on into one; their vectors are rows, and vector k begins with k
 * zeros.
 */
export function applyBlock(
  start: number,
  transposed: Matrix,
  betas: Matrix,
  rows: number,
): Reflections {
  const width = betas.length;
  const t = zeros(width * width);
  const vectors = new Rows(transposed, rows);
  const w = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    // T grows by the column −β T Vᵀu, with β below it.
    for (let p = 0; p < k; p++) w[p] = vectors.dot(p, k);
    for (let p = 0; p < k; p++) {
      let sum = 0;
      for (let q = p; q < k; q++) sum += t[p * width + q]! * w[q]!;
      t[p * width + k] = -betas[k]! * sum;
    }
    t[k * width + k] = betas[k]!;
  }
  return {
    start,
    rows,
    width,
    v: transposeOf(blockAt(transposed, rows, 0, 0), width, rows),
    transposed,
    t,
  };
}

/** The product of all reflections: its first c columns, `[m, c]`. */
export function productOf(panels: readonly Reflections[], m: number, c: number): Matrix {
  const q = zeros(m * c);
  for (let i = 0; i < Math.min(m, c); i++) q[i * c + i] = 1;
  for (let i = panels.length - 1; i >= 0; i--) {
    const panel = panels[i]!;
    reflect(panel, blockAt(q, c, panel.start, panel.start), c - panel.start, false);
  }
  return q;
}

/** Applies reflections, or their transpose, to a block with as many rows. */
function reflect(by: Reflections, block: BlockOf, columns: number, transpose: boolean): void {
  const { rows, width, v, transposed, t } = by;
  const all = (of: Matrix, step: number): BlockOf => blockAt(of, step, 0, 0);
  withLoopMemory(0, () => {
    const [w, y] = [zeros(width * columns), zeros(width * columns)];
    const factor = transpose ? transposeOf(all(t, width), width, width) : t;
    addProduct(all(w, columns), 1, all(transposed, rows), block, [width, rows, columns]);
    addProduct(all(y, columns), 1, all(factor, width), all(w, columns), [width, width, columns]);
    addProduct(block, -1, all(v, width), all(y, columns), [rows, width, columns]);
  });
}
