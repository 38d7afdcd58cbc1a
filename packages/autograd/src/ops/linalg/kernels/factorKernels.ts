/** @file Factorizations of one matrix in float64, in place: LU and Cholesky, and systems with triangular matrices. */
import { loopsOver, withLoopMemory } from '../../../kernels/plain/doubleLoops.js';
import {
  addProduct,
  blockAt,
  transposeInPlace,
  transposeOf,
  type BlockOf,
  type Matrix,
} from './denseKernels.js';

/** Up to this many columns are eliminated one by one; larger blocks are halved. A small matrix is one block. */
const NARROW_BLOCK = 4;
const SMALL_MATRIX = 20;
/** Below this many rows, those of a Cholesky factor are computed one by one, without a call of the loops. */
const MIN_BLOCK_ROWS = 12;
/** From this many columns of the right side on, a product pays even for a single row. */
const MIN_PRODUCT_COLUMNS = 32;

const narrowOf = (n: number): number => (n <= SMALL_MATRIX ? SMALL_MATRIX : NARROW_BLOCK);

/** The order into which pivoting brought the rows of a matrix. */
export class RowOrder {
  /** The row of the matrix at each place. */
  readonly order: Int32Array;
  /** The row with which each row was exchanged, one after the other, counted from 1, as in LAPACK. */
  readonly pivots: Int32Array;
  /** The sign of the permutation. */
  sign: 1 | -1 = 1;

  constructor(m: number, n: number) {
    this.order = new Int32Array(m);
    this.pivots = new Int32Array(Math.min(m, n));
  }
}

/**
 * LU factorization of a matrix `[m, n]`, in place: L below the diagonal (1 on it), U on and above. Pivots partially and records
 * the order in `rows`. A singular matrix leaves a 0 on the diagonal.
 * Half of the columns are eliminated first, and the others follow by a product (S. Toledo, "Locality of reference in LU
 * decomposition with partial pivoting", 1997).
 */
export function luInPlace(a: Matrix, m: number, n: number, rows: RowOrder): void {
  const steps = Math.min(m, n);
  rows.sign = 1;
  for (let i = 0; i < m; i++) rows.order[i] = i;
  eliminate(a, m, n, 0, steps, rows, narrowOf(steps));
  if (n > steps) updateTrailing(a, m, n, 0, steps, n);
}

/** Eliminates the columns from `from` to `to`. */
function eliminate(
  a: Matrix,
  m: number,
  n: number,
  from: number,
  to: number,
  rows: RowOrder,
  narrow: number,
): void {
  if (to - from > narrow) {
    const middle = from + NARROW_BLOCK * Math.ceil((to - from) / (2 * NARROW_BLOCK));
    eliminate(a, m, n, from, middle, rows, narrow);
    updateTrailing(a, m, n, from, middle, to);
    return eliminate(a, m, n, middle, to, rows, narrow);
  }
  const loops = loopsOver(a, a, a);
  for (let k = from; k < to; k++) {
    const best =
      loops === null
        ? eliminateColumn(a, m, n, k, to)
        : k + loops.eliminate(a.byteOffset + 8 * k * n, 8 * n, m - k, 8 * k, 8 * to);
    rows.pivots[k] = best + 1;
    if (best === k) continue;
    rows.sign = rows.sign === 1 ? -1 : 1;
    const row = rows.order[k]!;
    rows.order[k] = rows.order[best]!;
    rows.order[best] = row;
  }
}

/** Updates the columns from `middle` to `to` after those from `from` to `middle` were eliminated. */
function updateTrailing(
  a: Matrix,
  m: number,
  n: number,
  from: number,
  middle: number,
  to: number,
): void {
  const [known, right] = [middle - from, to - middle];
  const above = blockAt(a, n, from, middle);
  substituteIn(blockAt(a, n, from, from), above, known, right, false, true);
  addProduct(blockAt(a, n, middle, middle), -1, blockAt(a, n, middle, from), above, [
    m - middle,
    known,
    right,
  ]);
}

/** The row, on or below the diagonal, of the largest element of column k. */
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

/** Eliminates column k below the diagonal, in the columns up to `end`; returns the row that became the pivot row. */
function eliminateColumn(a: Matrix, m: number, n: number, k: number, end: number): number {
  const best = largestBelow(a, m, n, k);
  if (best !== k) exchangeRows(a, n, k, best);
  const pivot = a[k * n + k]!;
  if (pivot === 0) return best;
  const above = k * n;
  for (let i = k + 1; i < m; i++) {
    const row = i * n;
    const f = a[row + k]! / pivot;
    a[row + k] = f;
    if (f !== 0) for (let j = k + 1; j < end; j++) a[row + j]! -= f * a[above + j]!;
  }
  return best;
}

/** Computes the lower Cholesky factor from the lower triangle, in place; returns the row at which that fails, or −1. */
export function choleskyInPlace(a: Matrix, n: number): number {
  if (n < MIN_BLOCK_ROWS) return choleskyByRows(a, n);
  // Rows of the upper triangle are contiguous in memory, columns of the lower one are not.
  transposeInPlace(a, n);
  const failed = choleskyOf(a, n, 0, n, narrowOf(n));
  if (failed >= 0) return failed;
  transposeInPlace(a, n);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = 0;
  return -1;
}

