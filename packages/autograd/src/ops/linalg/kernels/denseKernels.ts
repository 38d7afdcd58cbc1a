/** @file Products of blocks of matrices in float64: factorizations spend most of their time here. */
import type { Value } from '../../../graph/primitive.js';
import {
  loopsOver,
  MAX_COLUMNS,
  MAX_INNER,
  zeros,
  type DoubleLoops,
} from '../../../kernels/plain/doubleLoops.js';

type TypedArray = Value['data'];

/** A matrix of doubles, row-major. */
export type Matrix = Float64Array;

/** A block of a matrix: its elements begin at `at`, and its rows are `step` apart. */
export interface BlockOf {
  readonly of: Matrix;
  readonly at: number;
  readonly step: number;
}

type Sizes = readonly [rows: number, inner: number, columns: number];

/** The block of rows from `row` and columns from `column` of a matrix with `n` columns. */
export function blockAt(of: Matrix, n: number, row: number, column: number): BlockOf {
  return { of, at: row * n + column, step: n };
}

/** From this many multiplications on, a call of the vector loops pays. */
const MIN_CALL_WORK = 64;

/**
 * `c += sign · a b` for `a [rows, inner]` and `b [inner, columns]`. Each element adds its products in order, one after the
 * other.
 */
export function addProduct(c: BlockOf, sign: 1 | -1, a: BlockOf, b: BlockOf, sizes: Sizes): void {
  const [rows, inner, columns] = sizes;
  const loops = rows * inner * columns < MIN_CALL_WORK ? null : loopsOver(a.of, b.of, c.of);
  if (loops !== null) return inVectors(loops, c, sign, a, b, sizes);
  const x = a.of;
  const y = b.of;
  const z = c.of;
  const fours = inner - (inner % 4);
  for (let r = 0; r < rows; r++) {
    const to = c.at + r * c.step;
    const from = a.at + r * a.step;
    for (let p = 0; p < fours; p += 4) {
      const f0 = sign * x[from + p]!;
      const f1 = sign * x[from + p + 1]!;
      const f2 = sign * x[from + p + 2]!;
      const f3 = sign * x[from + p + 3]!;
      const b0 = b.at + p * b.step;
      const b1 = b0 + b.step;
      const b2 = b1 + b.step;
      const b3 = b2 + b.step;
      for (let j = 0; j < columns; j++)
        z[to + j] = z[to + j]! + f0 * y[b0 + j]! + f1 * y[b1 + j]! + f2 * y[b2 + j]! + f3 * y[b3 + j]!; // prettier-ignore
    }
    for (let p = fours; p < inner; p++) {
      const f = sign * x[from + p]!;
      const at = b.at + p * b.step;
      for (let j = 0; j < columns; j++) z[to + j]! += f * y[at + j]!;
    }
  }
}

/** The same by the vector loops, with as much of b per call as they copy. */
function inVectors(
  loops: DoubleLoops,
  c: BlockOf,
  sign: 1 | -1,
  a: BlockOf,
  b: BlockOf,
  [rows, inner, columns]: Sizes,
): void {
  const run = sign > 0 ? loops.add : loops.subtract;
  const address = ({ of, at }: BlockOf, more: number): number => of.byteOffset + 8 * (at + more);
  for (let p = 0; p < inner; p += MAX_INNER) {
    const depth = Math.min(MAX_INNER, inner - p);
    for (let j = 0; j < columns; j += MAX_COLUMNS) {
      const width = Math.min(MAX_COLUMNS, columns - j);
      const [to, from, other] = [address(c, j), address(a, p), address(b, p * b.step + j)];
      run(to, 8 * c.step, from, 8 * a.step, other, 8 * b.step, rows, depth, width);
    }
  }
}

/** The transpose of a block with `rows` rows and `columns` columns. */
export function transposeOf({ of, at, step }: BlockOf, rows: number, columns: number): Matrix {
  const out = zeros(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0, from = at + i * step; j < columns; j++) out[j * rows + i] = of[from + j]!;
  return out;
}

/** Up to this many elements a loop copies faster than a call. */
const MAX_LOOP_COPY = 64;

/** Copies `count` numbers. */
export function copyNumbers(
  to: TypedArray,
  at: number,
  from: TypedArray,
  first: number,
  count: number,
): void {
  if (count > MAX_LOOP_COPY) to.set(from.subarray(first, first + count), at);
  else for (let k = 0; k < count; k++) to[at + k] = from[first + k]!;
}

/** Transposes a square matrix in place. */
export function transposeInPlace(a: Matrix, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const x = a[i * n + j]!;
      a[i * n + j] = a[j * n + i]!;
      a[j * n + i] = x;
    }
  }
}

/** A copy of the numbers in memory that the vector loops can access. */
export function copyToLoopMemory(x: Matrix): Matrix {
  const out = zeros(x.length);
  out.set(x);
  return out;
}

/**
 * A power of two that scales the largest element to between ½ and 1, or near it for extreme ones; 1 if all elements are 0, and
 * NaN if one is not finite.
 */
export function scaleOf(a: Matrix): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const x = Math.abs(a[i]!);
    // Refuses infinities and NaN.
    if (!(x < Infinity)) return NaN;
    if (x > largest) largest = x;
  }
  return largest === 0
    ? 1
    : 2 ** Math.max(-1022, Math.min(1022, -1 - Math.floor(Math.log2(largest))));
}
