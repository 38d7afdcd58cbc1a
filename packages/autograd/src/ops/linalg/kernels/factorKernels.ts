/** @file Factorizations of one matrix in float64, in place: LU, Cholesky, and QR by Householder reflections. */

import { zeros, withRoom } from '../../../kernels/doubleLoops.js';
import { addProduct, blockAt, transposeOf, type BlockOf, type Matrix } from './denseKernels.js';
import { Rows } from './rows.js';

/** Columns that are eliminated one by one; more are halved. A small matrix is done in one go. */
const NARROW = 4;
const SMALL = 20;
/** Columns of a right side from which a product pays off for one row. */
const LONG = 32;

const narrowOf = (n: number): number => (n <= SMALL ? SMALL : NARROW);

/** Columns whose reflections are applied in one; they are made one by one. */
const REFLECTED = 16;

/** How the rows of a matrix were ordered by pivoting. */
export interface RowOrder {
  /** Which row of the matrix is at each place. */
  readonly order: Int32Array;
  /** The row that each row in turn was exchanged with, counted from 1, as LAPACK has it. */
  readonly pivots: Int32Array;
  /** The sign of the permutation. */
  readonly sign: number;
}

/**
 * LU factorization of a matrix `[m, n]`, in place: L below the diagonal (1 on it), U on and above. With partial pivoting,
 * unless the rows are `inOrder` already; a singular matrix leaves a 0 on the diagonal. Half of the columns come first, the
 * others follow by a product (S. Toledo, "Locality of reference in LU decomposition with partial pivoting", 1997).
 */
export function luInPlace(a: Matrix, m: number, n: number = m, inOrder = false): RowOrder {
  const order = new Int32Array(m);
  for (let i = 0; i < m; i++) order[i] = i;
  const pivots = new Int32Array(Math.min(m, n));
  let sign = 1;
  const narrow = narrowOf(pivots.length);
  const eliminate = (from: number, to: number): void => {
    if (to - from > narrow) {
      const middle = from + NARROW * Math.ceil((to - from) / (2 * NARROW));
      eliminate(from, middle);
      follow(a, m, n, from, middle, to);
      return eliminate(middle, to);
    }
    for (let k = from; k < to; k++) {
      const best = inOrder ? k : largestBelow(a, m, n, k);
      pivots[k] = best + 1;
      if (best !== k) {
        sign = -sign;
        const row = order[k]!;
        order[k] = order[best]!;
        order[best] = row;
        exchangeRows(a, n, k, best);
      }
      eliminateColumn(a, m, n, k, to);
    }
  };
  eliminate(0, pivots.length);
  if (n > pivots.length) follow(a, m, n, 0, pivots.length, n);
  return { order, pivots, sign };
}

/** The columns from `middle` to `to` once those from `from` to `middle` are eliminated. */
function follow(a: Matrix, m: number, n: number, from: number, middle: number, to: number): void {
  const [known, right] = [middle - from, to - middle];
  const above = blockAt(a, n, from, middle);
  substituteIn(blockAt(a, n, from, from), above, known, right, false, true);
  addProduct(blockAt(a, n, middle, middle), -1, blockAt(a, n, middle, from), above, [
    m - middle,
    known,
    right,
  ]);
}

/** The row at or below the diagonal with the largest element of column k. */
function largestBelow(a: Matrix, m: number, n: number, k: number): number {
  let best = k;
  let most = Math.abs(a[k * n + k]!);
  for (let i = k + 1, at = i * n + k; i < m; i++, at += n) {
    const size = Math.abs(a[at]!);
    if (size > most) {
      most = size;
      best = i;
    }
  }
  return best;
}

function exchangeRows(a: Matrix, n: number, first: number, second: number): void {
  for (let i = first * n, j = second * n, end = i + n; i < end; i++, j++) {
    const x = a[i]!;
    a[i] = a[j]!;
    a[j] = x;
  }
}

/** Eliminates column k below the diagonal, in the columns up to `end`. */
function eliminateColumn(a: Matrix, m: number, n: number, k: number, end: number): void {
  const pivot = a[k * n + k]!;
  if (pivot === 0) return;
  const above = k * n;
  for (let i = k + 1; i < m; i++) {
    const row = i * n;
    const f = a[row + k]! / pivot;
    a[row + k] = f;
    if (f !== 0) for (let j = k + 1; j < end; j++) a[row + j]! -= f * a[above + j]!;
  }
}