/** The same for few rows: each element is what remains after subtracting the products of the earlier rows. */
function choleskyByRows(a: Matrix, n: number): number {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j < i; j++) {
      const other = j * n;
      let left = a[row + j]!;
      for (let k = 0; k < j; k++) left -= a[other + k]! * a[row + k]!;
      a[row + j] = left / a[other + j]!;
    }
    let left = a[row + i]!;
    for (let k = 0; k < i; k++) left -= a[row + k]! * a[row + k]!;
    if (!(left > 0)) return i;
    a[row + i] = Math.sqrt(left);
    for (let j = i + 1; j < n; j++) a[row + j] = 0;
  }
  return -1;
}

/** Computes the rows from `from` to `to` of the upper factor: half of them first, and the others follow by a product. */
function choleskyOf(a: Matrix, n: number, from: number, to: number, narrow: number): number {
  if (to - from > narrow) {
    const middle = from + NARROW_BLOCK * Math.ceil((to - from) / (2 * NARROW_BLOCK));
    const failed = choleskyOf(a, n, from, middle, narrow);
    if (failed >= 0) return failed;
    withLoopMemory(0, () => {
      const [known, left] = [middle - from, to - middle];
      const above = blockAt(a, n, from, middle);
      const turned = blockAt(transposeOf(above, known, left), known, 0, 0);
      addProduct(blockAt(a, n, middle, middle), -1, turned, above, [left, known, n - middle]);
    });
    return choleskyOf(a, n, middle, to, narrow);
  }
  const loops = loopsOver(a, a, a);
  for (let k = from; k < to; k++) {
    if (!(a[k * n + k]! > 0)) return k;
    if (loops === null) eliminateRow(a, n, k, to);
    else loops.root(a.byteOffset + 8 * (k * n + k), 8 * n, n - k - 1, to - k - 1);
  }
  return -1;
}

/** Computes row k of the upper factor, and subtracts its products from the rows up to `to`. */
function eliminateRow(a: Matrix, n: number, k: number, to: number): void {
  const at = k * n;
  const root = Math.sqrt(a[at + k]!);
  a[at + k] = root;
  for (let j = k + 1; j < n; j++) a[at + j]! /= root;
  for (let i = k + 1; i < to; i++) {
    const f = a[at + i]!;
    for (let j = i; j < n; j++) a[i * n + j]! -= f * a[at + j]!;
  }
}

/** Solves the triangular system with the matrix `a [n, n]` for the k columns of `x`, in place. */
export function substitute(
  a: Matrix,
  n: number,
  x: Matrix,
  k: number,
  upper: boolean,
  unit: boolean,
): void {
  substituteIn(blockAt(a, n, 0, 0), blockAt(x, k, 0, 0), n, k, upper, unit);
}

/** The part of a block from a row and a column on. */
function subBlock({ of, at, step }: BlockOf, row: number, column: number): BlockOf {
  return { of, at: at + row * step + column, step };
}

/** The same for blocks: solves for one half of the unknowns first, and subtracts them from the other half in one product. */
function substituteIn(
  a: BlockOf,
  x: BlockOf,
  n: number,
  k: number,
  upper: boolean,
  unit: boolean,
): void {
  if (n > (k < MIN_PRODUCT_COLUMNS ? SMALL_MATRIX : NARROW_BLOCK)) {
    const half = NARROW_BLOCK * Math.ceil(n / (2 * NARROW_BLOCK));
    const [first, second] = upper ? [half, 0] : [0, half];
    const [done, rest] = upper ? [n - half, half] : [half, n - half];
    substituteIn(subBlock(a, first, first), subBlock(x, first, 0), done, k, upper, unit);
    addProduct(subBlock(x, second, 0), -1, subBlock(a, second, first), subBlock(x, first, 0), [
      rest,
      done,
      k,
    ]);
    return substituteIn(subBlock(a, second, second), subBlock(x, second, 0), rest, k, upper, unit);
  }
  const loops = loopsOver(a.of, x.of, x.of);
  if (loops !== null) {
    const address = ({ of, at }: BlockOf): number => of.byteOffset + 8 * at;
    const [up, ones] = [upper ? 1 : 0, unit ? 1 : 0] as const;
    return loops.substitute(address(a), 8 * a.step, address(x), 8 * x.step, n, 8 * k, up, ones);
  }
  for (let s = 0; s < n; s++) {
    const r = upper ? n - 1 - s : s;
    const known = upper ? r + 1 : 0;
    subtractRows(a, x, r, known, s, k);
    if (unit) continue;
    const pivot = a.of[a.at + r * a.step + r]!;
    for (let c = 0, at = x.at + r * x.step; c < k; c++) x.of[at + c]! /= pivot;
  }
}

/** Subtracts from row r of x the `count` rows from `first` on, each times an element of row r of a. */
function subtractRows(
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
