/** @file Writing at positions given by tensors. Each operation returns a new tensor. */
import { copyList, defineOptions, passes } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { broadcastShapes, normalizeDim, show, sizeOf, type Shape } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { mul } from '../elements/arithmetic.js';
import { checkExpand, expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand, type Along } from '../build/define.js';
import { castNode } from '../build/element.js';
import { checkIndexShape, scatterAddOf, scatterOf } from './gather.js';
import { indexAddOf } from './take.js';
import { indexTensor, type Indices } from './indices.js';
import { maskIndices } from './masks.js';
import { sliceNode } from '../shape/movement.js';
import { flatIndex } from './at.js';

/**
 * `x` with the elements of `src`, or a number, written where `gather` with the same index reads; of several at one
 * position the last wins, and only that one has a gradient. PyTorch: `torch.scatter`, which leaves both open.
 * @throws {IndexError} for an index out of range. @throws {ShapeError} if `src` or `x` is too small for the index.
 * @example scatter(zeros([3]), 0, [2, 0], tensor([7, 8])) // [8, 0, 7]
 */
export const scatter: Along<Tensor, [index: Indices, src: Operand]> = composite(
  'scatter',
  (x, dim, index, src) => scattered('scatter', scatterOf, x, dim, index, src),
);

/**
 * `x` with the elements of `src` added where `gather` with the same index reads; several at one position add up.
 * PyTorch: `torch.scatter_add`.
 * @throws {IndexError} for an index out of range. @throws {ShapeError} if `src` or `x` is too small for the index.
 * @example scatterAdd(zeros([3]), 0, [2, 2, 0], tensor([1, 2, 3])) // [3, 0, 3]
 */
export const scatterAdd: Along<Tensor, [index: Indices, src: Operand]> = composite(
  'scatterAdd',
  (x, dim, index, src) => scattered('scatterAdd', scatterAddOf, x, dim, index, src),
);

function scattered(
  op: string,
  write: typeof scatterOf,
  x: Operand,
  dim: number,
  index: Indices,
  src: Operand,
): Tensor {
  const node = operand(op, x);
  const d = normalizeDim(op, dim, node.ndim);
  const indices = atLeastVector(indexTensor(op, index, node.sizes[d] ?? 1, d));
  const target = atLeastVector(node);
  checkIndexShape(op, indices.sizes, target.sizes, d);
  const source = castNode(operand(op, src, node.dtype), node.dtype);
  if (!(src instanceof Tensor)) {
    return reshapeNode(
      write([target, indices, expandNode(source, indices.sizes)], { dim: d }),
      node.sizes,
    );
  }
  const given = atLeastVector(source);
  if (given.ndim !== indices.ndim || given.sizes.some((n, k) => n < indices.sizes[k]!)) {
    throw new ShapeError(
      `${op}: the source of shape ${show(given.sizes)} is smaller than the index of shape ${show(indices.sizes)}`,
    );
  }
  const used = sliceNode(
    given,
    indices.sizes.map(() => 0),
    indices.sizes,
  );
  return reshapeNode(write([target, indices, used], { dim: d }), node.sizes);
}

function atLeastVector(x: Tensor): Tensor {
  return x.ndim === 0 ? reshapeNode(x, [1]) : x;
}

const indexAddOptions = defineOptions<{ readonly alpha?: number | boolean }>({
  alpha: kinds.either(kinds.finite, kinds.flag),
});

/**
 * `x` with the slices of `source` along `dim`, times `alpha`, added at the positions given by a vector of indices.
 * PyTorch: `torch.index_add`. @throws {IndexError} for an index out of range.
 * @example indexAdd(zeros([3]), 0, [2, 2], tensor([1, 2]), { alpha: 10 }) // [0, 0, 30]
 */
export const indexAdd: Along<
  Tensor,
  [index: Indices, source: Tensor, options?: { readonly alpha?: number | boolean }]
> = composite('indexAdd', (x, dim, index, source, options) => {
  const { alpha = 1 } = indexAddOptions('indexAdd', options);
  const node = operand('indexAdd', x);
  const d = normalizeDim('indexAdd', dim, node.ndim);
  const indices = atLeastVector(indexTensor('indexAdd', index, node.sizes[d] ?? 1, d));
  if (indices.ndim > 1)
    throw new ShapeError(
      `indexAdd: expected a vector of indices, got shape ${show(indices.sizes)}`,
    );
  const given = castNode(operand('indexAdd', source), node.dtype);
  const scaled =
    Number(alpha) === 1
      ? given
      : mul(given, node.dtype === 'bool' ? Boolean(alpha) : Number(alpha));
  const added = indexAddOf(
    [atLeastVector(node), indices, atLeastVector(castNode(scaled, node.dtype))],
    { dim: d },
  );
  return reshapeNode(added, node.sizes);
});

const indexPutOptions = defineOptions<{ readonly accumulate?: boolean }>({
  accumulate: kinds.flag,
});

/**
 * `x` with `values` written at positions given by index tensors, one for each of the first dimensions, or by a mask;
 * with `accumulate` they are added. The values broadcast to what `at` with the same indices reads. PyTorch:
 * `torch.index_put`; here, of several values at one position the last wins.
 * @throws {IndexError} for an index out of range, or more indices than dimensions.
 * @example indexPut(zeros([2, 2]), [[0, 1], [1, 0]], tensor([7, 8])) // [[0, 7], [8, 0]]
 */
export const indexPut: (
  x: Operand,
  indices: readonly Indices[],
  values: Operand,
  options?: { readonly accumulate?: boolean },
) => Tensor = composite('indexPut', (x, indices, values, options) => {
  const { accumulate = false } = indexPutOptions('indexPut', options);
  const node = operand('indexPut', x);
  const list = passes(kinds.array, indices) ? copyList('indexPut', 'indices', indices) : [];
  if (list.length === 0) {
    throw new ChainruleError(
      'indexPut: expected an array of index tensors, one for each of the first dimensions',
    );
  }
  const indexList = maskIndices('indexPut', node.sizes, list as Indices[]);
  const k = indexList.length;
  const sizes = node.sizes.slice(0, k);
  const rest = node.sizes.slice(k);
  const chosen = indexList.map((p) => p.sizes).reduce((s, t) => broadcastShapes('indexPut', s, t));
  const index = flatIndex(indexList, sizes);
  const given = castNode(operand('indexPut', values, node.dtype), node.dtype);
  checkExpand('indexPut', given.sizes, [...chosen, ...rest]);
  const source = reshapeNode(expandNode(given, [...chosen, ...rest]), [sizeOf(chosen), ...rest]);
  const flat = reshapeNode(node, [sizeOf(sizes), ...rest]);
  const vector = reshapeNode(index, [sizeOf(chosen)]);
  if (accumulate) return reshapeNode(indexAddOf([flat, vector, source], { dim: 0 }), node.sizes);
  const each = expandNode(reshapeNode(vector, [vector.size, ...rest.map(() => 1)]), source.sizes);
  return reshapeNode(scatterOf([flat, each, source], { dim: 0 }), node.sizes);
});

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface ScatteringMethods<S extends Shape = Shape> {
  scatter(dim: number, index: Indices, src: Operand): Tensor;
  scatterAdd(dim: number, index: Indices, src: Operand): Tensor;
  indexAdd(
    dim: number,
    index: Indices,
    source: Tensor,
    options?: { readonly alpha?: number | boolean },
  ): Tensor;
  indexPut(
    indices: readonly Indices[],
    values: Operand,
    options?: { readonly accumulate?: boolean },
  ): Tensor;
}
