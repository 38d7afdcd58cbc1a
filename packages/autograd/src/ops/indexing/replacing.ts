/** @file Replacing parts of a tensor. Each operation returns a new tensor. */
import { defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, IndexError, ShapeError } from '../../errors.js';
import {
  broadcastShapes,
  checkInteger,
  normalizeDim,
  range,
  sameShape,
  show,
  sizeOf,
  type Shape,
} from '../../graph/shape.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { valueOf } from '../../graph/values/reading.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand, type Along } from '../build/define.js';
import { castNode, choose } from '../build/element.js';
import { sub } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { maximum } from '../elements/arithmetic.js';
import { cumsumOf } from '../reductions/recurrence.js';
import { inverseOrder, padNode, permuteNode } from '../shape/movement.js';
import { scatterOf } from './gather.js';
import { takeOf } from './take.js';
import { indexTensor, type Indices } from './indices.js';
import { slicesAt } from './scatterReduce.js';

/**
 * `x` with a value, a number or a tensor without dimensions, in the slices along `dim` given by a vector of indices.
 * PyTorch: `torch.index_fill`. @throws {IndexError} for an index out of range.
 * @example indexFill(tensor([1, 2, 3]), 0, [0, 2], 9) // [9, 2, 9]
 */
export const indexFill: Along<Tensor, [index: Indices, value: Operand]> = composite(
  'indexFill',
  (x, dim, index, value) => {
    const node = operand('indexFill', x);
    const filling = castNode(operand('indexFill', value, node.dtype), node.dtype);
    if (filling.ndim > 0)
      throw new ShapeError(
        `indexFill: expected one value, got shape ${show(filling.sizes)}; use indexCopy for slices`,
      );
    const target = node.ndim === 0 ? reshapeNode(node, [1]) : node;
    const d = normalizeDim('indexFill', dim, node.ndim);
    const indices = indexTensor('indexFill', index, target.sizes[d]!, d);
    const source = expandNode(
      filling,
      target.sizes.map((n, k) => (k === d ? indices.size : n)),
    );
    return written('indexFill', node, dim, indices, source);
  },
);

/**
 * `x` with the slices of `source` along `dim` written at the positions given by a vector of indices; of several at
 * one position the last wins. PyTorch: `torch.index_copy`.
 * @throws {IndexError} for an index out of range. @throws {ShapeError} unless there is a slice for each index.
 * @example indexCopy(tensor([1, 2, 3]), 0, [2, 0], tensor([7, 8])) // [8, 2, 7]
 */
export const indexCopy: Along<Tensor, [index: Indices, source: Tensor]> = composite(
  'indexCopy',
  (x, dim, index, source) => written('indexCopy', operand('indexCopy', x), dim, index, source),
);

function written(op: string, x: Tensor, dim: number, index: Indices, source: Tensor): Tensor {
  const { target, at, slices, dim: d } = slicesAt(op, x, dim, index, source);
  return reshapeNode(scatterOf([target, at, slices], { dim: d }), x.sizes);
}

/**
 * `x` with elements of `source`, in order, where `mask` is true; `x` and the mask broadcast. PyTorch:
 * `torch.masked_scatter`. @throws {DTypeError} if the mask is not bool. @throws {IndexError} if the source is too
 * short.
 * @example maskedScatter(tensor([1, 2, 3]), tensor([true, false, true]), tensor([7, 8])) // [7, 2, 8]
 */
export const maskedScatter: (x: Operand, mask: Tensor, source: Tensor) => Tensor = composite(
  'maskedScatter',
  (x, mask, source) => {
    const op = 'maskedScatter';
    const [node, covered, given] = [operand(op, x), operand(op, mask), operand(op, source)];
    if (covered.dtype !== 'bool')
      throw new DTypeError(
        `${op}: the mask must be bool, this one is ${covered.dtype}; compare or cast it: mask.ne(0)`,
      );
    if (given.dtype !== node.dtype)
      throw new DTypeError(
        `${op}: the source is ${given.dtype}, x ${node.dtype}; they must be equal`,
      );
    const shape = broadcastShapes(op, node.sizes, covered.sizes);
    const flat = reshapeNode(expandNode(covered, shape), [sizeOf(shape)]);
    if (hostValue(flat) !== null || given.size === 0) checkCount(op, flat, given.size);
    if (given.size === 0) return expandNode(node, shape);
    const place = maximum(sub(cumsumOf([flat], { dim: 0, reverse: false }), 1), 0);
    const taken = takeOf([reshapeNode(given, [given.size]), place], { dim: 0 });
    return choose(expandNode(covered, shape), reshapeNode(taken, shape), expandNode(node, shape));
  },
);

function checkCount(op: string, mask: Tensor, size: number): void {
  const known: ArrayLike<number> = valueOf(mask, op);
  let count = 0;
  for (let i = 0; i < known.length; i++) count += known[i]!;
  if (count > size)
    throw new IndexError(
      `${op}: the mask takes ${plural(count, 'element')}, the source has ${size}`,
    );
}

/** The location of a part in a whole; see `padNode`. */
interface Window {
  readonly start: readonly number[];
  readonly step: readonly number[];
}

/** `x` with a window of it replaced by `src`, reshaped to `shape`. */
function replaceWindow(op: string, x: Tensor, src: Operand, shape: Shape, window: Window): Tensor {
  const part = reshapeNode(castNode(operand(op, src, x.dtype), x.dtype), shape);
  const inside = padNode(filled(1, shape, 'bool'), x.sizes, window);
  return choose(inside, padNode(part, x.sizes, window), x);
}