/** The lower Cholesky factor, from the lower triangle; the row at which it fails, or −1. */
export function choleskyInPlace(a: Matrix, n: number): number {
  const failed = choleskyOf(a, n, 0, n, narrowOf(n));
  if (failed < 0) for (let i = 0; i < n; i++) a.fill(0, i * n + i + 1, (i + 1) * n);
  return failed;
}

/** The columns from `from` to `to` of the factor, all rows below; half of them come first, the others follow by a product. */
function choleskyOf(a: Matrix, n: number, from: number, to: number, narrow: number): number {
  if (to - from > narrow) {
    const middle = from + NARROW * Math.ceil((to - from) / (2 * NARROW));
    const failed = choleskyOf(a, n, from, middle, narrow);
    if (failed >= 0) return failed;
    withRoom(0, () => {
      const left = blockAt(a, n, middle, from);
      const turned = transposeOf(left, to - middle, middle - from);
      addProduct(blockAt(a, n, middle, middle), -1, left, blockAt(turned, to - middle, 0, 0), [
        n - middle,
        middle - from,
        to - middle,
      ]);
    });
    return choleskyOf(a, n, middle, to, narrow);
  }
  for (let k = from; k < to; k++) {
    const pivot = a[k * n + k]!;
    if (!(pivot > 0)) return k;
    const root = Math.sqrt(pivot);
    a[k * n + k] = root;
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      const f = a[row + k]! / root;
      a[row + k] = f;
      for (let j = k + 1; j < to && j <= i; j++) a[row + j]! -= f * a[j * n + k]!;
    }
  }
  return -1;
}

/** Solves the triangular system with the matrix `a [n, n]` for the k columns of `x`, in place. */
export function substitute(
  a: Matrix,
  n: number,
  x: Matrix,
  k: number,
  { upper, unit }: { readonly upper: boolean; readonly unit: boolean },
): void {
  substituteIn(blockAt(a, n, 0, 0), blockAt(x, k, 0, 0), n, k, upper, unit);
}

/** What begins at a row and a column of a block. */
function part({ of, at, step }: BlockOf, row: number, column: number): BlockOf {
  return { of, at: at + row * step + column, step };
}

/** The same for blocks: one half of the unknowns first, which leave the other half in one product. */
function substituteIn(
  a: BlockOf,
  x: BlockOf,
  n: number,
  k: number,
  upper: boolean,
  unit: boolean,
): void {
  if (n > (k < LONG ? SMALL : NARROW)) {
    const half = NARROW * Math.ceil(n / (2 * NARROW));
    const [first, second] = upper ? [half, 0] : [0, half];
    const [done, rest] = upper ? [n - half, half] : [half, n - half];
    substituteIn(part(a, first, first), part(x, first, 0), done, k, upper, unit);
    addProduct(part(x, second, 0), -1, part(a, second, first), part(x, first, 0), [rest, done, k]);
    return substituteIn(part(a, second, second), part(x, second, 0), rest, k, upper, unit);
  }
  for (let s = 0; s < n; s++) {
    const r = upper ? n - 1 - s : s;
    const known = upper ? r + 1 : 0;
    if (k >= LONG) addProduct(part(x, r, 0), -1, part(a, r, known), part(x, known, 0), [1, s, k]);
    else lessRows(a, x, r, known, s, k);
    if (unit) continue;
    const pivot = a.of[a.at + r * a.step + r]!;
    for (let c = 0, at = x.at + r * x.step; c < k; c++) x.of[at + c]! /= pivot;
  }
}

/** Row r of x less `count` rows from `first` on, each times an element of row r of a: short ones are not worth a product. */
function lessRows(
  a: BlockOf,
  x: BlockOf,
  r: number,
  first: number,
  count: number,
  k: number,
): void {
  const z = x.of;
  const to = x.at + r * x.step;
  for (let t = first; t < first + count; t++) {
    const f = a.of[a.at + r * a.step + t]!;
    const from = x.at + t * x.step;
    for (let c = 0; c < k; c++) z[to + c]! -= f * z[from + c]!;
  }
}

