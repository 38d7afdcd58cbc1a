/** @file Matrices that may be singular: pseudoinverse, least squares, rank, condition, singular values. */
import {
  checkArgument,
  defineOptions,
  display,
  type OptionsReader,
} from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite } from '../build/define.js';
import { castNode } from '../build/element.js';
import { div, mul } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { eq, gt, ne } from '../build/relations.js';
import { abs, maximum } from '../elements/arithmetic.js';
import { logicalAnd, where } from '../elements/comparison.js';
import { transpose } from '../shape/shape.js';
import { narrowNode } from '../shape/movement.js';
import { eighOf, eighParts, svdOf, svdParts } from './factorizations.js';
import { matmul } from './matrix.js';
import { ofMatrices } from './matrixNorm.js';
import { pinvOf } from './pseudoinverse.js';
import { identityLike, solveOf } from './solving.js';
import { matrix, square } from './systems.js';

/** Singular values count as 0 up to `max(atol, rtol · largest)`. */
interface Tolerances {
  /** Default 0. */
  readonly atol?: number | null;
  /**
   * The relative tolerance. Default: the larger size times the machine epsilon of the dtype, or 0 if `atol` is
   * given.
   */
  readonly rtol?: number | null;
  /** Whether A is symmetric. Has no effect; accepted for code from PyTorch. */
  readonly hermitian?: boolean;
}

const tolerances = {
  atol: kinds.orNull(kinds.nonNegative),
  rtol: kinds.orNull(kinds.nonNegative),
  hermitian: kinds.flag,
};

function tolerancesOf(a: Tensor, { atol, rtol }: Tolerances): { atol: number; rtol: number } {
  const own = atol ?? 0;
  const epsilon = a.dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const [m, n] = a.sizes.slice(-2) as [number, number];
  return { atol: own, rtol: rtol ?? (own > 0 ? 0 : Math.max(m, n) * epsilon) };
}

/** Options of `pinv`. */
export type PinvOptions = Tolerances;
const pinvOptions: OptionsReader<PinvOptions> = defineOptions<PinvOptions>(tolerances);

/**
 * The Moore–Penrose inverse `[…, n, m]` of `A […, m, n]`, of any rank. The derivative assumes a constant rank.
 * PyTorch: `torch.linalg.pinv`.
 * @example linalg.pinv(tensor([[2, 0], [0, 0]])) // [[0.5, 0], [0, 0]]
 */
export const pinv = composite('linalg.pinv', (A: Tensor, options?: PinvOptions): Tensor => {
  const a = matrix('linalg.pinv', A);
  return pinvOf([a], tolerancesOf(a, pinvOptions('linalg.pinv', options)));
});

/** The result of `lstsq`. */
export interface LstsqResult {
  /** X: `[…, n, k]`, or `[…, n]` for vectors. */
  readonly solution: Tensor;
}

/**
 * The X that minimizes `‖A X − B‖`, and the smallest of several: `A […, m, n]` of any rank, `B […, m, k]`, or vectors
 * `B […, m]`. PyTorch: `torch.linalg.lstsq`.
 * @throws {ShapeError} if the shapes do not fit.
 * @example linalg.lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([1, 3, 5])).solution // [1, 2]
 */
export const lstsq = composite('linalg.lstsq', (A: Tensor, B: Tensor): LstsqResult => {
  const a = matrix('linalg.lstsq', A);
  checkArgument('linalg.lstsq', 'B', B, kinds.tensor);
  const lead = show(a.sizes.slice(0, -1));
  const vector = B.ndim === 1 || (B.ndim === a.ndim - 1 && show(B.sizes) === lead);
  const b = matrix('linalg.lstsq', vector ? reshapeNode(B.current, [...B.sizes, 1]) : B);
  if (a.dtype !== b.dtype)
    throw new DTypeError(`linalg.lstsq: the dtypes differ: ${a.dtype} and ${b.dtype}`);
  if (a.sizes.at(-2) !== b.sizes.at(-2)) {
    throw new ShapeError(
      `linalg.lstsq: A ${show(a.sizes)} and B ${show(B.sizes)} do not fit (${a.sizes.at(-2)} ≠ ${b.sizes.at(-2) ?? 'none'})`,
    );
  }
  const x = matmul(pinvOf([a], tolerancesOf(a, {})), b);
  return { solution: vector ? reshapeNode(x, x.sizes.slice(0, -1)) : x };
});

/**
 * The singular values `[…, min(m, n)]`, in descending order. PyTorch: `torch.linalg.svdvals`.
 * @example linalg.svdvals(tensor([[3, 0], [0, -4]])) // [4, 3]
 */
