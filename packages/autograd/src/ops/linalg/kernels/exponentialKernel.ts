/** @file The exponential of one matrix in float64. */
import { zeros } from '../../../kernels/doubleLoops.js';
import { addProduct, blockAt, placed, type Matrix } from './denseKernels.js';
import { luInPlace, substitute } from './factorKernels.js';

/** The coefficients of Padé's approximation of degree 13, and the norm up to which it has all digits. */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
  10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const BOUND = 5.371920351148152;

/** `exp(a)` of a matrix `[n, n]`; NaN where an element is not finite. */
export function exponential(a: Matrix, n: number): Matrix {
  if (n === 0) return a;
  if (!a.every(Number.isFinite)) return a.map(() => NaN);
  let norm = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + j]!);
    norm = Math.max(norm, sum);
  }
  const squarings = Math.max(0, Math.ceil(Math.log2(norm / BOUND)));
  let x = approximation(placed(a.map((v) => v * 2 ** -squarings)), n);
  for (let k = 0; k < squarings; k++) x = times(x, x, n);
  return x;
}

/** `(V − U)⁻¹ (V + U)` with the odd powers in U and the even ones in V. */
function approximation(a: Matrix, n: number): Matrix {
  const a2 = times(a, a, n);
  const a4 = times(a2, a2, n);
  const a6 = times(a4, a2, n);
  const sum = (c: readonly (number | undefined)[], eye: boolean): Matrix => {
    const [one, two, four, six] = c as [number, number, number, number];
    const y = placed(a2.map((v, i) => two * v + four * a4[i]! + six * a6[i]!));
    if (eye) for (let i = 0; i < n; i++) y[i * n + i]! += one;
    return y;
  };
  const plus = (x: Matrix, y: Matrix): Matrix => placed(x.map((v, i) => v + y[i]!));
  const odd = plus(
    times(a6, sum([0, PADE[9], PADE[11], PADE[13]], false), n),
    sum([PADE[1], PADE[3], PADE[5], PADE[7]], true),
  );
  const u = times(a, odd, n);
  const v = plus(
    times(a6, sum([0, PADE[8], PADE[10], PADE[12]], false), n),
    sum([PADE[0], PADE[2], PADE[4], PADE[6]], true),
  );
  return solved(placed(v.map((x, i) => x - u[i]!)), plus(u, v), n);
}

function times(x: Matrix, y: Matrix, n: number): Matrix {
  const z = zeros(n * n);
  addProduct(blockAt(z, n, 0, 0), 1, blockAt(x, n, 0, 0), blockAt(y, n, 0, 0), [n, n, n]);
  return z;
}

/** The X with `a X = b`. */
function solved(a: Matrix, b: Matrix, n: number): Matrix {
  const { order } = luInPlace(a, n);
  const x = zeros(n * n);
  for (let i = 0; i < n; i++) x.set(b.subarray(order[i]! * n, order[i]! * n + n), i * n);
  substitute(a, n, x, n, { upper: false, unit: true });
  substitute(a, n, x, n, { upper: true, unit: false });
  return x;
}
