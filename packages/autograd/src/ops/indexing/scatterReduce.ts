/** @file Reducing elements into positions given by tensors: sums, products, means and extremes. */
import { defineOptions, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import { normalizeDim, sameShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { div } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { floorDivide, maximum } from '../elements/arithmetic.js';
import { highest, lowest } from '../reductions/fold.js';
import { sliceNode } from '../shape/movement.js';
import { checkIndexShape, scatterAddOf, scatterOf } from './gather.js';
import { indexTensor, type Indices } from './indices.js';
import { scatterExtremeOf, scatterProdOf } from './reducing.js';

/** How several elements at one position are combined. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

/** Options of `indexReduce`. */
export interface ScatterReduceOptions {
  /** Whether the elements of `x` are included. Default true. */
  readonly includeSelf?: boolean;
}

const scatterReduceOptions = defineOptions<ScatterReduceOptions>({ includeSelf: kinds.flag });

type ScatterReduce = (
  x: Operand,
  dim: number,
  index: Indices,
  src: Operand,
  reduce: ScatterReduction,
  options?: ScatterReduceOptions,
) => Tensor;

/**
 * `x` with the elements of `src` reduced into the positions where `gather` with the same index reads: their sum,
 * product, mean, largest or smallest. Other elements stay. The gradient is split evenly among equal extremes; the
 * derivative of products is correct even where elements are 0. Means of integers are rounded down. PyTorch:
 * `torch.scatter_reduce`.
 *
 * @throws {IndexError} for an index out of range. @throws {ShapeError} if `src` or `x` is too small for the index.
 * @example scatterReduce(tensor([1, 1]), 0, [0, 0], tensor([3, 5]), 'amax') // [5, 1]
 */
export const scatterReduce: ScatterReduce = composite(
  'scatterReduce',
  (x, dim, index, src, reduce, options) => {
    const op = 'scatterReduce';
    const { includeSelf = true } = scatterReduceOptions(op, options);
    const node = operand(op, x);
    const d = normalizeDim(op, dim, node.ndim);
    const at = atLeastVector(indexTensor(op, index, node.sizes[d] ?? 1, d));
    const target = atLeastVector(node);
    checkIndexShape(op, at.sizes, target.sizes, d);
    const given = atLeastVector(castNode(operand(op, src, node.dtype), node.dtype));
    const source = typeof src === 'object' ? given : expandNode(given, at.sizes);
    if (source.ndim !== at.ndim || source.sizes.some((n, k) => n < at.sizes[k]!)) {
      throw new ShapeError(
        `${op}: the source of shape ${show(source.sizes)} is smaller than the index of shape ${show(at.sizes)}`,
      );
    }
    const used = sliceNode(
      source,
      at.sizes.map(() => 0),
      at.sizes,
    );
    checkReduction(op, reduce, ['sum', 'prod', 'mean', 'amax', 'amin']);
    return reshapeNode(folded(target, d, at, used, reduce, includeSelf), node.sizes);
  },
);

/**
 * `x` with the slices of `source` along `dim` reduced into the positions given by a vector of indices; see
 * `scatterReduce`. PyTorch: `torch.index_reduce`.
 * @throws {IndexError} for an index out of range. @throws {ShapeError} unless there is a slice for each index.
 * @example indexReduce(tensor([1, 2]), 0, [0, 0, 1], tensor([5, 3, 4]), 'amax') // [5, 4]
 */
export const indexReduce: (
  x: Operand,
  dim: number,
  index: Indices,
  source: Tensor,
  reduce: Exclude<ScatterReduction, 'sum'>,
  options?: ScatterReduceOptions,
) => Tensor = composite('indexReduce', (x, dim, index, source, reduce, options) => {
  const op = 'indexReduce';
  const { includeSelf = true } = scatterReduceOptions(op, options);
  const node = operand(op, x);
  const { target, at, slices, dim: d } = slicesAt(op, node, dim, index, source);
  checkReduction(op, reduce, ['prod', 'mean', 'amax', 'amin']);
  return reshapeNode(folded(target, d, at, slices, reduce, includeSelf), node.sizes);
});

/** Slices of a source along `dim` and, in the same shape, the positions that a vector of indices names. */
export function slicesAt(
  op: string,
  x: Tensor,
  dim: number,
  index: Indices,
  source: Tensor,
): { target: Tensor; at: Tensor; slices: Tensor; dim: number } {
  const d = normalizeDim(op, dim, x.ndim);
  const target = atLeastVector(x);
  const vector = atLeastVector(indexTensor(op, index, target.sizes[d]!, d));
  if (vector.ndim > 1)
    throw new ShapeError(`${op}: expected a vector of indices, got shape ${show(vector.sizes)}`);
  const slices = atLeastVector(castNode(operand(op, source), x.dtype));
  const expected = target.sizes.map((n, k) => (k === d ? vector.size : n));
  if (!sameShape(slices.sizes, expected)) {
    throw new ShapeError(
      `${op}: the source has shape ${show(slices.sizes)}, expected ${show(expected)}: that of the tensor, ` +
        `${show(target.sizes)}, with one slice for each index in dimension ${d}`,
    );
  }
  const along = reshapeNode(
    vector,
    expected.map((n, k) => (k === d ? n : 1)),
  );
  return { target, at: expandNode(along, expected), slices, dim: d };
}

function atLeastVector(x: Tensor): Tensor {
  return x.ndim === 0 ? reshapeNode(x, [1]) : x;
}

function checkReduction(op: string, reduce: string, known: readonly ScatterReduction[]): void {
  if ((known as readonly string[]).includes(reduce)) return;
  throw new ChainruleError(
    `${op}: reduce must be ${known.map((r) => `'${r}'`).join(', ')}; got ${display(reduce)}`,
  );
}

function folded(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  includeSelf: boolean,
): Tensor {
  /** The start of the fold: `x`, or where something is written the neutral element. */
  const base = (neutral: number): Tensor =>
    includeSelf ? x : scatterOf([x, index, filled(neutral, src.sizes, x.dtype)], { dim });
  switch (reduce) {
    case 'sum':
      return scatterAddOf([base(0), index, src], { dim });
    case 'amax':
    case 'amin': {
      const sign = reduce === 'amax' ? 1 : -1;
      const neutral = sign > 0 ? lowest(x.dtype) : highest(x.dtype);
      return scatterExtremeOf([base(neutral), index, src], { dim, sign });
    }
    case 'mean': {
      const sum = scatterAddOf([base(0), index, src], { dim });
      const ones = filled(1, src.sizes, x.dtype);
      const start = filled(includeSelf ? 1 : 0, x.sizes, x.dtype);
      const count = maximum(scatterAddOf([start, index, ones], { dim }), filled(1, [], x.dtype));
      return isFloat(x.dtype) ? div(sum, count) : castNode(floorDivide(sum, count), x.dtype);
    }
    case 'prod':
      return scatterProdOf([base(1), index, src], { dim });
  }
}