/**
 * The reflections of some columns in one, `I − V T Vᵀ` (R. Schreiber and C. Van Loan, "A storage-efficient WY representation
 * for products of Householder transformations", 1989).
 */
export interface Reflections {
  /** The first column, and row, that they reflect. */
  readonly start: number;
  readonly rows: number;
  readonly width: number;
  /** V `[rows, width]`, its transpose, and T `[width, width]`, upper triangular. */
  readonly v: Matrix;
  readonly turned: Matrix;
  readonly t: Matrix;
}

/** QR by Householder reflections: `q [m, c]` with c columns (n to m of them), and R in the upper triangle of `a [m, n]`. */
export function householder(a: Matrix, m: number, n: number, c: number): Matrix {
  const steps = Math.min(m, n);
  const panels: Reflections[] = [];
  for (let start = 0; start < steps; start += REFLECTED) {
    const end = Math.min(steps, start + REFLECTED);
    const panel = reflections(a, m, n, start, end);
    panels.push(panel);
    if (end < n) reflect(panel, blockAt(a, n, start, end), n - end, true);
  }
  return productOf(panels, m, c);
}

/** Makes the columns from `start` to `end` upper triangular, and gives what reflected them. */
function reflections(a: Matrix, m: number, n: number, start: number, end: number): Reflections {
  const [rows, width] = [m - start, end - start];
  const turned = zeros(width * rows);
  const betas = new Float64Array(width);
  const w = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    const at = k * rows;
    const column = start * n + start + k;
    let square = 0;
    for (let i = k + 1; i < rows; i++) {
      const x = a[column + i * n]!;
      turned[at + i] = x;
      square += x * x;
    }
    // A column that is zero below the diagonal needs no reflection, as LAPACK has it.
    if (square === 0) continue;
    const head = a[column + k * n]!;
    const alpha =
      head > 0 ? -Math.hypot(head, Math.sqrt(square)) : Math.hypot(head, Math.sqrt(square));
    turned[at + k] = head - alpha;
    const beta = 2 / (square + (head - alpha) * (head - alpha));
    betas[k] = beta;
    w.fill(0);
    for (let i = k; i < rows; i++) {
      const row = (start + i) * n + start;
      const u = turned[at + i]!;
      for (let j = k + 1; j < width; j++) w[j]! += u * a[row + j]!;
    }
    for (let i = k; i < rows; i++) {
      const row = (start + i) * n + start;
      const f = beta * turned[at + i]!;
      for (let j = k + 1; j < width; j++) a[row + j]! -= f * w[j]!;
      a[row + k] = 0;
    }
    a[column + k * n] = alpha;
  }
  return inOne(start, turned, betas, rows);
}

/** Reflections `I − β u uᵀ` of rows from `start` on in one, of vectors as rows; vector k begins with k zeros. */
export function inOne(start: number, turned: Matrix, betas: Matrix, rows: number): Reflections {
  const width = betas.length;
  const t = zeros(width * width);
  const vectors = new Rows(turned, rows);
  const w = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    // T grows by −β T Vᵀu, and β below it.
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
    v: transposeOf(blockAt(turned, rows, 0, 0), width, rows),
    turned,
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
  const { rows, width, v, turned, t } = by;
  const all = (of: Matrix, step: number): BlockOf => blockAt(of, step, 0, 0);
  withRoom(0, () => {
    const [w, y] = [zeros(width * columns), zeros(width * columns)];
    const factor = transpose ? transposeOf(all(t, width), width, width) : t;
    addProduct(all(w, columns), 1, all(turned, rows), block, [width, rows, columns]);
    addProduct(all(y, columns), 1, all(factor, width), all(w, columns), [width, width, columns]);
    addProduct(block, -1, all(v, width), all(y, columns), [rows, width, columns]);
  });
}

/** A power of two that takes the largest element between ½ and 1, where there is one; NaN if an element is not finite. */
export function scaleOf(a: Matrix): number {
  let largest = 0;
  for (const x of a) {
    if (!Number.isFinite(x)) return NaN;
    largest = Math.max(largest, Math.abs(x));
  }
  return largest === 0
    ? 1
    : 2 ** Math.max(-1022, Math.min(1022, -1 - Math.floor(Math.log2(largest))));
}