function checkSource(op: string, src: Operand, expected: Shape): void {
  const { sizes: shape } = operand(op, src);
  if (!sameShape(shape, expected))
    throw new ShapeError(
      `${op}: the source has shape ${show(shape)}, the part it replaces ${show(expected)}`,
    );
}

/**
 * `x` with slice `index` along `dim` replaced by `src`. PyTorch: `torch.select_scatter`.
 * @throws {ShapeError} unless the source has the shape of `x` without that dimension.
 * @example selectScatter(zeros([2, 2]), tensor([7, 8]), 0, 1) // [[0, 0], [7, 8]]
 */
export const selectScatter: (x: Operand, src: Operand, dim: number, index: number) => Tensor =
  composite('selectScatter', (x, src, dim, index) => {
    const op = 'selectScatter';
    const node = operand(op, x);
    if (node.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension`);
    const d = normalizeDim(op, dim, node.ndim);
    const n = node.sizes[d]!;
    checkInteger(op, 'index', index);
    if (index < -n || index >= n)
      throw new IndexError(
        `${op}: index ${index} is out of range for dimension ${d} of size ${n}; it must be from ${-n} to ${n - 1}`,
      );
    checkSource(
      op,
      src,
      node.sizes.filter((_, k) => k !== d),
    );
    return replaceWindow(
      op,
      node,
      src,
      node.sizes.map((s, k) => (k === d ? 1 : s)),
      {
        start: node.sizes.map((_, k) => (k === d ? (index < 0 ? index + n : index) : 0)),
        step: node.sizes.map(() => 1),
      },
    );
  });

/** Options of `sliceScatter`. */
export interface SliceScatterOptions {
  /** Default 0. */
  readonly dim?: number;
  /** The start; negative numbers count from the end. Default: the first element. */
  readonly start?: number | null;
  /** The end, which is excluded; negative numbers count from the end. Default: after the last element. */
  readonly end?: number | null;
  /** Default 1. */
  readonly step?: number;
}

const sliceScatterOptions = defineOptions<SliceScatterOptions>({
  dim: kinds.dim,
  start: kinds.orNull(kinds.whole),
  end: kinds.orNull(kinds.whole),
  step: kinds.count,
});

/**
 * `x` with every `step`-th slice along `dim` from `start` to `end` (excluded) replaced by `src`.
 * PyTorch: `torch.slice_scatter`. @throws {ShapeError} unless the source has the shape of that part.
 * @example sliceScatter(zeros([4]), tensor([7, 8]), { start: 0, step: 2 }) // [7, 0, 8, 0]
 */
export const sliceScatter: (x: Operand, src: Operand, options?: SliceScatterOptions) => Tensor =
  composite('sliceScatter', (x, src, options) => {
    const op = 'sliceScatter';
    const { dim = 0, start, end, step = 1 } = sliceScatterOptions(op, options);
    const node = operand(op, x);
    if (node.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension`);
    const d = normalizeDim(op, dim, node.ndim);
    const n = node.sizes[d]!;
    const within = (i: number): number => Math.max(0, Math.min(n, i < 0 ? i + n : i));
    const [from, to] = [within(start ?? 0), within(end ?? n)];
    const length = Math.max(0, Math.ceil((to - from) / step));
    const expected = node.sizes.map((s, k) => (k === d ? length : s));
    checkSource(op, src, expected);
    if (length === 0) return node;
    return replaceWindow(op, node, src, expected, {
      start: node.sizes.map((_, k) => (k === d ? from : 0)),
      step: node.sizes.map((_, k) => (k === d ? step : 1)),
    });
  });

/** Options of `diagonalScatter`. */
export interface DiagonalScatterOptions {
  /** Which diagonal: 0 is the main one, positive numbers lie above it. Default 0. */
  readonly offset?: number;
  /** Default 0. */
  readonly dim1?: number;
  /** Default 1. */
  readonly dim2?: number;
}

const diagonalScatterOptions = defineOptions<DiagonalScatterOptions>({
  offset: kinds.whole,
  dim1: kinds.dim,
  dim2: kinds.dim,
});

/**
 * `x` with the diagonal that `diagonal` with the same options reads replaced by `src`. PyTorch:
 * `torch.diagonal_scatter`.
 * @throws {ShapeError} unless the source has the shape of that diagonal.
 * @example diagonalScatter(zeros([2, 2]), tensor([7, 8])) // [[7, 0], [0, 8]]
 */
export const diagonalScatter: (
  x: Operand,
  src: Operand,
  options?: DiagonalScatterOptions,
) => Tensor = composite('diagonalScatter', (x, src, options) => {
  const op = 'diagonalScatter';
  const { offset = 0, dim1 = 0, dim2 = 1 } = diagonalScatterOptions(op, options);
  const node = operand(op, x);
  const [d1, d2] = [normalizeDim(op, dim1, node.ndim), normalizeDim(op, dim2, node.ndim)];
  if (d1 === d2 || node.ndim < 2)
    throw new ChainruleError(`${op}: dim1 and dim2 are both dimension ${d1}; they must differ`);
  const order = [...range(node.ndim).filter((d) => d !== d1 && d !== d2), d1, d2];
  const matrices = permuteNode(node, order);
  const lead = matrices.sizes.slice(0, -2);
  const [rows, columns] = matrices.sizes.slice(-2) as [number, number];
  const length = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)));
  checkSource(op, src, [...lead, length]);
  if (length === 0) return node;
  const flat = reshapeNode(matrices, [...lead, rows * columns]);
  const y = replaceWindow(op, flat, src, [...lead, length], {
    start: [...lead.map(() => 0), offset >= 0 ? offset : -offset * columns],
    step: [...lead.map(() => 1), columns + 1],
  });
  return permuteNode(reshapeNode(y, matrices.sizes), inverseOrder(order));
});
