/** @file Factorizations of one matrix in float64, in place: LU, Cholesky, and QR by Householder reflections. */

import { addProduct, blockAt, dot, type BlockOf, type Matrix } from './denseKernels.js';

/** Columns that are eliminated one by one before the rest of the matrix follows in one product. */
const PANEL = 32;

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
 * unless the rows are `inOrder` already; a singular matrix leaves a 0 on the diagonal.
 */
export function luInPlace(a: Matrix, m: number, n: number = m, inOrder = false): RowOrder {
  const order = Int32Array.from({ length: m }, (_, i) => i);
  const pivots = new Int32Array(Math.min(m, n));
  let sign = 1;
  for (let start = 0; start < pivots.length; start += PANEL) {
    const end = Math.min(pivots.length, start + PANEL);
    for (let k = start; k < end; k++) {
      let best = k;
      if (!inOrder)
        for (let i = k + 1; i < m; i++)
          if (Math.abs(a[i * n + k]!) > Math.abs(a[best * n + k]!)) best = i;
      pivots[k] = best + 1;
      if (best !== k) {
        sign = -sign;
        [order[k], order[best]] = [order[best]!, order[k]!];
        for (let j = 0; j < n; j++)
          [a[k * n + j], a[best * n + j]] = [a[best * n + j]!, a[k * n + j]!];
      }
      const pivot = a[k * n + k]!;
      if (pivot === 0) continue;
      for (let i = k + 1; i < m; i++) {
        const f = (a[i * n + k]! /= pivot);
        if (f !== 0) for (let j = k + 1; j < end; j++) a[i * n + j]! -= f * a[k * n + j]!;
      }
    }
    if (end === n) break;
    // U right of the panel, then what is below of it.
    for (let r = start + 1; r < end; r++)
      addProduct(blockAt(a, n, r, end), -1, blockAt(a, n, r, start), blockAt(a, n, start, end), [
        1,
        r - start,
        n - end,
      ]);
    addProduct(blockAt(a, n, end, end), -1, blockAt(a, n, end, start), blockAt(a, n, start, end), [
      m - end,
      end - start,
      n - end,
    ]);
  }
  return { order, pivots, sign };
}

/** The lower Cholesky factor, from the lower triangle; the row at which it fails, or −1. */
export function choleskyInPlace(a: Matrix, n: number): number {
  const turned = new Float64Array(n > PANEL ? n * PANEL : 0);
  for (let start = 0; start < n; start += PANEL) {
    const end = Math.min(n, start + PANEL);
    const width = end - start;
    // The panel less the product of what is known already, whose rows there are copied to columns.
    for (let p = 0; p < start; p++)
      for (let j = 0; j < width; j++) turned[p * width + j] = a[(start + j) * n + p]!;
    if (start > 0)
      addProduct(
        blockAt(a, n, start, start),
        -1,
        blockAt(a, n, start, 0),
        blockAt(turned, width, 0, 0),
        [n - start, start, width],
      );
    for (let k = start; k < end; k++) {
      const pivot = a[k * n + k]!;
      if (!(pivot > 0)) return k;
      const root = Math.sqrt(pivot);
      a[k * n + k] = root;
      for (let i = k + 1; i < n; i++) {
        const f = (a[i * n + k]! /= root);
        for (let j = k + 1; j < end && j <= i; j++) a[i * n + j]! -= f * a[j * n + k]!;
      }
    }
    for (let i = start; i < end; i++) a.fill(0, i * n + i + 1, (i + 1) * n);
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
  for (let done = 0; done < n; done += PANEL) {
    const size = Math.min(PANEL, n - done);
    const first = upper ? n - done - size : done;
    // What is known already leaves a panel in one product.
    const known = upper ? n - done : 0;
    if (done > 0)
      addProduct(
        blockAt(x, k, first, 0),
        -1,
        blockAt(a, n, first, known),
        blockAt(x, k, known, 0),
        [size, done, k],
      );
    for (let s = 0; s < size; s++) {
      const r = upper ? first + size - 1 - s : first + s;
      for (let t = upper ? r + 1 : first; t < (upper ? first + size : r); t++) {
        const f = a[r * n + t]!;
        if (f !== 0) for (let c = 0; c < k; c++) x[r * k + c]! -= f * x[t * k + c]!;
      }
      if (!unit) for (let c = 0; c < k; c++) x[r * k + c]! /= a[r * n + r]!;
    }
  }
}

/**
 * The reflections of some columns in one, `I − V T Vᵀ` (R. Schreiber and C. Van Loan, "A storage-efficient WY representation
 * for products of Householder transformations", 1989).
 */
interface Reflections {
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
  const q = new Float64Array(m * c);
  for (let i = 0; i < Math.min(m, c); i++) q[i * c + i] = 1;
  for (const panel of panels.reverse())
    reflect(panel, blockAt(q, c, panel.start, panel.start), c - panel.start, false);
  return q;
}

/** Makes the columns from `start` to `end` upper triangular, and gives what reflected them. */
function reflections(a: Matrix, m: number, n: number, start: number, end: number): Reflections {
  const [rows, width] = [m - start, end - start];
  const v = new Float64Array(rows * width);
  const turned = new Float64Array(width * rows);
  const t = new Float64Array(width * width);
  const w = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    const u = turned.subarray(k * rows, (k + 1) * rows);
    let square = 0;
    for (let i = k + 1; i < rows; i++) {
      u[i] = a[(start + i) * n + start + k]!;
      square += u[i]! * u[i]!;
    }
    // A column that is zero below the diagonal needs no reflection, as LAPACK has it.
    if (square === 0) continue;
    const at = (start + k) * n + start + k;
    const head = a[at]!;
    const alpha =
      head > 0 ? -Math.hypot(head, Math.sqrt(square)) : Math.hypot(head, Math.sqrt(square));
    u[k] = head - alpha;
    const beta = 2 / (square + u[k]! * u[k]!);
    w.fill(0);
    for (let i = k; i < rows; i++) {
      const row = (start + i) * n + start;
      for (let j = k + 1; j < width; j++) w[j]! += u[i]! * a[row + j]!;
    }
    for (let i = k; i < rows; i++) {
      const row = (start + i) * n + start;
      const f = beta * u[i]!;
      for (let j = k + 1; j < width; j++) a[row + j]! -= f * w[j]!;
      a[row + k] = 0;
      v[i * width + k] = u[i]!;
    }
    a[at] = alpha;
    // T grows by −β T Vᵀu, and β below it.
    for (let p = 0; p < k; p++) w[p] = dot(turned, p * rows, k * rows, rows);
    for (let p = 0; p < k; p++) {
      let sum = 0;
      for (let q = p; q < k; q++) sum += t[p * width + q]! * w[q]!;
      t[p * width + k] = -beta * sum;
    }
    t[k * width + k] = beta;
  }
  return { start, rows, width, v, turned, t };
}

/** Applies reflections, or their transpose, to a block with as many rows. */
function reflect(by: Reflections, block: BlockOf, columns: number, transpose: boolean): void {
  const { rows, width, v, turned, t } = by;
  const [w, y] = [new Float64Array(width * columns), new Float64Array(width * columns)];
  const factor = transpose ? t.map((_, i) => t[(i % width) * width + Math.floor(i / width)]!) : t;
  const all = (of: Matrix, step: number): BlockOf => blockAt(of, step, 0, 0);
  addProduct(all(w, columns), 1, all(turned, rows), block, [width, rows, columns]);
  addProduct(all(y, columns), 1, all(factor, width), all(w, columns), [width, width, columns]);
  addProduct(block, -1, all(v, width), all(y, columns), [rows, width, columns]);
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
