/** @file The loops behind the reference kernels of matrix products and convolutions: `c (+)= a · b`. */
import type { TypedArray } from '../../../graph/dtype.js';

/** Columns computed at a time: a strip of `b` stays in the cache while every row of `a` passes over it. */
const STRIP = 256;

/** A matrix inside an array: element `(i, j)` is at `at + i · row + j · column`. */
export interface Strided {
  readonly data: TypedArray;
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/**
 * Writes `a [m, k] · b [k, n]` to `c [m, n]`, which is contiguous from `at`; adds to it if `accumulate`.
 * Sums are kept in float64. For integers see `integerGemm`.
 */
export function gemm(
  [m, n, k]: readonly [number, number, number],
  a: Strided,
  b: Strided,
  c: TypedArray,
  at: number,
  accumulate = false,
): void {
  if (m < 3) {
    thin(m, n, k, a, b, c, at, accumulate);
    return;
  }
  const width = Math.min(n, STRIP);
  const packed = new Float64Array(k * width);
  const acc = new Float64Array(width);
  for (let from = 0; from < n; from += width) {
    const w = Math.min(width, n - from);
    pack(b, from, w, k, packed);
    for (let i = 0; i < m; i++) {
      const to = at + i * n + from;
      if (accumulate) for (let j = 0; j < w; j++) acc[j] = c[to + j]!;
      else acc.fill(0);
      addProducts(a.data, a.at + i * a.row, a.column, packed, w, k, acc);
      for (let j = 0; j < w; j++) c[to + j] = acc[j]!;
    }
  }
}

/** `acc[j] += Σ_t x[t] · packed[t, j]`: four rows of `packed` per pass over `acc`, to save passes. */
function addProducts(
  x: TypedArray,
  at: number,
  step: number,
  packed: Float64Array,
  w: number,
  k: number,
  acc: Float64Array,
): void {
  let t = 0;
  for (; t + 4 <= k; t += 4) {
    const p = at + t * step;
    const [x0, x1, x2, x3] = [x[p]!, x[p + step]!, x[p + 2 * step]!, x[p + 3 * step]!];
    const r0 = t * w;
    const r1 = r0 + w;
    const r2 = r1 + w;
    const r3 = r2 + w;
    for (let j = 0; j < w; j++) {
      acc[j] =
        acc[j]! +
        x0 * packed[r0 + j]! +
        x1 * packed[r1 + j]! +
        x2 * packed[r2 + j]! +
        x3 * packed[r3 + j]!;
    }
  }
  for (; t < k; t++) {
    const xt = x[at + t * step]!;
    for (let j = 0, r = t * w; j < w; j++, r++) acc[j] = acc[j]! + xt * packed[r]!;
  }
}

function pack(b: Strided, from: number, w: number, k: number, packed: Float64Array): void {
  const { data } = b;
  for (let t = 0; t < k; t++) {
    const start = b.at + t * b.row + from * b.column;
    for (let j = 0, s = start, p = t * w; j < w; j++, s += b.column) packed[p++] = data[s]!;
  }
}

/** With too few rows to be worth packing: dot products. */
function thin(
  m: number,
  n: number,
  k: number,
  a: Strided,
  b: Strided,
  c: TypedArray,
  at: number,
  accumulate: boolean,
): void {
  for (let i = 0; i < m; i++) {
    const acc = new Float64Array(n);
    if (accumulate) for (let j = 0; j < n; j++) acc[j] = c[at + i * n + j]!;
    if (b.column === 1) {
      for (let t = 0; t < k; t++) {
        const x = a.data[a.at + i * a.row + t * a.column]!;
        for (let j = 0, s = b.at + t * b.row; j < n; j++, s++) acc[j] = acc[j]! + x * b.data[s]!;
      }
    } else {
      for (let j = 0; j < n; j++) {
        let sum = acc[j]!;
        for (
          let t = 0, p = a.at + i * a.row, q = b.at + j * b.column;
          t < k;
          t++, p += a.column, q += b.row
        ) {
          sum += a.data[p]! * b.data[q]!;
        }
        acc[j] = sum;
      }
    }
    c.set(acc, at + i * n);
  }
}

/** As `gemm` in int32, which wraps around. */
export function integerGemm(
  [m, n, k]: readonly [number, number, number],
  a: Strided,
  b: Strided,
  c: TypedArray,
  at: number,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let t = 0; t < k; t++) {
        const x = a.data[a.at + i * a.row + t * a.column]!;
        sum = (sum + Math.imul(x, b.data[b.at + t * b.row + j * b.column]!)) | 0;
      }
      c[at + i * n + j] = sum;
    }
  }
}
