/** @file Factorizations of one matrix in float64, in place: LU, Cholesky, and QR by Householder reflections. */

import { addProduct, blockAt, type Matrix } from './denseKernels.js';

/** Columns that are eliminated one by one before the rest of the matrix follows in one product. */
const PANEL = 32;

/**
 * LU factorization with partial pivoting, in place: L below the diagonal (1 on it), U on and above. Returns the order
 * of the rows and the sign of that permutation; a singular matrix leaves a 0 on the diagonal.
 */
export function luInPlace(a: Matrix, n: number): { order: Int32Array; sign: number } {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let start = 0; start < n; start += PANEL) {
    const end = Math.min(n, start + PANEL);
    for (let k = start; k < end; k++) {
      let best = k;
      for (let i = k + 1; i < n; i++)
        if (Math.abs(a[i * n + k]!) > Math.abs(a[best * n + k]!)) best = i;
      if (best !== k) {
        sign = -sign;
        [order[k], order[best]] = [order[best]!, order[k]!];
        for (let j = 0; j < n; j++)
          [a[k * n + j], a[best * n + j]] = [a[best * n + j]!, a[k * n + j]!];
      }
      const pivot = a[k * n + k]!;
      if (pivot === 0) continue;
      for (let i = k + 1; i < n; i++) {
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
      n - end,
      end - start,
      n - end,
    ]);
  }
  return { order, sign };
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

/** QR by Householder reflections: `q [m, c]` with c columns (n to m of them), and R in the upper triangle of `a [m, n]`. */
export function householder(a: Matrix, m: number, n: number, c: number): Matrix {
  const steps = Math.min(m, n);
  const reflections: { v: Matrix; beta: number }[] = [];
  for (let k = 0; k < steps; k++) {
    const v = new Float64Array(m);
    let square = 0;
    for (let i = k; i < m; i++) {
      v[i] = a[i * n + k]!;
      if (i > k) square += v[i]! * v[i]!;
    }
    const head = v[k]!;
    // A column that is zero below the diagonal needs no reflection, as LAPACK has it.
    if (square === 0) {
      reflections.push({ v, beta: 0 });
      continue;
    }
    const alpha =
      head > 0 ? -Math.hypot(head, Math.sqrt(square)) : Math.hypot(head, Math.sqrt(square));
    v[k] = head - alpha;
    const beta = 2 / (square + v[k]! * v[k]!);
    reflections.push({ v, beta });
    reflect(a, n, k, m, v, beta);
    for (let i = k + 1; i < m; i++) a[i * n + k] = 0;
  }
  const q = new Float64Array(m * c);
  for (let i = 0; i < Math.min(m, c); i++) q[i * c + i] = 1;
  for (let k = steps - 1; k >= 0; k--) {
    const { v, beta } = reflections[k]!;
    if (beta !== 0) reflect(q, c, k, m, v, beta);
  }
  return q;
}

/** Applies `I − β v vᵀ` to the rows from `k`, and columns from `k`, of a matrix with `n` columns. */
function reflect(a: Matrix, n: number, k: number, m: number, v: Matrix, beta: number): void {
  const w = new Float64Array(n);
  addProduct(blockAt(w, n, 0, k), 1, blockAt(v, m, 0, k), blockAt(a, n, k, k), [1, m - k, n - k]);
  for (let i = k; i < m; i++) {
    const f = beta * v[i]!;
    const at = i * n;
    for (let j = k; j < n; j++) a[at + j]! -= f * w[j]!;
  }
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
