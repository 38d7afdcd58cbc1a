/** @file Small dense systems in float64, which solvers compute between two evaluations. Matrices are row-major. */
import type { Vector } from './vector.js';

/** A factorization `P·A = L·U`. */
export interface LU {
  readonly lu: Vector;
  readonly order: Int32Array;
  /** Whether a pivot is 0. */
  readonly singular: boolean;
}

/** Factors an n × n matrix, with partial pivoting. */
export function factorLU(a: Vector, n: number): LU {
  const lu = a.slice();
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let singular = false;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++)
      if (Math.abs(lu[i * n + k]!) > Math.abs(lu[best * n + k]!)) best = i;
    if (best !== k) {
      [order[k], order[best]] = [order[best]!, order[k]!];
      for (let j = 0; j < n; j++)
        [lu[k * n + j], lu[best * n + j]] = [lu[best * n + j]!, lu[k * n + j]!];
    }
    const pivot = lu[k * n + k]!;
    if (!(Math.abs(pivot) > 0)) {
      singular = true;
      continue;
    }
    for (let i = k + 1; i < n; i++) {
      const factor = (lu[i * n + k]! /= pivot);
      if (factor !== 0) for (let j = k + 1; j < n; j++) lu[i * n + j]! -= factor * lu[k * n + j]!;
    }
  }
  return { lu, order, singular };
}

/** `A⁻¹ · b`. */
export function solveLU({ lu, order }: LU, b: Vector): Vector {
  const n = b.length;
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[order[i]!]!;
    for (let j = 0; j < i; j++) sum -= lu[i * n + j]! * x[j]!;
    x[i] = sum;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let j = i + 1; j < n; j++) sum -= lu[i * n + j]! * x[j]!;
    x[i] = sum / lu[i * n + i]!;
  }
  return x;
}

/** The solution of `A · x = b`, or null if A is singular. */
export function solveDense(a: Vector, b: Vector): Vector | null {
  const lu = factorLU(a, b.length);
  return lu.singular ? null : solveLU(lu, b);
}

/**
 * Householder QR of the m × n matrix `a`, in place: R in its first n rows, and `b` becomes Qᵀ·b.
 * Columns of zeros leave zeros in R.
 */
export function triangularize(a: Vector, b: Vector, m: number, n: number): void {
  for (let k = 0; k < Math.min(m, n); k++) {
    let largest = 0;
    for (let i = k; i < m; i++) largest = Math.max(largest, Math.abs(a[i * n + k]!));
    if (largest === 0) continue;
    let square = 0;
    for (let i = k; i < m; i++) square += (a[i * n + k]! / largest) ** 2;
    const norm = largest * Math.sqrt(square);
    const head = a[k * n + k]!;
    const alpha = head > 0 ? -norm : norm;
    // v = column − alpha · e; H = I − 2 v vᵀ / (vᵀ v)
    const first = head - alpha;
    const half = norm * (norm + Math.abs(head));
    a[k * n + k] = first;
    for (let j = k + 1; j <= n; j++) {
      const at = (i: number): number => (j < n ? a[i * n + j]! : b[i]!);
      let dot = 0;
      for (let i = k; i < m; i++) dot += a[i * n + k]! * at(i);
      const factor = dot / half;
      for (let i = k; i < m; i++) {
        const change = factor * a[i * n + k]!;
        if (j < n) a[i * n + j]! -= change;
        else b[i]! -= change;
      }
    }
    a[k * n + k] = alpha;
    for (let i = k + 1; i < m; i++) a[i * n + k] = 0;
  }
}

/** `R⁻¹ · y` for the upper triangle of the first n rows of `r`; 0 for elements with a zero on the diagonal of R. */
export function backSubstitute(r: Vector, y: Vector, n: number): Vector {
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i]!;
    for (let j = i + 1; j < n; j++) sum -= r[i * n + j]! * x[j]!;
    const pivot = r[i * n + i]!;
    x[i] = pivot === 0 ? 0 : sum / pivot;
  }
  return x;
}

/** `A · x` for an m × n matrix. */
export function times(a: Vector, x: Vector, m: number): Vector {
  const n = x.length;
  const y = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j]! * x[j]!;
    y[i] = sum;
  }
  return y;
}

/** `Aᵀ · y` for an m × n matrix. */
export function transposedTimes(a: Vector, y: Vector, n: number): Vector {
  const x = new Float64Array(n);
  for (let i = 0; i < y.length; i++) {
    const yi = y[i]!;
    for (let j = 0; j < n; j++) x[j]! += a[i * n + j]! * yi;
  }
  return x;
}

export function norm(x: Vector): number {
  let scale = 0;
  for (const v of x) scale = Math.max(scale, Math.abs(v));
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  let sum = 0;
  for (const v of x) sum += (v / scale) ** 2;
  return scale * Math.sqrt(sum);
}

/** `x + a · d`. */
export function plus(x: Vector, a: number, d: Vector): Vector {
  return x.map((v, i) => v + a * d[i]!);
}

/** The largest change relative to `1 + |x|`. */
export function relativeChange(d: Vector, x: Vector): number {
  let most = 0;
  for (let i = 0; i < d.length; i++) most = Math.max(most, Math.abs(d[i]!) / (1 + Math.abs(x[i]!)));
  return most;
}