export const svdvals = composite('linalg.svdvals', (A: Tensor): Tensor =>
  singular(matrix('linalg.svdvals', A)),
);

function singular(a: Tensor): Tensor {
  const [m, n] = a.sizes.slice(-2) as [number, number];
  const s = svdParts(svdOf([a]), m)[1];
  return reshapeNode(s, [...a.sizes.slice(0, -2), Math.min(m, n)]);
}

/**
 * The eigenvalues of symmetric matrices, in ascending order: `[…, n]`. Only the lower triangle is read.
 * PyTorch: `torch.linalg.eigvalsh`.
 * @example linalg.eigvalsh(tensor([[2, 1], [1, 2]])) // [1, 3]
 */
export const eigvalsh = composite(
  'linalg.eigvalsh',
  (A: Tensor, options?: { readonly UPLO?: 'L' | 'U' }): Tensor => {
    const { UPLO = 'L' } = eigvalshOptions('linalg.eigvalsh', options);
    const a = square('linalg.eigvalsh', A);
    const read = UPLO === 'U' ? transpose(a, -1, -2) : a;
    return reshapeNode(eighParts(eighOf([read], { vectors: false }))[0], a.sizes.slice(0, -1));
  },
);

const eigvalshOptions = defineOptions<{ readonly UPLO?: 'L' | 'U' }>({
  UPLO: kinds.oneOf('L', 'U'),
});

/** Options of `matrixRank`. */
export type MatrixRankOptions = Tolerances;
const rankOptions: OptionsReader<MatrixRankOptions> = defineOptions<MatrixRankOptions>(tolerances);

/**
 * The rank of each matrix, the number of singular values above the tolerances: int32 `[…]`. PyTorch:
 * `torch.linalg.matrix_rank`.
 * @example linalg.matrixRank(tensor([[1, 2], [2, 4]])) // 1
 */
export const matrixRank = composite(
  'linalg.matrixRank',
  (A: Tensor, options?: MatrixRankOptions): Tensor => {
    const a = matrix('linalg.matrixRank', A);
    const { atol, rtol } = tolerancesOf(a, rankOptions('linalg.matrixRank', options));
    const s = singular(a);
    const last = s.ndim - 1;
    if (s.sizes[last] === 0)
      return sumOver([castNode(s, 'int32')], { dims: [last], keepdim: false });
    const least = maximum(mul(narrowNode(s, last, 0, 1), rtol), constant(atol, a.dtype));
    return sumOver([castNode(gt(s, least), 'int32')], { dims: [last], keepdim: false });
  },
);

/**
 * The condition number of each matrix, `‖A‖ ‖A⁻¹‖` in the norm `p` of `linalg.norm`; for 2 (the default) and −2, the
 * quotient of the extreme singular values, for matrices of any shape. Infinite for singular matrices, 0 for those
 * without
 * elements. PyTorch: `torch.linalg.cond`.
 * @throws {ChainruleError} for an unknown p. @throws {ShapeError} if A must be square and is not.
 * @example linalg.cond(tensor([[2, 0], [0, 8]])) // 4
 */
export const cond = composite(
  'linalg.cond',
  (A: Tensor, p?: number | 'fro' | 'nuc' | null): Tensor => {
    const op = 'linalg.cond';
    const any = matrix(op, A);
    if (any.size === 0) return filled(0, any.sizes.slice(0, -2), any.dtype);
    if (p === undefined || p === null || p === 2 || p === -2) {
      const s = singular(any);
      const last = s.ndim - 1;
      const end = (i: number): Tensor =>
        reshapeNode(narrowNode(s, last, i, 1), s.sizes.slice(0, -1));
      const [largest, smallest] = [end(0), end(s.sizes[last]! - 1)];
      return p === -2 ? div(smallest, largest) : div(largest, smallest);
    }
    const a = square(op, A);
    if (typeof p !== 'number' && p !== 'fro' && p !== 'nuc')
      throw new ChainruleError(`${op}: p must be a number, 'fro' or 'nuc', got ${display(p)}`);
    const size = (t: Tensor): Tensor => ofMatrices(op, t, p, [a.ndim - 2, a.ndim - 1], false);
    const inverse = solveOf([a, identityLike(a)], { transposed: false, op: '' });
    const known = size(a);
    const product = abs(mul(known, size(inverse)));
    // A singular matrix leaves infinities and NaN, though maybe not in every row.
    const nothing = sumOver([mul(inverse, 0)], { dims: [a.ndim - 2, a.ndim - 1], keepdim: false });
    return where(logicalAnd(ne(nothing, 0), eq(known, known)), Infinity, product);
  },
);
