/**
 * @file The singular value decomposition of one matrix in float64, by one-sided Jacobi rotations (Z. Drmač and K. Veselić,
 * "New fast and accurate Jacobi SVD algorithm", 2008): singular values have all their digits relative to the length of
 * their columns. Large matrices begin with the eigenvectors of AᵀA, after which little is left to rotate.
 */
import { zeros } from '../../../kernels/plain/doubleLoops.js';
import { addProduct, blockAt, scaleOf, type Matrix } from './denseKernels.js';
import { identity, Rows } from './rows.js';
import { symmetricEigen } from './symmetricEigen.js';

const SWEEPS = 60;
/** From this many columns on, starting with the eigenvectors of AᵀA pays. */
const MIN_PRECONDITIONED = 16;

/** `A = Σ σ u vᵀ`, where σ u and v are rows, in no particular order. */
export interface Rotated {
  /** The columns of A V, which are orthogonal, as rows: `[n, m]`. */
  readonly columns: Matrix;
  /** The columns of V as rows: `[n, n]`. */
  readonly rows: Matrix;
  /** The singular values. */
  readonly norms: Matrix;
  /** The factor by which `columns` and `norms` are larger than those of A. */
  readonly scale: number;
}

/** Rotates the columns of `a [m, n]`, m ≥ n, until they are orthogonal; null if an element is not finite. */
export function jacobiRotated(a: Matrix, m: number, n: number): Rotated | null {
  const scale = scaleOf(a);
  if (scale !== scale) return null;
  const x = zeros(n * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) x[j * m + i] = scale * a[i * n + j]!;
  const start = n < MIN_PRECONDITIONED ? null : eigenvectorsOf(x, m, n);
  const rows = start?.v ?? identity(n);
  const columns = start?.x ?? x;
  const vectors = new Rows(columns, m);
  rotateAll(vectors, new Rows(rows, n), n);
  const norms = Float64Array.from({ length: n }, (_, j) => Math.sqrt(vectors.dot(j, j)));
  return { columns, rows, norms, scale };
}

/**
 * The thin decomposition of `a [m, n]` with m ≥ n: `u [m, n]`, descending singular values, `v [n, n]`, vectors in columns. All
 * are NaN if an element is not finite.
 */
export function jacobiSingular(
  a: Matrix,
  m: number,
  n: number,
): { u: Matrix; s: Matrix; v: Matrix } {
  const [u, v] = [zeros(m * n), zeros(n * n)];
  const rotated = jacobiRotated(a, m, n);
  if (rotated === null) return { u: u.fill(NaN), s: new Float64Array(n).fill(NaN), v: v.fill(NaN) };
  const { columns, rows, norms, scale } = rotated;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j]! - norms[i]!);
  const small = (norms[order[0] ?? 0] ?? 0) * 1e-15;
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) v[k * n + to] = rows[from * n + k]!;
    const norm = norms[from]!;
    if (norm > small) for (let k = 0; k < m; k++) u[k * n + to] = columns[from * m + k]! / norm;
    else complete(u, m, n, to);
  });
  return { u, s: Float64Array.from(order, (i) => norms[i]! / scale), v };
}

/** Rotates pairs of rows until all are orthogonal, and the rows of `v` along with them. */
function rotateAll(x: Rows, v: Rows, n: number): void {
  const enough = Math.sqrt(x.length) * 2 ** -53;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    const squares = Float64Array.from({ length: n }, (_, j) => x.dot(j, j));
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const xy = x.dot(p, q);
        const xx = squares[p]!;
        const yy = squares[q]!;
        if (Math.abs(xy) <= enough * Math.sqrt(xx * yy) || Math.abs(xy) < 1e-300) continue;
        rotated = true;
        const cot = (yy - xx) / (2 * xy);
        // The rotation by the smaller of the two angles for which cot 2θ has this value.
        const size = Math.abs(cot);
        const t = (cot >= 0 ? 1 : -1) / (size + (size > 1e8 ? size : Math.sqrt(1 + cot * cot)));
        const cos = 1 / Math.sqrt(1 + t * t);
        x.turn(p, q, cos, t * cos);
        v.turn(p, q, cos, t * cos);
        squares[p] = Math.max(0, xx - t * xy);
        squares[q] = yy + t * xy;
      }
    }
    if (!rotated) return;
  }
}

/** The eigenvectors of `x xᵀ` as rows `v`, those of the largest eigenvalues first, and `v x`. */
function eigenvectorsOf(x: Matrix, m: number, n: number): { v: Matrix; x: Matrix } {
  const gram = zeros(n * n);
  const vectors = new Rows(x, m);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) gram[i * n + j] = vectors.dot(i, j);
  const { rows } = symmetricEigen(gram, n);
  const [v, turned] = [zeros(n * n), zeros(n * m)];
  for (let i = 0; i < n; i++) v.set(rows.subarray((n - 1 - i) * n, (n - i) * n), i * n);
  addProduct(blockAt(turned, m, 0, 0), 1, blockAt(v, n, 0, 0), blockAt(x, m, 0, 0), [n, n, m]);
  return { v, x: turned };
}

/**
 * Fills column `j` of `u` with a unit vector orthogonal to the columns before it: for a singular value of 0 any such vector
 * will do.
 */
function complete(u: Matrix, m: number, n: number, j: number): void {
  let best = new Float64Array(m);
  let length = 0;
  for (let e = 0; e < m && length < 0.5; e++) {
    const x = new Float64Array(m);
    x[e] = 1;
    for (let round = 0; round < 2; round++) {
      for (let c = 0; c < j; c++) {
        let dot = 0;
        for (let k = 0; k < m; k++) dot += x[k]! * u[k * n + c]!;
        for (let k = 0; k < m; k++) x[k]! -= dot * u[k * n + c]!;
      }
    }
    const norm = Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));
    if (norm > length) [best, length] = [x, norm];
  }
  for (let k = 0; k < m; k++) u[k * n + j] = best[k]! / length;
}
