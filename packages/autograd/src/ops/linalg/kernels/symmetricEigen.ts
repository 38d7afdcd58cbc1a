/**
 * @file Eigenvalues and eigenvectors of one symmetric matrix in float64: Householder reflections make it tridiagonal, and
 * implicit QL steps diagonal (B. N. Parlett, "The Symmetric Eigenvalue Problem", 1980). All inner loops run along rows.
 */
import { zeros } from '../../../kernels/plain/doubleLoops.js';
import {
  addProduct,
  blockAt,
  copyNumbers,
  scaleOf,
  transposeOf,
  type Matrix,
} from './denseKernels.js';
import { applyBlock, productOf, BLOCK_COLUMNS, type Reflections } from './reflections.js';
import { identity, Rows } from './rows.js';

/** The most QL steps for one eigenvalue; two or three are usual. */
const MAX_QL_STEPS = 60;

/** Matrices up to this size are reflected one by one. */
const MAX_UNBLOCKED = 24;

/**
 * Eigenvalues in ascending order, and if `vectors` eigenvectors as rows, of the symmetric matrix in the lower triangle of
 * `a [n, n]`, which is overwritten. All are NaN if an element is not finite.
 */
export function symmetricEigen(
  a: Matrix,
  n: number,
  vectors = true,
): { values: Matrix; rows: Matrix } {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i]!;
  const scale = scaleOf(a);
  if (scale !== scale) return { values: values.fill(NaN), rows: new Float64Array(n * n).fill(NaN) };
  for (let i = 0; i < n * n; i++) a[i]! *= scale;
  const { offDiagonal, z } = tridiagonal(a, n, vectors);
  const d = new Float64Array(n);
  for (let i = 0; i < n; i++) d[i] = a[i * n + i]!;
  diagonalize(d, offDiagonal, z && new Rows(z, n), n);
  const order = risingOrder(d);
  const rows = zeros(z === null ? 0 : n * n);
  for (let to = 0; to < n; to++) {
    const from = order[to]!;
    values[to] = d[from]! / scale;
    if (z !== null) copyNumbers(rows, to * n, z, from * n, n);
  }
  return { values, rows };
}

/** The positions of numbers in ascending order; most are already in that order. */
function risingOrder(d: Matrix): Int32Array {
  const order = new Int32Array(d.length);
  for (let i = 0; i < d.length; i++) {
    let at = i;
    for (; at > 0 && d[order[at - 1]!]! > d[i]!; at--) order[at] = order[at - 1]!;
    order[at] = i;
  }
  return order;
}

/**
 * Leaves the diagonal of a tridiagonal matrix T on that of `a`; returns the elements beside the diagonal, and Z with
 * `A = Zᵀ T Z`. A column that is already zero where it should be needs no reflection.
 */
