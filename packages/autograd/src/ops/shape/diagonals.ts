/** @file Diagonals and triangles of matrices. Part of the shape family. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { checkSize, normalizeDim, range, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { sub } from '../elements/arithmetic.js';
import { reshapeNode } from '../build/broadcast.js';
import { ge, le, where } from '../elements/comparison.js';
import { composite, operand, type Having, type Operand } from '../build/define.js';
import { iotaAlong, narrowNode, padNode, permuteNode } from './movement.js';
import { zerosOf } from '../build/primitive.js';

interface DiagonalOptions {
  readonly offset?: number;
  readonly dim1?: number;
  readonly dim2?: number;
}

interface DiagonalOf<A, B> {
  readonly offset?: number;
  readonly dim1?: A;
  readonly dim2?: B;
}

const diagonalOptions = byPosition(
  defineOptions<DiagonalOptions>({ offset: kinds.whole, dim1: kinds.dim, dim2: kinds.dim }),
  'offset',
  'dim1',
  'dim2',
);

interface TriangleOptions {
  readonly diagonal?: number;
}

const triangleOptions = byPosition(
  defineOptions<TriangleOptions>({ diagonal: kinds.whole }),
  'diagonal',
);

/**
 * A diagonal as a new last dimension: the elements whose index in `dim2` is `offset` more than that in `dim1`.
 * PyTorch: `torch.diagonal`.
 * @example diagonal(tensor([[1, 2], [3, 4]])) // [1, 4]
 */
export const diagonal: <X extends Operand, const A extends number = 0, const B extends number = 1>(
  x: Having<Having<X, A>, B>,
  offset?: number | DiagonalOf<A, B>,
  dim1?: A,
  dim2?: B,
) => Tensor = composite('diagonal', (x, offset, dim1, dim2, options?: DiagonalOptions) => {
  const given = diagonalOptions('diagonal', offset, dim1, dim2, options);
  const node = operand('diagonal', x);
  const d1 = normalizeDim('diagonal', given.dim1 ?? 0, node.ndim);
  const d2 = normalizeDim('diagonal', given.dim2 ?? 1, node.ndim);
  if (d1 === d2)
    throw new ShapeError(`diagonal: dim1 and dim2 are both dimension ${d1}; they must differ`);
  const order = [...range(node.ndim).filter((d) => d !== d1 && d !== d2), d1, d2];
  return lastDiagonal(permuteNode(node, order), given.offset ?? 0);
});

/** The diagonal of the last two dimensions: a slice of the flattened matrix with a step of one row and one column. */
function lastDiagonal(x: Tensor, offset: number): Tensor {
  const outer = x.sizes.slice(0, -2);
  const [rows = 0, columns = 0] = x.sizes.slice(-2);
  const length = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)));
  const flat = reshapeNode(x, [...outer, rows * columns]);
  const first = length === 0 ? 0 : offset >= 0 ? offset : -offset * columns;
  return narrowNode(flat, outer.length, first, length, columns + 1);
}

/**
 * For a vector, the matrix with it on a diagonal; for a matrix, its diagonal. PyTorch: `torch.diag`.
 * @param diagonal 0 is the main one, positive numbers lie above it. Default 0.
 * @example diag(tensor([1, 2])) // [[1, 0], [0, 2]]
 */
export const diag: (x: Operand, diagonal?: number | { readonly diagonal?: number }) => Tensor =
  composite('diag', (x, diagonal, options?: TriangleOptions) => {
    const node = operand('diag', x);
    const { diagonal: k = 0 } = triangleOptions('diag', diagonal, options);
    if (node.ndim === 2) return lastDiagonal(node, k);
    if (node.ndim !== 1)
      throw new ShapeError(`diag: expected a vector or a matrix, got shape ${show(node.sizes)}`);
    const n = node.size + Math.abs(k);
    checkSize('diag', [n, n]);
    const first = k >= 0 ? k : -k * n;
    return reshapeNode(padNode(node, [n * n], { start: [first], step: [n + 1] }), [n, n]);
  });

/**
 * The lower triangle of a matrix, or of each of a batch: zeros above the given diagonal, by default the main one.
 * PyTorch: `torch.tril`.
 * @example tril(tensor([[1, 2], [3, 4]])) // [[1, 0], [3, 4]]
 */
export const tril: (x: Operand, diagonal?: number | { readonly diagonal?: number }) => Tensor =
  composite('tril', (x, diagonal, options?: TriangleOptions) =>
    triangle('tril', x, diagonal, options, le),
  );

/**
 * The upper triangle of a matrix, or of each of a batch: zeros below the given diagonal, by default the main one.
 * PyTorch: `torch.triu`.
 * @example triu(tensor([[1, 2], [3, 4]])) // [[1, 2], [0, 4]]
 */
export const triu: (x: Operand, diagonal?: number | { readonly diagonal?: number }) => Tensor =
  composite('triu', (x, diagonal, options?: TriangleOptions) =>
    triangle('triu', x, diagonal, options, ge),
  );

function triangle(
  op: string,
  x: Operand,
  diagonal: number | TriangleOptions | undefined,
  options: TriangleOptions | undefined,
  inside: (x: Operand, y: Operand) => Tensor,
): Tensor {
  const node = operand(op, x);
  if (node.ndim < 2)
    throw new ShapeError(
      `${op}: expected a matrix or a batch of them, got shape ${show(node.sizes)}`,
    );
  const { diagonal: k = 0 } = triangleOptions(op, diagonal, options);
  const [rows = 0, columns = 0] = node.sizes.slice(-2);
  if (node.size === 0) return node; // the other dimension may be as long as it likes
  return where(
    inside(sub(iotaAlong(columns, 1, 2), iotaAlong(rows, 0, 2)), k),
    node,
    zerosOf(node),
  );
}

/** The methods of the family of diagonals. */
export interface DiagonalMethods {
  diagonal<T extends Tensor, const A extends number = 0, const B extends number = 1>(
    this: Having<Having<T, A>, B>,
    offset?: number | DiagonalOf<A, B>,
    dim1?: A,
    dim2?: B,
  ): Tensor;
  diag(diagonal?: number | { readonly diagonal?: number }): Tensor;
  tril(diagonal?: number | { readonly diagonal?: number }): Tensor;
  triu(diagonal?: number | { readonly diagonal?: number }): Tensor;
}
