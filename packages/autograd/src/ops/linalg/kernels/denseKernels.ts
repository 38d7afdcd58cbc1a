/** @file Products of blocks of matrices in float64, the inner loops of factorizations. */

/** A matrix of doubles, row-major. */
export type Matrix = Float64Array;

/** A block of a matrix: its elements begin at `at`, its rows are `step` apart. */
export interface BlockOf {
  readonly of: Matrix;
  readonly at: number;
  readonly step: number;
}

/** The block of rows from `row` and columns from `column` of a matrix with `n` columns. */
export function blockAt(of: Matrix, n: number, row: number, column: number): BlockOf {
  return { of, at: row * n + column, step: n };
}

/**
 * `c += sign · a b` for `a [rows, inner]` and `b [inner, columns]`. Two rows of c and four of b are met at a time, so that
 * what is loaded and stored once serves several products.
 */
export function addProduct(
  c: BlockOf,
  sign: 1 | -1,
  a: BlockOf,
  b: BlockOf,
  [rows, inner, columns]: readonly [rows: number, inner: number, columns: number],
): void {
  for (let r = 0; r < rows; r += 2) {
    // Of an odd number of rows the last one goes alone.
    if (r + 1 < rows) addToTwoRows(c, sign, a, b, r, inner, columns);
    else addToRow(c, sign, a, b, r, inner, columns, 0);
  }
}

function addToTwoRows(
  c: BlockOf,
  sign: number,
  a: BlockOf,
  b: BlockOf,
  r: number,
  inner: number,
  columns: number,
): void {
  const x = a.of;
  const y = b.of;
  const z = c.of;
  const fours = inner - (inner % 4);
  const to = c.at + r * c.step;
  const next = to + c.step;
  for (let p = 0; p < fours; p += 4) {
    const at = a.at + r * a.step + p;
    const below = at + a.step;
    const f0 = sign * x[at]!;
    const f1 = sign * x[at + 1]!;
    const f2 = sign * x[at + 2]!;
    const f3 = sign * x[at + 3]!;
    const g0 = sign * x[below]!;
    const g1 = sign * x[below + 1]!;
    const g2 = sign * x[below + 2]!;
    const g3 = sign * x[below + 3]!;
    const b0 = b.at + p * b.step;
    const b1 = b0 + b.step;
    const b2 = b1 + b.step;
    const b3 = b2 + b.step;
    for (let j = 0; j < columns; j++) {
      const y0 = y[b0 + j]!;
      const y1 = y[b1 + j]!;
      const y2 = y[b2 + j]!;
      const y3 = y[b3 + j]!;
      z[to + j]! += f0 * y0 + f1 * y1 + (f2 * y2 + f3 * y3);
      z[next + j]! += g0 * y0 + g1 * y1 + (g2 * y2 + g3 * y3);
    }
  }
  addToRow(c, sign, a, b, r, inner, columns, fours);
  addToRow(c, sign, a, b, r + 1, inner, columns, fours);
}

/** Adds the products with rows of b from `first` to one row of c. */
function addToRow(
  c: BlockOf,
  sign: number,
  a: BlockOf,
  b: BlockOf,
  r: number,
  inner: number,
  columns: number,
  first: number,
): void {
  const x = a.of;
  const y = b.of;
  const z = c.of;
  const to = c.at + r * c.step;
  let p = first;
  for (; p + 4 <= inner; p += 4) {
    const at = a.at + r * a.step + p;
    const f0 = sign * x[at]!;
    const f1 = sign * x[at + 1]!;
    const f2 = sign * x[at + 2]!;
    const f3 = sign * x[at + 3]!;
    const b0 = b.at + p * b.step;
    const b1 = b0 + b.step;
    const b2 = b1 + b.step;
    const b3 = b2 + b.step;
    for (let j = 0; j < columns; j++)
      z[to + j]! += f0 * y[b0 + j]! + f1 * y[b1 + j]! + (f2 * y[b2 + j]! + f3 * y[b3 + j]!);
  }
  for (; p < inner; p++) {
    const f = sign * x[a.at + r * a.step + p]!;
    const from = b.at + p * b.step;
    for (let j = 0; j < columns; j++) z[to + j]! += f * y[from + j]!;
  }
}

/** The product of `count` numbers from `at` and as many from `other`, in four sums side by side. */
export function dot(x: Matrix, at: number, other: number, count: number): number {
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
