/**
 * @file Eigenvalues and eigenvectors of one symmetric matrix in float64: Householder reflections make it tridiagonal, and
 * implicit QL steps diagonal (B. N. Parlett, "The Symmetric Eigenvalue Problem", 1980). All inner loops run along rows.
 */
import type { Matrix } from './denseKernels.js';
import { scaleOf } from './factorKernels.js';

/** QL steps for one eigenvalue before giving up; two or three are usual. */
const STEPS = 60;

/**
 * Eigenvalues in rising order, and eigenvectors as rows, of the symmetric matrix in the lower triangle of `a [n, n]`, which
 * is overwritten. All are NaN if an element is not finite.
 */
export function symmetricEigen(a: Matrix, n: number): { values: Matrix; rows: Matrix } {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i]!;
  const scale = scaleOf(a);
  if (scale !== scale)
    return { values: new Float64Array(n).fill(NaN), rows: new Float64Array(n * n).fill(NaN) };
  for (let i = 0; i < n * n; i++) a[i]! *= scale;
  const { beside, z } = tridiagonal(a, n);
  const d = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  diagonalize(d, beside, z, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => d[i]! - d[j]!);
  const values = Float64Array.from(order, (i) => d[i]! / scale);
  const rows = new Float64Array(n * n);
  order.forEach((from, to) => rows.set(z.subarray(from * n, (from + 1) * n), to * n));
  return { values, rows };
}

/**
 * Leaves a tridiagonal matrix T on the diagonal of `a`; gives what is beside that, and Z with `A = Zᵀ T Z`. A column that
 * is zero where it should be needs no reflection.
 */
function tridiagonal(a: Matrix, n: number): { beside: Matrix; z: Matrix } {
  const [beside, betas] = [new Float64Array(n), new Float64Array(n)];
  const w = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    // By symmetry the column below the diagonal is the row right of it; it becomes the reflection's vector.
    const v = a.subarray(k * n, (k + 1) * n);
    let square = 0;
    for (let i = k + 2; i < n; i++) square += v[i]! * v[i]!;
    const head = v[k + 1]!;
    beside[k] = head;
    if (square === 0) continue;
    const alpha = head > 0 ? -Math.sqrt(head * head + square) : Math.sqrt(head * head + square);
    beside[k] = alpha;
    v[k + 1] = head - alpha;
    const beta = 2 / (square + v[k + 1]! * v[k + 1]!);
    betas[k] = beta;
    let along = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1, at = i * n; j < n; j++) sum += a[at + j]! * v[j]!;
      w[i] = beta * sum;
      along += w[i]! * v[i]!;
    }
    const half = (beta * along) / 2;
    for (let i = k + 1; i < n; i++) w[i]! -= half * v[i]!;
    for (let i = k + 1; i < n; i++) {
      const [x, y] = [v[i]!, w[i]!];
      for (let j = k + 1, at = i * n; j < n; j++) a[at + j]! -= x * w[j]! + y * v[j]!;
    }
  }
  const z = new Float64Array(n * n);
  for (let i = 0; i < n; i++) z[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    if (betas[k] === 0) continue;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += z[i * n + j]! * a[k * n + j]!;
      sum *= betas[k]!;
      for (let j = k + 1; j < n; j++) z[i * n + j]! -= sum * a[k * n + j]!;
    }
  }
  return { beside, z };
}

/** Diagonalizes the matrix with diagonal `d` and `e` beside it, in place, and turns the rows of `z` along. */
function diagonalize(d: Matrix, e: Matrix, z: Matrix, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let step = 0; step < STEPS; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > 2 ** -53 * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      qlStep(d, e, z, n, l, m);
    }
  }
}

/** One implicit QL step on rows `l` to `m`, with Wilkinson's shift. */
function qlStep(d: Matrix, e: Matrix, z: Matrix, n: number, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.sqrt(g * g + 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let [sin, cos, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const [f, b] = [sin * e[i]!, cos * e[i]!];
    r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    [sin, cos] = [f / r, g / r];
    g = d[i + 1]! - p;
    r = (d[i]! - g) * sin + 2 * cos * b;
    p = sin * r;
    d[i + 1] = g + p;
    g = cos * r - b;
    turnRows(z, i * n, (i + 1) * n, n, cos, sin);
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

/** Turns two rows of `n` numbers: the first becomes `cos x − sin y`, the second `sin x + cos y`. */
export function turnRows(
  a: Matrix,
  first: number,
  second: number,
  n: number,
  cos: number,
  sin: number,
): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[first + k]!, a[second + k]!];
    a[first + k] = cos * x - sin * y;
    a[second + k] = sin * x + cos * y;
  }
}
