/** @file LU factorizations of one matrix in float64: the order of its rows, and the factors once they are in order. */

/** The order of rows by partial pivoting of `a [m, n]`, which is overwritten, and LAPACK's exchanges, counted from 1. */
export function luOrder(
  a: Float64Array,
  m: number,
  n: number,
): { order: Int32Array; pivots: Int32Array } {
  const order = Int32Array.from({ length: m }, (_, i) => i);
  const pivots = new Int32Array(Math.min(m, n));
  for (let k = 0; k < pivots.length; k++) {
    let best = k;
    for (let i = k + 1; i < m; i++)
      if (Math.abs(a[i * n + k]!) > Math.abs(a[best * n + k]!)) best = i;
    pivots[k] = best + 1;
    if (best !== k) {
      [order[k], order[best]] = [order[best]!, order[k]!];
      for (let j = 0; j < n; j++)
        [a[k * n + j], a[best * n + j]] = [a[best * n + j]!, a[k * n + j]!];
    }
    eliminate(a, k, m, n);
  }
  return { order, pivots };
}

/** L below the diagonal and U on and above, in place, of a square matrix whose rows are in order. */
export function luWithoutPivots(a: Float64Array, n: number): void {
  for (let k = 0; k < n; k++) eliminate(a, k, n, n);
}

function eliminate(a: Float64Array, k: number, m: number, n: number): void {
  const pivot = a[k * n + k]!;
  if (pivot === 0) return;
  for (let i = k + 1; i < m; i++) {
    const f = (a[i * n + k]! /= pivot);
    if (f !== 0) for (let j = k + 1; j < n; j++) a[i * n + j]! -= f * a[k * n + j]!;
  }
}

/** The order of `m` rows after the exchanges. */
export function orderOfPivots(pivots: ArrayLike<number>, m: number): Int32Array {
  const order = Int32Array.from({ length: m }, (_, i) => i);
  for (let k = 0; k < pivots.length; k++) {
    const other = pivots[k]! - 1;
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}
