/** @file Shapes: reshaping, ordering and stretching dimensions. What moves elements otherwise is in rearranging.ts. */
import { ShapeError } from '../errors.js';
import {
  checkShape,
  normalizeDim,
  normalizeDims,
  range,
  sameShape,
  show,
  sizeOf,
  type Shape,
} from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { checkExpand, expandNode, reshapeNode } from './broadcast.js';
import { composite, operand, type Operand } from './define.js';
import { listOf, type Listed } from './lists.js';
import { permuteNode } from './movement.js';
import type { DiagonalMethods } from './diagonals.js';
import type { RearrangingMethods } from './rearranging.js';

export * from './diagonals.js';
export * from './rearranging.js';

/**
 * The same elements, in row-major order, in another shape of the same size. One size may be −1: it is what is left.
 * PyTorch: `torch.reshape`.
 *
 * @throws {ShapeError} if the sizes differ, or what is left is no whole number.
 * @example reshape(x, [2, -1]) // or reshape(x, 2, -1)
 */
export const reshape: (x: Operand, ...shape: Listed) => Tensor = composite(
  'reshape',
  (x, ...shape) => reshaped('reshape', operand('reshape', x), listOf('reshape', shape)),
);

/** As `reshape`: tensors are always contiguous. PyTorch: `Tensor.view`. */
export const view: (x: Operand, ...shape: Listed) => Tensor = composite('view', (x, ...shape) =>
  reshaped('view', operand('view', x), listOf('view', shape)),
);

function reshaped(op: string, x: Tensor, shape: readonly number[]): Tensor {
  return reshapeNode(x, inferSize(op, shape, x.size, x.shape));
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
        `${op}: ${show(from)} has ${size} elements, which do not divide into ${show(shape)}` +
          (rest === 0 ? ': with a dimension of 0, -1 could be anything' : ''),
      );
    }
    filled[open] = size / rest;
  } else if (sizeOf(filled) !== size) {
    throw new ShapeError(
      `${op}: ${show(from)} has ${size} elements, the new shape ${show(shape)} has ${sizeOf(filled)}; they must be equal`,
    );
  }
  return filled;
}

/**
 * Dimensions `startDim` to `endDim`, both included, made one. PyTorch: `torch.flatten`.
 * @example flatten(images, 1) // [batch, channels, height, width] → [batch, channels · height · width]
 */
export const flatten: (
  x: Operand,
  startDim?: number | { readonly startDim?: number; readonly endDim?: number },
  endDim?: number,
) => Tensor = composite('flatten', (x, startDim, endDim) => {
  const t = operand('flatten', x);
  const given = typeof startDim === 'object' ? startDim : { startDim, endDim };
  if (t.ndim === 0) return reshapeNode(t, [1]);
  const from = normalizeDim('flatten', given.startDim ?? 0, t.ndim);
  const to = normalizeDim('flatten', given.endDim ?? -1, t.ndim);
  if (from > to) throw new ShapeError(`flatten: startDim ${from} comes after endDim ${to}`);
  return reshapeNode(t, [
    ...t.shape.slice(0, from),
    sizeOf(t.shape.slice(from, to + 1)),
    ...t.shape.slice(to + 1),
  ]);
});

/** One dimension split into several; one of `sizes` may be −1. PyTorch: `torch.unflatten`. */
export const unflatten: (x: Operand, dim: number, sizes: readonly number[]) => Tensor = composite(
  'unflatten',
  (x, dim, sizes) => {
    const t = operand('unflatten', x);
    const d = normalizeDim('unflatten', dim, t.ndim);
    const n = t.shape[d] ?? 1;
    return reshapeNode(t, [
      ...t.shape.slice(0, d),
      ...inferSize('unflatten', sizes, n, [n]),
      ...t.shape.slice(d + 1),
    ]);
  },
);

/** Without the dimensions of size 1, or without those of `dim` that have size 1. PyTorch: `torch.squeeze`. */
export const squeeze: (x: Operand, dim?: number | readonly number[]) => Tensor = composite(
  'squeeze',
  (x, dim) => {
    const t = operand('squeeze', x);
    const dims = normalizeDims('squeeze', dim, t.ndim);
    return reshapeNode(
      t,
      t.shape.filter((n, d) => n !== 1 || !dims.includes(d)),
    );
  },
);

/** With a new dimension of size 1 at place `dim` of the result. PyTorch: `torch.unsqueeze`. */
export const unsqueeze: (x: Operand, dim: number) => Tensor = composite('unsqueeze', (x, dim) => {
  const t = operand('unsqueeze', x);
  const d = normalizeDim('unsqueeze', dim, t.ndim + 1);
  return reshapeNode(t, [...t.shape.slice(0, d), 1, ...t.shape.slice(d)]);
});

