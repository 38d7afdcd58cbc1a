/**
 * @file Linear algebra: `linalg.solve`, `linalg.svd` … Matrices are the last two dimensions, all before them a batch.
 *
 * Factorizations of float32 are computed in float64 and rounded.
 */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { checkInteger, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { add, strongMul } from '../build/element.js';
import { detach } from '../build/detach.js';
import { composite, floatOperand } from '../build/define.js';
import {
  choleskyOf,
  completeOf,
  eighOf,
  qrOf,
  qrParts,
  eighParts,
  svdOf,
  svdParts,
} from './factorizations.js';
import { detOf, slogdetOf } from './determinant.js';
import { concatNode, narrowNode } from '../shape/movement.js';
import { filled } from '../build/primitive.js';
import { alignBatches, checkSystem, matrix, square } from './systems.js';
import { identityLike, product, solveOf, transposed, triangularOf } from './solving.js';

export {
  matrixNorm,
  norm,
  vectorNorm,
  type LinalgNormOptions,
  type MatrixNormOptions,
  type VectorNormOptions,
} from './matrixNorm.js';
export { lu, luFactor, luSolve, type LuFactors, type LuResult, type LuSolveOptions } from './lu.js';
export {
  cond,
  eigvalsh,
  lstsq,
  matrixRank,
  pinv,
  svdvals,
  type LstsqResult,
  type MatrixRankOptions,
  type PinvOptions,
} from './leastSquares.js';
export { choleskyInverse, choleskySolve, type TriangleOption } from './choleskySolving.js';
export {
  cross,
  diagonal,
  householderProduct,
  multiDot,
  tensorinv,
  tensorsolve,
  vander,
  vecdot,
} from './tensors.js';
export { matrixExp } from './matrixExp.js';

/**
 * The inverse of `A […, n, n]`. PyTorch: `torch.linalg.inv`.
 * @throws {ChainruleError} for a singular matrix, when evaluated. @throws {ShapeError} if A is not square.
 * @example linalg.inv(tensor([[2, 0], [0, 4]])) // [[0.5, 0], [0, 0.25]]
 */
export const inv = composite('linalg.inv', (A: Tensor): Tensor => {
  const a = square('linalg.inv', A);
  return solveOf([a, identityLike(a)], { transposed: false, op: 'linalg.inv' });
});

const solveOptions = defineOptions<{ readonly left?: boolean }>({ left: kinds.flag });

/**
 * The X with `A X = B`: `A […, n, n]`, `B […, n, k]`, or vectors `B […, n]` (one dimension, or one fewer than A and
 * the same leading ones); with `left: false`, the X with `X A = B`, `B […, k, n]`. Leading dimensions broadcast.
 * PyTorch: `torch.linalg.solve`.
 *
 * @throws {ChainruleError} for a singular matrix, when evaluated. @throws {ShapeError} if the shapes do not fit.
 * @example linalg.solve(tensor([[2, 1], [0, 4]]), tensor([4, 8])) // [1, 2]
 */
export const solve = composite(
  'linalg.solve',
  (A: Tensor, B: Tensor, options?: { readonly left?: boolean }): Tensor => {
    const op = 'linalg.solve';
    const { left = true } = solveOptions(op, options);
    const a = square(op, A);
    const given = floatOperand(op, B);
    const vector =
      given.ndim === 1 ||
      (given.ndim === a.ndim - 1 && show(given.sizes) === show(a.sizes.slice(0, -1)));
    if (!left && !vector) {
      checkSystem(op, a, given, -1);
      const [m, b] = alignBatches(op, a, transposed(given));
      return transposed(solveOf([m, b], { transposed: true, op }));
    }
    const b = vector ? reshapeNode(given, [...given.sizes, 1]) : given;
    checkSystem(op, a, b, -2);
    const x = solveOf(alignBatches(op, a, b), { transposed: !left, op });
    return vector ? reshapeNode(x, x.sizes.slice(0, -1)) : x;
  },
);

/** Options of `triangularSolve`. */
export interface TriangularSolveOptions {
  /** Whether A is upper rather than lower triangular: only that triangle is read. */
  readonly upper: boolean;
  /** Whether to solve `A X = B` rather than `X A = B`. Default true. */
  readonly left?: boolean;
  /** Whether the diagonal of A counts as ones. Default false. */
  readonly unitriangular?: boolean;
}

const triangularOptions = defineOptions<TriangularSolveOptions>({
  upper: kinds.required({ ...kinds.flag, must: 'say which triangle, true or false' }),
  left: kinds.flag,
  unitriangular: kinds.flag,
});

/**
 * The X with `A X = B` (or `X A = B`) for a triangular A; the other triangle is not read. A zero on the diagonal
 * gives infinities. PyTorch: `torch.linalg.solve_triangular`.
 * @example linalg.triangularSolve(tensor([[2, 0], [1, 4]]), tensor([[4], [10]]), { upper: false }) // [[2], [2]]
 */
export const triangularSolve = composite(
  'linalg.triangularSolve',
  (A: Tensor, B: Tensor, options: TriangularSolveOptions): Tensor => {
    const op = 'linalg.triangularSolve';
    const a = square(op, A);
    const b = matrix(op, B);
    const { upper, left = true, unitriangular: unit = false } = triangularOptions(op, options);
    checkSystem(op, a, b, left ? -2 : -1);
    if (left) return triangularOf(alignBatches(op, a, b), { upper, transposed: false, unit });
    return transposed(
      triangularOf(alignBatches(op, a, transposed(b)), { upper, transposed: true, unit }),
    );
  },
);

/**
 * The determinant of `A […, n, n]`; 1 for n = 0. Its gradient is the matrix of cofactors; the gradient and the second
 * derivative are correct for singular matrices too (in PyTorch the gradient is 0 where det is exactly 0); the third is
 * not finite there from n = 3 on. PyTorch: `torch.linalg.det`.
 * @example linalg.det(tensor([[1, 2], [3, 4]])) // -2
 */
export const det = composite('linalg.det', (A: Tensor): Tensor => detOf([square('linalg.det', A)]));

/** The determinant as a sign and the logarithm of its absolute value. */
export interface SlogdetResult {
  /** The sign: −1, 0 or 1. Its gradient is 0. */
  readonly sign: Tensor;
  /** ln |det|; −Inf for a singular matrix. */
  readonly logabsdet: Tensor;
}

/**
 * The sign of the determinant and the logarithm of its magnitude. PyTorch: `torch.linalg.slogdet`.
 * @example linalg.slogdet(tensor([[0, 1], [1, 0]])).sign // -1
 */
export const slogdet = composite('linalg.slogdet', (A: Tensor): SlogdetResult => {
  const packed = slogdetOf([square('linalg.slogdet', A)]);
  const part = (i: number): Tensor =>
    reshapeNode(narrowNode(packed, packed.ndim - 1, i, 1), packed.sizes.slice(0, -1));
  return { sign: part(0), logabsdet: part(1) };
});

const choleskyOptions = defineOptions<{ readonly upper?: boolean }>({ upper: kinds.flag });

/**
 * The lower factor L of `A = L Lᵀ` for a positive definite A, or with `upper` the factor `Lᵀ`. Only the lower
 * triangle of A is read; the gradient is symmetric. PyTorch: `torch.linalg.cholesky`.
 * @throws {ChainruleError} for a matrix that is not positive definite, when evaluated.
 * @example linalg.cholesky(tensor([[4, 2], [2, 5]])) // [[2, 0], [1, 2]]
 */
export const cholesky = composite(
  'linalg.cholesky',
  (A: Tensor, options?: { readonly upper?: boolean }): Tensor => {
    const { upper = false } = choleskyOptions('linalg.cholesky', options);
    const l = choleskyOf([square('linalg.cholesky', A)]);
    return upper ? transposed(l) : l;
  },
);

/** Options of `qr`. */
export interface QrOptions {
  /** `'reduced'`: Q `[m, k]`, R `[k, n]` with k = min(m, n); `'complete'`: Q `[m, m]`, R `[m, n]`; `'r'`: no Q. */
  readonly mode?: 'reduced' | 'complete' | 'r';
}

const qrOptions = defineOptions<QrOptions>({ mode: kinds.oneOf('reduced', 'complete', 'r') });

/** The result of `qr`: `A = Q R`. */
export interface QrResult {
  /** Q, with orthonormal columns; empty in mode `'r'`. */
  readonly Q: Tensor;
  /** R, upper triangular. */
  readonly R: Tensor;
}

/**
 * The factorization `A = Q R`, by Householder reflections. The derivative needs the first min(m, n) columns of A to
 * be independent, and does not exist for mode `'complete'` with more rows than columns. PyTorch: `torch.linalg.qr`.
 * @example
 * const { Q, R } = linalg.qr(tensor([[0, 2], [3, 0]]));
 * Q.matmul(R) // [[0, 2], [3, 0]]
 */
export const qr = composite('linalg.qr', (A: Tensor, options?: QrOptions): QrResult => {
  const { mode = 'reduced' } = qrOptions('linalg.qr', options);
  const a = matrix('linalg.qr', A);
  const [m, n] = a.sizes.slice(-2) as [number, number];
  const k = Math.min(m, n);
  // For a wide matrix the first columns determine Q.
  const [q, r] = qrParts(qrOf([narrowNode(a, a.ndim - 1, 0, k)]), m);
  const R =
    n > k ? concatNode([r, product(q, narrowNode(a, a.ndim - 1, k, n - k), true)], a.ndim - 1) : r;
  if (mode === 'r') return { Q: filled(0, [0], a.dtype), R };
  if (mode === 'reduced' || m <= n) return { Q: q, R };
  const zeros = filled(0, [...a.sizes.slice(0, -2), m - n, n], a.dtype);
  return { Q: completeOf([a]), R: concatNode([R, zeros], a.ndim - 2) };
});

/** The result of `eigh`: `A = V diag(λ) Vᵀ`. */
export interface EighResult {
  /** The eigenvalues in ascending order: `[…, n]`. */
  readonly values: Tensor;
  /** The eigenvectors, in columns: `[…, n, n]`. Their signs are arbitrary. */
  readonly vectors: Tensor;
}

/**
 * Eigenvalues and eigenvectors of a symmetric A, `A = V diag(λ) Vᵀ`; only the lower triangle is read. The derivative
 * of an eigenvector of a repeated eigenvalue is not finite. PyTorch: `torch.linalg.eigh`.
 * @example
 * const { values, vectors } = linalg.eigh(tensor([[2, 1], [1, 2]])); // values [1, 3]
 * vectors.mul(values).matmul(vectors.mT) // [[2, 1], [1, 2]]
 */
export const eigh = composite('linalg.eigh', (A: Tensor): EighResult => {
  const a = square('linalg.eigh', A);
  const [values, vectors] = eighParts(eighOf([a], { vectors: true }));
  return { values: reshapeNode(values, a.sizes.slice(0, -1)), vectors };
});

/** Options of `svd`. */
export interface SvdOptions {
  /** Whether U is `[m, m]` and Vh `[n, n]` rather than `[m, k]` and `[k, n]` with k = min(m, n). Default true. */
  readonly fullMatrices?: boolean;
}

const svdOptions = defineOptions<SvdOptions>({ fullMatrices: kinds.flag });

/** The result of `svd`: `A = U diag(S) Vh`. */
export interface SvdResult {
  /** The left singular vectors, in columns. */
  readonly U: Tensor;
  /** The singular values in descending order: `[…, k]`. */
  readonly S: Tensor;
  /** The right singular vectors, in rows. */
  readonly Vh: Tensor;
}

/**
 * The singular value decomposition `A = U diag(S) Vh`, with orthonormal columns of U and rows of Vh, whose signs are
 * arbitrary. The derivative of S is always correct; that of U and Vh is not finite for repeated singular values, or
 * for a singular value 0 of a matrix that is not square. What `fullMatrices` adds to U or Vh has no derivative.
 * PyTorch: `torch.linalg.svd`.
 * @example
 * const { U, S, Vh } = linalg.svd(tensor([[3, 0], [0, -4]])); // S [4, 3]
 * U.mul(S).matmul(Vh) // [[3, 0], [0, -4]]
 */
export const svd = composite('linalg.svd', (A: Tensor, options?: SvdOptions): SvdResult => {
  const { fullMatrices = true } = svdOptions('linalg.svd', options);
  const a = matrix('linalg.svd', A);
  const [m, n] = a.sizes.slice(-2) as [number, number];
  const k = Math.min(m, n);
  const [u, s, v] = svdParts(svdOf([a]), m);
  const S = reshapeNode(s, [...a.sizes.slice(0, -2), k]);
  if (!fullMatrices) return { U: u, S, Vh: transposed(v) };
  return { U: widen(u, m, k), S, Vh: transposed(widen(v, n, k)) };
});

/** Adds orthonormal columns until the matrix is square. */
function widen(q: Tensor, m: number, k: number): Tensor {
  if (m === k) return q;
  return concatNode([q, narrowNode(completeOf([detach(q)]), q.ndim - 1, k, m - k)], q.ndim - 1);
}

/**
 * `Aⁿ`: the identity for n = 0, powers of the inverse for negative n. PyTorch: `torch.linalg.matrix_power`.
 * @example linalg.matrixPower(tensor([[1, 1], [0, 1]]), 3) // [[1, 3], [0, 1]]
 */
export const matrixPower = composite('linalg.matrixPower', (A: Tensor, n: number): Tensor => {
  const a = square('linalg.matrixPower', A);
  checkInteger('linalg.matrixPower', 'n', n);
  // Stays connected to A, with a gradient of 0.
  if (n === 0) return add(identityLike(a), strongMul(0, a));
  let power =
    n < 0 ? solveOf([a, identityLike(a)], { transposed: false, op: 'linalg.matrixPower' }) : a;
  let result: Tensor | null = null;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? power : product(result, power);
    if (rest > 1) power = product(power, power);
  }
  return result as Tensor;
});
