/** @file The norms of vectors and matrices behind `linalg.norm`. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { normalizeDims, reducedShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { abs } from '../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand } from '../build/define.js';
import { nuclearNorm, singularValues } from './nuclearNorm.js';
import { maxOver, minOver } from '../reductions/fold.js';
import { vectorNorm as normOf } from './vectorNorm.js';

/** Options of `norm`. */
export interface LinalgNormOptions {
  /** For a vector any number; for a matrix `'fro'`, `'nuc'`, ±1, ±2 or ±Infinity. */
  readonly ord?: number | 'fro' | 'nuc' | null;
  /** One dimension for vectors, two for matrices. */
  readonly dim?: number | readonly number[] | null;
  /** Whether reduced dimensions are kept with size 1. Default false. */
  readonly keepdim?: boolean;
}

const ordOf = kinds.either(kinds.real, kinds.oneOf('fro', 'nuc'));
const dims = kinds.orNull(kinds.oneOrMore(kinds.dim));
const normOptions = byPosition(
  defineOptions<LinalgNormOptions>({ ord: kinds.orNull(ordOf), dim: dims, keepdim: kinds.flag }),
  'ord',
);

type Ord = number | 'fro' | 'nuc' | null;

/**
 * The norm of vectors or matrices. Without `ord`, the square root of the sum of squares over `dim`, or over everything;
 * with it, a vector norm over one dimension or a matrix norm over two: `'fro'` the same, `'nuc'` the sum of singular
 * values, 2 and −2 the largest and smallest of them, 1 and −1 the largest and smallest column sum of magnitudes,
 * ±Infinity the same for rows. Where a norm is 0, its gradient is 0. PyTorch: `torch.linalg.norm`.
 * @example linalg.norm(tensor([[3, 4], [0, 2]]), 1, { dim: 0 }) // [3, 6]
 */
export const norm = composite(
  'linalg.norm',
  (A: Tensor, order?: Ord | LinalgNormOptions, options?: LinalgNormOptions): Tensor => {
    const op = 'linalg.norm';
    const {
      ord = null,
      dim = null,
      keepdim = false,
    } = normOptions(op, order ?? undefined, options);
    const x = floatOperand(op, A);
    const over = normalizeDims(op, dim, x.ndim);
    if (ord === null) return normOf(x, 2, over, keepdim);
    if (dim === null && x.ndim > 2) {
      throw new ShapeError(
        `linalg.norm: with ord, A must have 1 or 2 dimensions or dim be given, got ${show(x.sizes)}`,
      );
    }
    if (over.length === 2) return ofMatrices(op, x, ord, over as [number, number], keepdim);
    if (over.length > 2)
      throw new ShapeError(`linalg.norm: dim must name 1 or 2 dimensions, got ${show(over)}`);
    if (typeof ord === 'string')
      throw new ChainruleError(`linalg.norm: ord '${ord}' is for matrices, not for vectors`);
    return normOf(x, ord, over, keepdim);
  },
);

/** Options of `vectorNorm`. */
export interface VectorNormOptions {
  /** Any number, ±Infinity, or 0 for the count of elements that are not 0. Default 2. */
  readonly ord?: number;
  /** The dimensions. Default: all. */
  readonly dim?: number | readonly number[] | null;
  /** Whether reduced dimensions are kept with size 1. Default false. */
  readonly keepdim?: boolean;
}

const vectorNormOptions = byPosition(
  defineOptions<VectorNormOptions>({ ord: kinds.real, dim: dims, keepdim: kinds.flag }),
  'ord',
);

/**
 * The vector norm `(Σ |x|^ord)^(1/ord)` over `dim`, or over everything as if it were one vector. Where it is 0 its
 * gradient is 0. PyTorch: `torch.linalg.vector_norm`.
 * @example linalg.vectorNorm(tensor([[3, 4], [0, 2]]), 2, { dim: 1 }) // [5, 2]
 */