function tridiagonal(
  a: Matrix,
  n: number,
  vectors: boolean,
): { offDiagonal: Matrix; z: Matrix | null } {
  const [offDiagonal, betas] = [new Float64Array(n), new Float64Array(n)];
  // v and w side by side, and w above v, so that A − v wᵀ − w vᵀ needs one product.
  const [columns, pair] = [zeros(2 * n), zeros(2 * n)];
  for (let k = 0; k < n - 1; k++) {
    // By symmetry the column below the diagonal is the row to the right of it; it becomes the vector of the reflection.
    const at = k * n;
    let square = 0;
    for (let i = k + 2; i < n; i++) square += a[at + i]! * a[at + i]!;
    const head = a[at + k + 1]!;
    offDiagonal[k] = head;
    if (square === 0) continue;
    const alpha = head > 0 ? -Math.sqrt(head * head + square) : Math.sqrt(head * head + square);
    offDiagonal[k] = alpha;
    a[at + k + 1] = head - alpha;
    const beta = 2 / (square + (head - alpha) * (head - alpha));
    betas[k] = beta;
    const left = n - k - 1;
    const rest = blockAt(a, n, k + 1, k + 1);
    pair.fill(0, 0, left);
    addProduct(blockAt(pair, n, 0, 0), 1, blockAt(a, n, k, k + 1), rest, [1, left, left]);
    let along = 0;
    for (let i = 0; i < left; i++) along += pair[i]! * a[at + k + 1 + i]!;
    const half = (beta * along) / 2;
    for (let i = 0; i < left; i++) {
      const v = a[at + k + 1 + i]!;
      const w = beta * (pair[i]! - half * v);
      columns[2 * i] = v;
      columns[2 * i + 1] = w;
      pair[i] = w;
      pair[n + i] = v;
    }
    addProduct(rest, -1, blockAt(columns, 2, 0, 0), blockAt(pair, n, 0, 0), [left, 2, left]);
  }
  if (!vectors) return { offDiagonal, z: null };
  if (n <= MAX_UNBLOCKED) return { offDiagonal, z: unblocked(a, betas, n) };
  const q = productOf(reflectionsOf(a, betas, n), n, n);
  return { offDiagonal, z: transposeOf(blockAt(q, n, 0, 0), n, n) };
}

/** The transposed product of reflections whose vectors lie right of the diagonal. */
function unblocked(a: Matrix, betas: Matrix, n: number): Matrix {
  const z = identity(n);
  for (let k = n - 3; k >= 0; k--) {
    const beta = betas[k]!;
    if (beta === 0) continue;
    for (let r = k + 1; r < n; r++) {
      let along = 0;
      for (let i = k + 1; i < n; i++) along += z[r * n + i]! * a[k * n + i]!;
      along *= beta;
      for (let i = k + 1; i < n; i++) z[r * n + i]! -= along * a[k * n + i]!;
    }
  }
  return z;
}

/** Reflections whose vectors lie right of the diagonal, several combined into one. */
function reflectionsOf(a: Matrix, betas: Matrix, n: number): Reflections[] {
  const panels: Reflections[] = [];
  for (let first = 0; first < n - 2; first += BLOCK_COLUMNS) {
    const width = Math.min(BLOCK_COLUMNS, n - 2 - first);
    const rows = n - first - 1;
    const turned = zeros(width * rows);
    for (let k = 0; k < width; k++) {
      const at = (first + k) * n + first + 1;
      for (let i = k; i < rows; i++) turned[k * rows + i] = a[at + i]!;
    }
    panels.push(applyBlock(first + 1, turned, betas.subarray(first, first + width), rows));
  }
  return panels;
}

/** Diagonalizes the matrix with diagonal `d` and `e` beside it, in place, and rotates the rows of `z` along with it. */
function diagonalize(d: Matrix, e: Matrix, z: Rows | null, n: number): void {
  const angles = zeros(2 * n);
  for (let l = 0; l < n; l++) {
    for (let step = 0; step < MAX_QL_STEPS; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > 2 ** -53 * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      qlStep(d, e, z, l, m, angles);
    }
  }
}

/** One implicit QL step on rows `l` to `m`, with Wilkinson's shift. */
function qlStep(d: Matrix, e: Matrix, z: Rows | null, l: number, m: number, angles: Matrix): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.sqrt(g * g + 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let sin = 1;
  let cos = 1;
  let p = 0;
  let i = m - 1;
  for (; i >= l; i--) {
    const f = sin * e[i]!;
    const b = cos * e[i]!;
    r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) break;
    sin = f / r;
    cos = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * sin + 2 * cos * b;
    p = sin * r;
    d[i + 1] = g + p;
    g = cos * r - b;
    const turn = 2 * (m - 1 - i);
    angles[turn] = cos;
    angles[turn + 1] = sin;
  }
  z?.turnUpwards(m, angles, m - 1 - i);
  e[m] = 0;
  if (i >= l) {
    d[i + 1]! -= p;
    return;
  }
  d[l]! -= p;
  e[l] = g;
}
