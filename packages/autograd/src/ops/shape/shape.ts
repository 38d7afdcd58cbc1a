/**
 * @file Shapes: reshaping, reordering and expanding dimensions. See rearranging.ts for other ways of moving
 * elements.
 */
import { byPosition, defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import {
  checkShape,
  normalizeDim,
  normalizeDims,
  range,
  sameShape,
  show,
  sizeOf,
  type Shape,
} from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { checkExpand, expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand, type SameShape } from '../build/define.js';
import { listOf, type Listed } from '../build/lists.js';
import { permuteNode } from './movement.js';
import type {
  FlattenOptions,
  Reshape,
  ReshapeMethod,
  Permute,
  PermuteMethod,
  Expand,
  ExpandMethod,
  Flatten,
  FlattenMethod,
  Squeeze,
  Unsqueeze,
  Transpose,
  TransposeMethod,
  TransposeMatrix,
  Unflatten,
  UnflattenMethod,
  Movedim,
  MovedimMethod,
} from './shapeSignatures.js';
import type { DiagonalMethods } from './diagonals.js';
import type { RearrangingMethods } from './rearranging.js';
import type {
  DimResult,
  NewDimResult,
  ShapeIn,
  ShapeOf,
  Squeezed,
  TransposeResult,
  Unless,
  Unsqueezed,
} from '../../types/index.js';

export * from './diagonals.js';
export * from './padding.js';
export * from './rearranging.js';
export type { FlattenOptions } from './shapeSignatures.js';

/**
 * The same elements, in row-major order, in another shape of the same size. One size may be −1: it is inferred.
 * PyTorch: `torch.reshape`.
 *
 * @throws {ShapeError} if the sizes differ, or the inferred size is not a whole number.
 * @example reshape(x, [2, -1]) // or reshape(x, 2, -1)
 */
export const reshape = composite('reshape', (x: Operand, ...shape: Listed): Tensor =>
  reshaped('reshape', operand('reshape', x), listOf('reshape', shape)),
) as Reshape;

/**
 * As `reshape`: tensors are always contiguous. PyTorch: `Tensor.view`.
 * @example view(tensor([1, 2, 3, 4]), [2, 2]) // [[1, 2], [3, 4]]
 */
export const view = composite('view', (x: Operand, ...shape: Listed): Tensor =>
  reshaped('view', operand('view', x), listOf('view', shape)),
) as Reshape;

function reshaped(op: string, x: Tensor, shape: readonly number[]): Tensor {
  return reshapeNode(x, inferSize(op, shape, x.size, x.sizes));
}

/** A shape of `size` elements with its −1 filled in. */
function inferSize(op: string, shape: readonly number[], size: number, from: Shape): Shape {
  const open = shape.indexOf(-1);
  const filled = checkShape(
    op,
    open < 0 ? shape : shape.map((n, d) => (d === open ? 1 : n)),
  ).slice();
  if (open >= 0) {
    const rest = sizeOf(filled);
    if (rest === 0 || size % rest !== 0) {
      throw new ShapeError(
        `${op}: ${show(from)} has size ${size}, which does not divide into ${show(shape)}` +
          (rest === 0 ? ': with a dimension of 0, -1 could be anything' : ''),
      );
    }
    filled[open] = size / rest;
  } else if (sizeOf(filled) !== size) {
    throw new ShapeError(
      `${op}: ${show(from)} has size ${size}, the new shape ${show(shape)} has size ${sizeOf(filled)}; they must be equal`,
    );
  }
  return filled;
}

const flattenOptions = byPosition(
  defineOptions<FlattenOptions>({ startDim: kinds.dim, endDim: kinds.dim }),
  'startDim',
  'endDim',
);

/**
 * Merges the dimensions from `startDim` (default 0) to `endDim` (default −1), both included. PyTorch: `torch.flatten`.
 * @example flatten(images, 1) // [batch, channels, height, width] → [batch, channels · height · width]
 */
export const flatten = composite(
  'flatten',
  (
    x: Operand,
    startDim?: number | FlattenOptions,
    endDim?: number | FlattenOptions,
    options?: FlattenOptions,
  ): Tensor => {
    const t = operand('flatten', x);
    const given = flattenOptions('flatten', startDim, endDim, options);
    if (t.ndim === 0) return reshapeNode(t, [1]);
    const from = normalizeDim('flatten', given.startDim ?? 0, t.ndim);
    const to = normalizeDim('flatten', given.endDim ?? -1, t.ndim);
    if (from > to) throw new ShapeError(`flatten: startDim ${from} comes after endDim ${to}`);
    return reshapeNode(t, [
      ...t.sizes.slice(0, from),
      sizeOf(t.sizes.slice(from, to + 1)),
      ...t.sizes.slice(to + 1),
    ]);
  },
) as Flatten;

/**
 * Splits a dimension into several; one of `sizes` may be −1: it is inferred. PyTorch: `torch.unflatten`.
 * @example unflatten(zeros([6, 5]), 0, [2, -1]).shape // [2, 3, 5]
 */
export const unflatten: Unflatten = composite('unflatten', (x, dim, sizes) => {
  const t = operand('unflatten', x);
  const d = normalizeDim('unflatten', dim, t.ndim);
  const n = t.sizes[d] ?? 1;
  return reshapeNode(t, [
    ...t.sizes.slice(0, d),
    ...inferSize('unflatten', listOf('unflatten', [sizes]), n, [n]),
    ...t.sizes.slice(d + 1),
  ]);
});

/**
 * Removes all dimensions of size 1, or those of `dim` that have size 1. PyTorch: `torch.squeeze`.
 * @example squeeze(zeros([1, 3, 1])).shape // [3]
 */
export const squeeze = composite(
  'squeeze',
  (x: Operand, dim?: number | readonly number[]): Tensor => {
    const t = operand('squeeze', x);
    const dims = normalizeDims('squeeze', dim, t.ndim);
    return reshapeNode(
      t,
      t.sizes.filter((n, d) => n !== 1 || !dims.includes(d)),
    );
  },
) as Squeeze;

/**
 * Adds a dimension of size 1 at position `dim` of the result. PyTorch: `torch.unsqueeze`.
 * @example unsqueeze(zeros([3]), 0).shape // [1, 3]
 */
export const unsqueeze = composite('unsqueeze', (x: Operand, dim: number): Tensor => {
  const t = operand('unsqueeze', x);
  const d = normalizeDim('unsqueeze', dim, t.ndim + 1);
  return reshapeNode(t, [...t.sizes.slice(0, d), 1, ...t.sizes.slice(d)]);
}) as Unsqueeze;

/**
 * Reorders the dimensions: dimension `d` of the result is dimension `dims[d]` of `x`. PyTorch: `torch.permute`.
 * @example permute(images, [0, 2, 3, 1]) // channels last
 */
export const permute = composite('permute', (x: Operand, ...dims: Listed): Tensor => {
  const t = operand('permute', x);
  const order = normalizeDims('permute', listOf('permute', dims), t.ndim);
  if (order.length !== t.ndim) {
    throw new ShapeError(
      `permute: ${show(listOf('permute', dims))} names ${plural(order.length, 'dimension')}, the tensor of shape ${show(t.sizes)} ` +
        `has ${t.ndim}; each must be named once`,
    );
  }
  return permuteNode(t, order);
}) as Permute;

/**
 * Exchanges two dimensions. PyTorch: `torch.transpose`.
 * @example transpose(zeros([2, 3, 4]), 0, 2).shape // [4, 3, 2]
 */
export const transpose = composite('transpose', (x: Operand, dim0: number, dim1: number): Tensor =>
  exchanged('transpose', x, dim0, dim1),
) as Transpose;

/**
 * The same as `transpose`. PyTorch: `torch.swapaxes`.
 * @example swapaxes(zeros([2, 3, 4]), 0, 2).shape // [4, 3, 2]
 */
export const swapaxes = composite('swapaxes', (x: Operand, dim0: number, dim1: number): Tensor =>
  exchanged('swapaxes', x, dim0, dim1),
) as Transpose;

function exchanged(op: string, x: Operand, dim0: number, dim1: number): Tensor {
  const node = operand(op, x);
  const a = normalizeDim(op, dim0, node.ndim);
  const b = normalizeDim(op, dim1, node.ndim);
  const dims = range(node.ndim);
  if (node.ndim > 0) [dims[a], dims[b]] = [b, a];
  return permuteNode(node, dims);
}

/**
 * The transpose of a matrix; a vector is returned as it is. PyTorch: `torch.t`.
 * @example t(tensor([[1, 2], [3, 4]])) // [[1, 3], [2, 4]]
 */
export const t = composite('t', (x: Operand): Tensor => {
  const node = operand('t', x);
  if (node.ndim > 2) {
    throw new ShapeError(
      `t: expected at most 2 dimensions, got shape ${show(node.sizes)}; use transpose(x, -2, -1) for batches of matrices`,
    );
  }
  return node.ndim === 2 ? permuteNode(node, [1, 0]) : node;
}) as TransposeMatrix;

/**
 * Moves the dimensions `source` to the positions `destination`; the others keep their order. PyTorch:
 * `torch.movedim`.
 * @example movedim(zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export const movedim: Movedim = composite('movedim', (x, source, destination) => {
  const node = operand('movedim', x);
  const from = normalizeDims('movedim', source, node.ndim);
  const to = normalizeDims('movedim', destination, node.ndim);
  if (from.length !== to.length) {
    throw new ShapeError(
      `movedim: ${plural(from.length, 'source')} for ${plural(to.length, 'destination')}; the numbers must be equal`,
    );
  }
  const order = new Array<number>(node.ndim).fill(-1);
  from.forEach((d, i) => (order[to[i] as number] = d));
  const rest = range(node.ndim).filter((d) => !from.includes(d));
  return permuteNode(
    node,
    order.map((d) => (d >= 0 ? d : (rest.shift() as number))),
  );
});

/**
 * Repeats `x` along dimensions of size 1 and new leading dimensions, without using memory; −1 keeps a size.
 * PyTorch: `Tensor.expand`.
 * @example expand(tensor([[1], [2]]), [2, 3]) // [[1, 1, 1], [2, 2, 2]]
 */
export const expand = composite('expand', (x: Operand, ...size: Listed): Tensor =>
  expanded('expand', x, listOf('expand', size)),
) as Expand;

/**
 * The same as `expand`. PyTorch: `torch.broadcast_to`.
 * @example broadcastTo(tensor([1, 2]), [2, 2]) // [[1, 2], [1, 2]]
 */
export const broadcastTo = composite('broadcastTo', (x: Operand, ...size: Listed): Tensor =>
  expanded('broadcastTo', x, listOf('broadcastTo', size)),
) as Expand;

function expanded(op: string, x: Operand, size: readonly number[]): Tensor {
  const node = operand(op, x);
  const lead = size.length - node.ndim;
  const shape = checkShape(
    op,
    size.map((n, d) => (n === -1 && d >= lead ? (node.sizes[d - lead] ?? -1) : n)),
  );
  checkExpand(op, node.sizes, shape);
  return expandNode(node, sameShape(shape, node.sizes) ? node.sizes : shape);
}

/**
 * The tensor itself: every tensor is contiguous. PyTorch: `Tensor.contiguous`.
 * @example contiguous(tensor([1, 2])) // [1, 2]
 */
export const contiguous = composite('contiguous', (x: Operand): Tensor =>
  operand('contiguous', x),
) as SameShape;

/** The methods of this family. */
export interface ShapeMethods<S extends Shape = Shape> extends RearrangingMethods, DiagonalMethods {
  reshape: ReshapeMethod;
  view: ReshapeMethod;
  flatten: FlattenMethod;
  unflatten: UnflattenMethod;
  squeeze<T extends Tensor, const D extends number | readonly number[] | undefined = undefined>(
    this: T & Unless<DimResult<ShapeIn<T>, D>>,
    dim?: D,
  ): Tensor<Squeezed<ShapeIn<T>, D>>;
  unsqueeze<T extends Tensor, D extends number>(
    this: T & Unless<NewDimResult<ShapeIn<T>, D>>,
    dim: D,
  ): Tensor<Unsqueezed<ShapeIn<T>, D>>;
  permute: PermuteMethod;
  transpose: TransposeMethod;
  swapaxes: TransposeMethod;
  t<T extends Tensor>(
    this: T & Unless<TransposeResult<ShapeIn<T>>>,
  ): Tensor<ShapeOf<TransposeResult<ShapeIn<T>>>>;
  movedim: MovedimMethod;
  expand: ExpandMethod;
  broadcastTo: ExpandMethod;
  contiguous(): Tensor<S>;
}
