/** @file Flips and rotations, and shapes taken from another tensor. */
import { ShapeError } from '../../errors.js';
import { checkInteger, normalizeDims, range, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { checkExpand, expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand, type SameShape } from '../build/define.js';
import { flipNode, permuteNode } from './movement.js';
import { movedim } from './shape.js';

function flipped(op: string, x: Operand, dim: number): Tensor {
  const node = operand(op, x);
  if (node.ndim <= dim)
    throw new ShapeError(
      `${op}: expected at least ${dim + 1} dimension${dim > 0 ? 's' : ''}, got shape ${show(node.sizes)}`,
    );
  return flipNode(node, [dim]);
}

/**
 * Reverses the columns: flips the second dimension. PyTorch: `torch.fliplr`.
 * @example fliplr(tensor([[1, 2], [3, 4]])) // [[2, 1], [4, 3]]
 */
export const fliplr = composite('fliplr', (x: Operand): Tensor =>
  flipped('fliplr', x, 1),
) as SameShape;

/**
 * Reverses the rows: flips the first dimension. PyTorch: `torch.flipud`.
 * @example flipud(tensor([[1, 2], [3, 4]])) // [[3, 4], [1, 2]]
 */
export const flipud = composite('flipud', (x: Operand): Tensor =>
  flipped('flipud', x, 0),
) as SameShape;

/**
 * Rotates by `k` right angles (default 1) in the plane of two dimensions (default [0, 1]), from the first towards
 * the second. PyTorch: `torch.rot90`.
 * @example rot90(tensor([[1, 2], [3, 4]])) // [[2, 4], [1, 3]]
 */
export const rot90: (x: Operand, k?: number, dims?: readonly number[]) => Tensor = composite(
  'rot90',
  (x, times, dims) => {
    const k = times ?? 1;
    const node = operand('rot90', x);
    checkInteger('rot90', 'k', k);
    const plane = normalizeDims('rot90', dims ?? [0, 1], node.ndim);
    if (plane.length !== 2 || node.ndim < 2)
      throw new ShapeError(
        `rot90: dims must name two dimensions of the tensor of shape ${show(node.sizes)}, got ${show(plane)}`,
      );
    const [a, b] = plane as [number, number];
    const order = range(node.ndim);
    [order[a], order[b]] = [b, a];
    switch (((k % 4) + 4) % 4) {
      case 1:
        return permuteNode(flipNode(node, [b]), order);
      case 2:
        return flipNode(node, [a, b]);
      case 3:
        return permuteNode(flipNode(node, [a]), order);
      default:
        return node;
    }
  },
);

/**
 * All elements as a vector, in row-major order. PyTorch: `torch.ravel`.
 * @example ravel(tensor([[1, 2], [3, 4]])) // [1, 2, 3, 4]
 */
export const ravel = composite('ravel', (x: Operand): Tensor<[number]> => {
  const node = operand('ravel', x);
  return reshapeNode(node, [node.size]) as Tensor<[number]>;
});

/**
 * The same as `movedim`. PyTorch: `torch.moveaxis`.
 * @example moveaxis(zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export const moveaxis: typeof movedim = composite('moveaxis', (x, source, destination) =>
  movedim(x, source, destination),
);

/**
 * `x` expanded to the shape of `other`. PyTorch: `Tensor.expand_as`.
 * @example expandAs(tensor([1, 2]), zeros([2, 2])) // [[1, 2], [1, 2]]
 */
export const expandAs: <T extends Tensor>(x: Operand, other: T) => Tensor<T['shape']> = composite(
  'expandAs',
  (x: Operand, other: Tensor) => {
    const node = operand('expandAs', x);
    const { sizes: shape } = operand('expandAs', other);
    checkExpand('expandAs', node.sizes, shape);
    return expandNode(node, shape);
  },
);

/**
 * `x` reshaped to the shape of `other`. PyTorch: `Tensor.view_as`.
 * @example viewAs(tensor([1, 2, 3, 4]), zeros([2, 2])) // [[1, 2], [3, 4]]
 */
export const viewAs: <T extends Tensor>(x: Operand, other: T) => Tensor<T['shape']> = composite(
  'viewAs',
  (x: Operand, other: Tensor) => {
    const node = operand('viewAs', x);
    const { sizes: shape, size } = operand('viewAs', other);
    if (node.size !== size)
      throw new ShapeError(
        `viewAs: ${show(node.sizes)} has size ${node.size}, ${show(shape)} has size ${size}; they must be equal`,
      );
    return reshapeNode(node, shape);
  },
);

/** Exchanges the last two dimensions; also the property `mT`. */
export function matrixTransposed(x: Tensor): Tensor {
  if (x.ndim < 2)
    throw new ShapeError(`mT: expected a matrix […, m, n], got shape ${show(x.sizes)}`);
  const n = x.ndim;
  return permuteNode(x.current, [...range(n - 2), n - 1, n - 2]);
}

/** The methods of this family. */
export interface TurningMethods<S extends Shape = Shape> {
  fliplr(): Tensor<S>;
  flipud(): Tensor<S>;
  ravel(): Tensor<[number]>;
  moveaxis(source: number | readonly number[], destination: number | readonly number[]): Tensor;
  expandAs<T extends Tensor>(other: T): Tensor<T['shape']>;
  viewAs<T extends Tensor>(other: T): Tensor<T['shape']>;
  /**
   * The tensor with its last two dimensions exchanged. PyTorch: `Tensor.mT`. @throws {ShapeError} for fewer than two
   * dimensions.
   */
  readonly mT: Tensor;
}
