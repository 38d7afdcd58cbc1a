/** @file Norms of vectors and matrices, as `linalg.norm` has them. */
import { defineOptions, kinds } from '../../arguments/index.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { normalizeDims, range, reducedShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { abs } from '../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand } from '../build/define.js';
import { svdOf, svdParts } from './factorizations.js';
import { maxOver, minOver } from '../reductions/fold.js';
import { permuteNode } from '../shape/movement.js';
import { vectorNorm } from './vectorNorm.js';

export interface LinalgNormOptions {
  /** Of a vector any number; of a matrix `'fro'`, `'nuc'`, 1, −1, 2, −2, Infinity or −Infinity. */
  readonly ord?: number | 'fro' | 'nuc' | null;
  /** One dimension for vectors, two for matrices. */
  readonly dim?: number | readonly number[] | null;
  readonly keepdim?: boolean;
}

const normOptions = defineOptions<LinalgNormOptions>({
  ord: kinds.orNull(kinds.either(kinds.real, kinds.oneOf('fro', 'nuc'))),
  dim: kinds.orNull(kinds.oneOrMore(kinds.dim)),
  keepdim: kinds.flag,
});

/**
 * The norm of vectors or matrices. Without `ord` the square root of the sum of squares over `dim`, or over everything;
 * with it a vector norm over one dimension or a matrix norm over two: `'fro'` as without, `'nuc'` the sum of singular
 * values, 2 and −2 the largest and smallest of them, 1 and −1 the largest and smallest column sum of magnitudes,
 * ±Infinity the same of rows. Where a norm is 0 its gradient is 0. PyTorch: `torch.linalg.norm`.
 */
export const norm = composite('linalg.norm', (A: Tensor, options?: LinalgNormOptions): Tensor => {
  const { ord = null, dim = null, keepdim = false } = normOptions('linalg.norm', options);
  const x = floatOperand('linalg.norm', A);
  const dims = normalizeDims('linalg.norm', dim, x.ndim);
  if (ord === null) return vectorNorm(x, 2, dims, keepdim);
  if (dim === null && x.ndim > 2) {
    throw new ShapeError(
      `linalg.norm: with ord, A must have 1 or 2 dimensions or dim be given, got ${show(x.shape)}`,
    );
  }
  if (dims.length === 2) return matrixNorm(x, ord, dims as [number, number], keepdim);
  if (dims.length > 2)
    throw new ShapeError(`linalg.norm: dim must name 1 or 2 dimensions, got ${show(dims)}`);
  if (typeof ord === 'string')
    throw new ChainruleError(`linalg.norm: ord '${ord}' is for matrices, not for vectors`);
  return vectorNorm(x, ord, dims, keepdim);
});

function matrixNorm(
  x: Tensor,
  ord: number | string,
  [row, column]: [number, number],
  keepdim: boolean,
): Tensor {
  if (ord === 'fro') return vectorNorm(x, 2, [row, column], keepdim);
  const shape = reducedShape(x.shape, [row, column], keepdim);
  if (ord === 'nuc' || ord === 2 || ord === -2) {
    const order = [...range(x.ndim).filter((d) => d !== row && d !== column), row, column];
    const matrix = permuteNode(x, order);
    const s = svdParts(svdOf([matrix]), matrix.shape.at(-2) as number)[1];
    const fold = ord === 'nuc' ? sumOver : ord === 2 ? maxOver : minOver;
    return reshapeNode(fold([s], { dims: [s.ndim - 2, s.ndim - 1], keepdim: false }), shape);
  }
  if (ord !== 1 && ord !== -1 && ord !== Infinity && ord !== -Infinity) {
    throw new ChainruleError(
      `linalg.norm: a matrix has no norm of ord ${ord}; use 'fro', 'nuc', ±1, ±2 or ±Infinity`,
    );
  }
  const [summed, kept] = ord === 1 || ord === -1 ? [row, column] : [column, row];
  const sums = sumOver([abs(x)], { dims: [summed], keepdim: true });
  return reshapeNode((ord > 0 ? maxOver : minOver)([sums], { dims: [kept], keepdim: true }), shape);
}
