/** @file The exponential of one matrix in float64. */
import { addProduct, blockAt, copyNumbers, type Matrix } from './denseKernels.js';
import { luInPlace, RowOrder, substitute } from './factorKernels.js';

/** The coefficients of the Padé approximation of degree 13, and the largest norm for which it is exact to the last digits. */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
  10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const BOUND = 5.371920351148152;

/** How many matrices of work space an exponential needs. */
export const WORKSPACE_MATRICES = 6;

/** `exp(a)` of a matrix `[n, n]`, returned in one of the matrices of `scratch` or in `a`; NaN if an element is not finite. */
export function exponential(a: Matrix, n: number, scratch: readonly Matrix[]): Matrix {
  let norm = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + j]!);
    // Written so that a NaN is kept.
    if (!(sum <= norm)) norm = sum;
  }
  if (!Number.isFinite(norm)) return a.fill(NaN);
  const squarings = norm > BOUND ? Math.ceil(Math.log2(norm / BOUND)) : 0;
  if (squarings > 0) for (let i = 0; i < n * n; i++) a[i]! *= 2 ** -squarings;
  let [x, other] = approximation(a, n, scratch);
  for (let k = 0; k < squarings; k++) {
    multiply(other, x, x, n);
    [x, other] = [other, x];
  }
  return x;
}

/** `(V − U)⁻¹ (V + U)` with the odd powers in U and the even ones in V; also returns a matrix that is no longer needed. */
function approximation(a: Matrix, n: number, scratch: readonly Matrix[]): [Matrix, Matrix] {
  const [a2, a4, a6, u, v, w] = scratch as [Matrix, Matrix, Matrix, Matrix, Matrix, Matrix];
  multiply(a2, a, a, n);
  multiply(a4, a2, a2, n);
  multiply(a6, a4, a2, n);
  /** Writes the terms with every other coefficient from `first` on, plus `eye` times the identity. */
  const sum = (to: Matrix, first: number, eye: number): void => {
    const [two, four, six] = [PADE[first]!, PADE[first + 2]!, PADE[first + 4]!];
    for (let i = 0; i < n * n; i++) to[i] = two * a2[i]! + four * a4[i]! + six * a6[i]!;
    for (let i = 0; i < n; i++) to[i * n + i]! += eye;
  };
  sum(w, 9, 0);
  sum(v, 3, PADE[1]!);
  addTimes(v, a6, w, n);
  multiply(u, a, v, n);
  sum(w, 8, 0);
  sum(v, 2, PADE[0]!);
  addTimes(v, a6, w, n);
  for (let i = 0; i < n * n; i++) {
    a2[i] = v[i]! - u[i]!;
    a4[i] = v[i]! + u[i]!;
  }
  const rows = new RowOrder(n, n);
  luInPlace(a2, n, n, rows);
  for (let i = 0; i < n; i++) copyNumbers(w, i * n, a4, rows.order[i]! * n, n);
  substitute(a2, n, w, n, false, true);
  substitute(a2, n, w, n, true, false);
  return [w, u];
}

function multiply(z: Matrix, x: Matrix, y: Matrix, n: number): void {
  addTimes(z.fill(0), x, y, n);
}

function addTimes(z: Matrix, x: Matrix, y: Matrix, n: number): void {
  addProduct(blockAt(z, n, 0, 0), 1, blockAt(x, n, 0, 0), blockAt(y, n, 0, 0), [n, n, n]);
}
