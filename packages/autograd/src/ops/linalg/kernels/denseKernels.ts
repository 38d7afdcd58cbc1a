/** @file Products of blocks of matrices in float64, the inner loops of factorizations. */
import { MOST_COLUMNS, MOST_INNER } from '../../../backends/wasm/operators/dense/productLoops.js';
import { loopsOver, zeros, type DoubleLoops } from '../../../kernels/doubleLoops.js';

/** A matrix of doubles, row-major. */
export type Matrix = Float64Array;

/** A block of a matrix: its elements begin at `at`, its rows are `step` apart. */
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

/** Multiplications from which a call of the vector loops pays off. */
const WORTHWHILE = 64;

/**
 * `c += sign · a b` for `a [rows, inner]` and `b [inner, columns]`. Each element takes its products in their order, one after
 * the other.
 */
export function addProduct(c: BlockOf, sign: 1 | -1, a: BlockOf, b: BlockOf, sizes: Sizes): void {
  const [rows, inner, columns] = sizes;
  const loops = rows * inner * columns < WORTHWHILE ? null : loopsOver(a.of, b.of, c.of);
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

/** The same by the vector loops, as much of b at a time as they copy. */
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
  for (let p = 0; p < inner; p += MOST_INNER) {
    const depth = Math.min(MOST_INNER, inner - p);
    for (let j = 0; j < columns; j += MOST_COLUMNS) {
      const width = Math.min(MOST_COLUMNS, columns - j);
      const [to, from, other] = [address(c, j), address(a, p), address(b, p * b.step + j)];
      run(to, 8 * c.step, from, 8 * a.step, other, 8 * b.step, rows, depth, width);
    }
  }
}

/** The product of `count` numbers from `at` and as many from `other`, in four sums side by side. */
export function dot(x: Matrix, at: number, other: number, count: number): number {
  const loops = count < 16 ? null : loopsOver(x, x, x);
  if (loops !== null) return loops.dot(x.byteOffset + 8 * at, x.byteOffset + 8 * other, count);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    s0 += x[at + k]! * x[other + k]!;
    s1 += x[at + k + 1]! * x[other + k + 1]!;
    s2 += x[at + k + 2]! * x[other + k + 2]!;
    s3 += x[at + k + 3]! * x[other + k + 3]!;
  }
  for (; k < count; k++) s0 += x[at + k]! * x[other + k]!;
  return s0 + s1 + (s2 + s3);
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
  const loops = n < 16 ? null : loopsOver(a, a, a);
  if (loops !== null)
    return loops.turn(a.byteOffset + 8 * first, a.byteOffset + 8 * second, n, cos, sin);
  for (let k = 0; k < n; k++) {
    const x = a[first + k]!;
    const y = a[second + k]!;
    a[first + k] = cos * x - sin * y;
    a[second + k] = sin * x + cos * y;
  }
}

/** The transpose of a block of so many rows and columns. */
export function transposeOf({ of, at, step }: BlockOf, rows: number, columns: number): Matrix {
  const out = zeros(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0, from = at + i * step; j < columns; j++) out[j * rows + i] = of[from + j]!;
  return out;
}

/** The same numbers where the vector loops reach them. */
export function placed(x: Matrix): Matrix {
  const out = zeros(x.length);
  out.set(x);
  return out;
}