/**
 * The dimensions in another order: dimension `d` of the result is dimension `dims[d]` of `x`. PyTorch: `torch.permute`.
 * @example permute(images, [0, 2, 3, 1]) // channels last
 */
export const permute: (x: Operand, ...dims: Listed) => Tensor = composite(
  'permute',
  (x, ...dims) => {
    const t = operand('permute', x);
    const order = normalizeDims('permute', listOf('permute', dims), t.ndim);
    if (order.length !== t.ndim) {
      throw new ShapeError(
        `permute: ${show(listOf('permute', dims))} names ${order.length} dimensions, the tensor of shape ${show(t.shape)} ` +
          `has ${t.ndim}; each must be named once`,
      );
    }
    return permuteNode(t, order);
  },
);

/** With two dimensions exchanged. PyTorch: `torch.transpose`. */
export const transpose: (x: Operand, dim0: number, dim1: number) => Tensor = composite(
  'transpose',
  (x, dim0, dim1) => exchanged('transpose', x, dim0, dim1),
);

/** As `transpose`. PyTorch: `torch.swapaxes`. */
export const swapaxes: (x: Operand, dim0: number, dim1: number) => Tensor = composite(
  'swapaxes',
  (x, dim0, dim1) => exchanged('swapaxes', x, dim0, dim1),
);

function exchanged(op: string, x: Operand, dim0: number, dim1: number): Tensor {
  const node = operand(op, x);
  const a = normalizeDim(op, dim0, node.ndim);
  const b = normalizeDim(op, dim1, node.ndim);
  const dims = range(node.ndim);
  if (node.ndim > 0) [dims[a], dims[b]] = [b, a];
  return permuteNode(node, dims);
}

/** The transpose of a matrix; a vector as it is. PyTorch: `torch.t`. */
export const t: (x: Operand) => Tensor = composite('t', (x) => {
  const node = operand('t', x);
  if (node.ndim > 2) {
    throw new ShapeError(
      `t: expected at most 2 dimensions, got shape ${show(node.shape)}; use transpose(x, -2, -1) for batches of matrices`,
    );
  }
  return node.ndim === 2 ? permuteNode(node, [1, 0]) : node;
});

/** Dimensions `source` moved to places `destination`, the others in their order. PyTorch: `torch.movedim`. */
export const movedim: (
  x: Operand,
  source: number | readonly number[],
  destination: number | readonly number[],
) => Tensor = composite('movedim', (x, source, destination) => {
  const node = operand('movedim', x);
  const from = normalizeDims('movedim', source, node.ndim);
  const to = normalizeDims('movedim', destination, node.ndim);
  if (from.length !== to.length) {
    throw new ShapeError(
      `movedim: ${from.length} dimensions are moved to ${to.length} places; the numbers must be equal`,
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
 * `x` repeated along dimensions of size 1 and along new leading ones, without storage; −1 keeps a size.
 * PyTorch: `Tensor.expand`.
 */
export const expand: (x: Operand, ...size: Listed) => Tensor = composite('expand', (x, ...size) =>
  expanded('expand', x, listOf('expand', size)),
);

/** As `expand`. PyTorch: `torch.broadcast_to`. */
export const broadcastTo: (x: Operand, ...size: Listed) => Tensor = composite(
  'broadcastTo',
  (x, ...size) => expanded('broadcastTo', x, listOf('broadcastTo', size)),
);

function expanded(op: string, x: Operand, size: readonly number[]): Tensor {
  const node = operand(op, x);
  const lead = size.length - node.ndim;
  const shape = checkShape(
    op,
    size.map((n, d) => (n === -1 && d >= lead ? (node.shape[d - lead] ?? -1) : n)),
  );
  checkExpand(op, node.shape, shape);
  return expandNode(node, sameShape(shape, node.shape) ? node.shape : shape);
}

/** The tensor itself: every tensor is contiguous. PyTorch: `Tensor.contiguous`. */
export const contiguous: (x: Operand) => Tensor = composite('contiguous', (x) =>
  operand('contiguous', x),
);

/** The methods of this family. */
export interface ShapeMethods<S extends Shape = Shape>
  extends RearrangingMethods<S>, DiagonalMethods {
  reshape(...shape: Listed): Tensor;
  view(...shape: Listed): Tensor;
  flatten(
    startDim?: number | { readonly startDim?: number; readonly endDim?: number },
    endDim?: number,
  ): Tensor;
  unflatten(dim: number, sizes: readonly number[]): Tensor;
  squeeze(dim?: number | readonly number[]): Tensor;
  unsqueeze(dim: number): Tensor;
  permute(...dims: Listed): Tensor;
  transpose(dim0: number, dim1: number): Tensor;
  swapaxes(dim0: number, dim1: number): Tensor;
  t(): Tensor;
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor;
  expand(...size: Listed): Tensor;
  broadcastTo(...size: Listed): Tensor;
  contiguous(): Tensor<S>;
}
