/** @file Factorizations of one matrix in float64: Householder for QR, Jacobi rotations for eigenvalues and singular values. */

/** A matrix of doubles, row-major. */
export type Matrix = Float64Array;

/**
 * LU factorization with partial pivoting, in place: L below the diagonal (1 on it), U on and above. Returns the order
 * of the rows and the sign of that permutation; a singular matrix leaves a 0 on the diagonal.
 */
export function luInPlace(a: Matrix, n: number): { order: Int32Array; sign: number } {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k++) {
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
      if (f === 0) continue;
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= f * a[k * n + j]!;
    }
  }
  return { order, sign };
}

/** The lower Cholesky factor, from the lower triangle; the row at which it fails, or −1. */
export function choleskyInPlace(a: Matrix, n: number): number {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i === j) {
        if (!(sum > 0)) return j;
        a[j * n + j] = Math.sqrt(sum);
      } else {
        a[i * n + j] = sum / a[j * n + j]!;
      }
    }
    for (let i = 0; i < j; i++) a[i * n + j] = 0;
  }
  return -1;
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

/** Applies `I − β v vᵀ` to the rows from `k` of a matrix with `n` columns. */
function reflect(a: Matrix, n: number, k: number, m: number, v: Matrix, beta: number): void {
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = k; i < m; i++) sum += v[i]! * a[i * n + j]!;
    sum *= beta;
    for (let i = k; i < m; i++) a[i * n + j]! -= sum * v[i]!;
  }
}

const SWEEPS = 60;

/** Eigenvalues in rising order and eigenvectors in columns, of the symmetric matrix in the lower triangle of `a`. */
export function jacobiEigen(a: Matrix, n: number): { values: Matrix; vectors: Matrix } {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i]!;
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = a[p * n + q]!;
        const [x, y] = [a[p * n + p]!, a[q * n + q]!];
        if (Math.abs(off) <= 1e-17 * Math.sqrt(Math.abs(x * y)) || Math.abs(off) < 1e-300) continue;
        rotated = true;
        const [cos, sin] = rotation((y - x) / (2 * off));
        for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q, cos, sin);
        for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k, cos, sin);
        for (let k = 0; k < n; k++) turn(v, k * n + p, k * n + q, cos, sin);
        a[p * n + q] = a[q * n + p] = 0;
      }
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => a[i * n + i]! - a[j * n + j]!,
  );
  const values = Float64Array.from(order, (i) => a[i * n + i]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = v[k * n + from]!;
  });
  return { values, vectors };
}

/** The rotation by the smaller angle whose double has cotangent `cot`. */
function rotation(cot: number): [number, number] {
  const t = (cot >= 0 ? 1 : -1) / (Math.abs(cot) + Math.hypot(1, cot));
  const cos = 1 / Math.hypot(1, t);
  return [cos, t * cos];
}

function turn(a: Matrix, i: number, j: number, cos: number, sin: number): void {
  const [x, y] = [a[i]!, a[j]!];
  a[i] = cos * x - sin * y;
  a[j] = sin * x + cos * y;
}

/**
 * The thin singular value decomposition of `a [m, n]` with m ≥ n, by one-sided Jacobi rotations of its columns:
 * `u [m, n]`, falling singular values, `v [n, n]`, vectors in columns.
 */
export function jacobiSingular(
  a: Matrix,
  m: number,
  n: number,
): { u: Matrix; s: Matrix; v: Matrix } {
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        let [xx, yy, xy] = [0, 0, 0];
        for (let k = 0; k < m; k++) {
          const [x, y] = [a[k * n + p]!, a[k * n + q]!];
          xx += x * x;
          yy += y * y;
          xy += x * y;
        }
        if (Math.abs(xy) <= 1e-16 * Math.sqrt(xx * yy) || Math.abs(xy) < 1e-300) continue;
        rotated = true;
        const [cos, sin] = rotation((yy - xx) / (2 * xy));
        for (let k = 0; k < m; k++) turn(a, k * n + p, k * n + q, cos, sin);
        for (let k = 0; k < n; k++) turn(v, k * n + p, k * n + q, cos, sin);
      }
    }
    if (!rotated) break;
  }
  const norms = Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < m; k++) sum += a[k * n + j]! ** 2;
    return Math.sqrt(sum);
  });
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j]! - norms[i]!);
  const s = Float64Array.from(order, (i) => norms[i]!);
  const u = new Float64Array(m * n);
  const sorted = new Float64Array(n * n);
  const small = (s[0] ?? 0) * 1e-15;
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) sorted[k * n + to] = v[k * n + from]!;
    if (s[to]! > small) for (let k = 0; k < m; k++) u[k * n + to] = a[k * n + from]! / s[to]!;
    else complete(u, m, n, to);
  });
  return { u, s, v: sorted };
}

/** Fills column `j` of `u` with a unit vector orthogonal to the columns before it: any will do for a singular value of 0. */
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