export const vectorNorm = composite(
  'linalg.vectorNorm',
  (x: Tensor, order?: number | VectorNormOptions, options?: VectorNormOptions): Tensor => {
    const op = 'linalg.vectorNorm';
    const { ord = 2, dim = null, keepdim = false } = vectorNormOptions(op, order, options);
    const node = floatOperand(op, x);
    const over = Array.isArray(dim) && dim.length === 0 ? null : dim;
    return normOf(node, ord, normalizeDims(op, over, node.ndim), keepdim);
  },
);

/** Options of `matrixNorm`. */
export interface MatrixNormOptions {
  /** `'fro'`, `'nuc'`, ±1, ±2 or ±Infinity. Default `'fro'`. */
  readonly ord?: number | 'fro' | 'nuc';
  /** The dimensions of rows and columns. Default [−2, −1]. */
  readonly dim?: readonly number[];
  /** Whether reduced dimensions are kept with size 1. Default false. */
  readonly keepdim?: boolean;
}

const matrixNormOptions = byPosition(
  defineOptions<MatrixNormOptions>({
    ord: ordOf,
    dim: kinds.listOf(kinds.dim),
    keepdim: kinds.flag,
  }),
  'ord',
);

/**
 * The norm of matrices over two dimensions; see `norm`. PyTorch: `torch.linalg.matrix_norm`.
 * @example linalg.matrixNorm(tensor([[3, 0], [0, 4]])) // 5
 */
export const matrixNorm = composite(
  'linalg.matrixNorm',
  (
    A: Tensor,
    order?: number | 'fro' | 'nuc' | MatrixNormOptions,
    options?: MatrixNormOptions,
  ): Tensor => {
    const op = 'linalg.matrixNorm';
    const { ord = 'fro', dim = [-2, -1], keepdim = false } = matrixNormOptions(op, order, options);
    const x = floatOperand(op, A);
    if (x.ndim < 2)
      throw new ShapeError(`${op}: expected a matrix […, m, n], got ${show(x.sizes)}`);
    const over = normalizeDims(op, dim, x.ndim);
    if (over.length !== 2)
      throw new ShapeError(`${op}: dim must name 2 dimensions, got ${show(over)}`);
    return ofMatrices(op, x, ord, over as [number, number], keepdim);
  },
);

/** The norm of the matrices in two dimensions. */
export function ofMatrices(
  op: string,
  x: Tensor,
  ord: number | string,
  [row, column]: [number, number],
  keepdim: boolean,
): Tensor {
  if (ord === 'fro') return normOf(x, 2, [row, column], keepdim);
  const shape = reducedShape(x.sizes, [row, column], keepdim);
  if (ord === 'nuc') return nuclearNorm(op, x, [row, column], keepdim);
  if (ord === 2 || ord === -2) {
    const s = singularValues(x, row, column);
    const fold = ord === 2 ? largest(s) : minOver;
    return reshapeNode(fold([s], { dims: [s.ndim - 2, s.ndim - 1], keepdim: false }), shape);
  }
  if (ord !== 1 && ord !== -1 && ord !== Infinity && ord !== -Infinity) {
    throw new ChainruleError(
      `${op}: a matrix has no norm of ord ${ord}; use 'fro', 'nuc', ±1, ±2 or ±Infinity`,
    );
  }
  const [summed, kept] = ord === 1 || ord === -1 ? [row, column] : [column, row];
  const sums = sumOver([abs(x)], { dims: [summed], keepdim: true });
  return reshapeNode(
    (ord > 0 ? largest(sums) : minOver)([sums], { dims: [kept], keepdim: true }),
    shape,
  );
}

/** The reduction to the largest element of a tensor that is never negative: 0 if it is empty, for which a sum stands in. */
function largest(x: Tensor): typeof maxOver {
  return x.size === 0 ? sumOver : maxOver;
}
