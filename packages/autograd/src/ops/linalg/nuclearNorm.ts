/** @file Norms of matrices that come from their singular values. */
import { ShapeError } from '../../errors.js';
import { range, reducedShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { permuteNode } from '../shape/movement.js';
import { svdOf, svdParts } from './factorizations.js';

/** The singular values of the matrices in two dimensions, `[…, k, 1]`. */
export function singularValues(x: Tensor, row: number, column: number): Tensor {
  const order = [...range(x.ndim).filter((d) => d !== row && d !== column), row, column];
  const matrix = permuteNode(x, order);
  return svdParts(svdOf([matrix]), matrix.sizes.at(-2) as number)[1];
}

/** The sum of the singular values of the matrices in two dimensions. */
export function nuclearNorm(
  op: string,
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
): Tensor {
  const [row, column] = dims;
  if (dims.length !== 2 || row === undefined || column === undefined) {
    throw new ShapeError(
      `${op}: the nuclear norm is over 2 dimensions, got ${show(dims)} of shape ${show(x.sizes)}`,
    );
  }
  const s = singularValues(x, row, column);
  const total = sumOver([s], { dims: [s.ndim - 2, s.ndim - 1], keepdim: false });
  return reshapeNode(total, reducedShape(x.sizes, dims, keepdim));
}
