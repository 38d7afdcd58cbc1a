/** @file Reading at positions given by tensors. */
import { byPosition, checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../errors.js';
import { broadcastShapes, normalizeDim, show, sizeOf, type Shape } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { where } from '../elements/comparison.js';
import {
  composite,
  operand,
  type AlongMethod,
  type Operand,
  type Along,
  type Having,
} from '../build/define.js';
import { castNode } from '../build/element.js';
import { checkIndexShape, gatherOf } from './gather.js';
import { takeOf } from './take.js';
import { indexTensor, type Indices } from './indices.js';
import { at, type AtMethods } from './at.js';

export { at };
export type { Index } from './at.js';

/**
 * One element along `dim` for each entry of `index`, which has as many dimensions as `x`:
 * `out[i][j] = x[index[i][j]][j]` for `dim` 0. PyTorch: `torch.gather`.
 * @param what the index in errors, for functions of your own: `myLoss: the class`. Default `gather: index`.
 * @throws {IndexError} for an index out of range; negative ones do not count from the end.
 * @example gather(tensor([[1, 2], [3, 4]]), 1, [[0, 0], [1, 0]]) // [[1, 1], [4, 3]]
 */
export const gather: Along<Tensor, [index: Indices, what?: string]> = composite(
  'gather',
  (x, dim, index, given?: string) => {
    const name = given === undefined ? 'gather: index' : given;
    const what = { what: checkArgument('gather', 'what', name, kinds.text) };
    const node = operand('gather', x);
    const d = normalizeDim('gather', dim, node.ndim);
    const i = indexTensor('gather', index, node.sizes[d] ?? 1, d, what);
    return gatherAlong(node, i, d, what);
  },
);

function gatherAlong(x: Tensor, index: Tensor, dim: number, what: { what: string }): Tensor {
  // A single number counts as a vector of one element.
  if (x.ndim === 0 || index.ndim === 0) {
    const [a, b] = [
      reshapeNode(x, x.ndim === 0 ? [1] : x.sizes),
      reshapeNode(index, index.ndim === 0 ? [1] : index.sizes),
    ];
    checkIndexShape('gather', b.sizes, a.sizes, 0);
    return reshapeNode(gatherOf([a, b], { dim: 0, ...what }), index.sizes);
  }
  return gatherOf([x, index], { dim, ...what });
}

/**
 * The slices of `x` along `dim` at a vector of indices. PyTorch: `torch.index_select`.
 * @throws {IndexError} for an index out of range.
 * @example indexSelect(tensor([[1, 2], [3, 4], [5, 6]]), 0, [2, 0]) // [[5, 6], [1, 2]]
 */
export const indexSelect: Along<Tensor, [index: Indices]> = composite(
  'indexSelect',
  (x, dim, index) => {
    const what = 'indexSelect: index';
    const node = operand('indexSelect', x);
    const d = normalizeDim('indexSelect', dim, node.ndim);
    const i = indexTensor('indexSelect', index, node.sizes[d] ?? 1, d);
    if (i.ndim > 1)
      throw new ShapeError(`indexSelect: expected a vector of indices, got shape ${show(i.sizes)}`);
    const vector = reshapeNode(i, [i.size]);
    if (node.ndim > 0) return takeOf([node, vector], { dim: d, what });
    return reshapeNode(
      takeOf([reshapeNode(node, [1]), vector], { dim: 0, what }),
      vector.size === 1 ? [] : vector.sizes,
    );
  },
);

/**
 * The elements of the flattened tensor at these indices, in the shape of the index; negative ones count from the end.
 * PyTorch: `torch.take`. @throws {IndexError} for an index out of range.
 * @example take(tensor([[1, 2], [3, 4]]), [0, -1]) // [1, 4]
 */
export const take: (x: Operand, index: Indices) => Tensor = composite('take', (x, index) => {
  const node = operand('take', x);
  const i = indexTensor('take', index, node.size, 0, { negative: true });
  return takeOf([reshapeNode(node, [node.size]), i], { dim: 0 });
});

interface DimOption {
  readonly dim?: number | null;
}

const dimOptions = byPosition(defineOptions<DimOption>({ dim: kinds.orNull(kinds.dim) }), 'dim');

/**
 * Like `gather`, but the other dimensions of `x` and `indices` broadcast: for the results of `argmax` with `keepdim`
 * and of `argsort`. Negative indices count from the end. Without `dim` both are flattened. PyTorch:
 * `torch.take_along_dim`.
 * @example takeAlongDim(tensor([[1, 5], [7, 3]]), [[1], [0]], 1) // [[5], [7]]
 */
export const takeAlongDim: <X extends Operand, const D extends number>(
  x: Having<X, D>,
  indices: Indices,
  dim?: D | null | { readonly dim?: D | null },
) => Tensor = composite('takeAlongDim', (x, indices, given, options?: DimOption) => {
  const { dim } = dimOptions('takeAlongDim', given, options);
  const node = operand('takeAlongDim', x);
  if (dim === undefined || dim === null) {
    const i = indexTensor('takeAlongDim', indices, node.size, 0, { negative: true });
    return gatherAlong(reshapeNode(node, [node.size]), reshapeNode(i, [i.size]), 0, {
      what: 'takeAlongDim: index',
    });
  }
  const d = normalizeDim('takeAlongDim', dim, node.ndim);
  const i = indexTensor('takeAlongDim', indices, node.sizes[d] ?? 1, d, { negative: true });
  if (i.ndim !== node.ndim) {
    throw new ShapeError(
      `takeAlongDim: the indices of shape ${show(i.sizes)} must have as many dimensions as the tensor of shape ${show(node.sizes)}`,
    );
  }
  const others = (shape: Shape): Shape => shape.map((n, k) => (k === d ? 1 : n));
  const common = broadcastShapes('takeAlongDim', others(node.sizes), others(i.sizes));
  const along = (t: Tensor): Tensor =>
    expandNode(
      t,
      common.map((n, k) => (k === d ? (t.sizes[d] as number) : n)),
    );
  return gatherAlong(along(node), along(i), d, { what: 'takeAlongDim: index' });
});

/**
 * `x` with `value` where `mask` is true; the mask broadcasts. The gradient of replaced elements is 0. PyTorch:
 * `torch.masked_fill`.
 * @throws {DTypeError} if the mask is not bool.
 * @example maskedFill(tensor([1, -2]), tensor([false, true]), 0) // [1, 0]
 */
export const maskedFill: (x: Operand, mask: Tensor, value: number | boolean | Tensor) => Tensor =
  composite('maskedFill', (x, mask, value) => {
    const node = operand('maskedFill', x);
    const covered = maskOf('maskedFill', mask);
    const filling = operand('maskedFill', value, node.dtype);
    if (filling.ndim > 0) {
      throw new ShapeError(
        `maskedFill: expected one value, got shape ${show(filling.sizes)}; use where for a tensor of values`,
      );
    }
    return where(covered, castNode(filling, node.dtype), node);
  });

function maskOf(op: string, mask: Tensor): Tensor {
  const node = operand(op, mask);
  if (node.dtype !== 'bool') {
    throw new DTypeError(
      `${op}: the mask must be bool, this one is ${node.dtype}; compare or cast it: mask.ne(0)`,
    );
  }
  return node;
}

/**
 * The elements where `mask` is true, as a vector in row-major order; the two broadcast. The shape depends on values,
 * so the mask is evaluated immediately. PyTorch: `torch.masked_select`.
 * @example maskedSelect(tensor([1, 2, 3]), tensor([true, false, true])) // [1, 3]
 */
export const maskedSelect: (x: Operand, mask: Tensor) => Tensor = composite(
  'maskedSelect',
  (x, mask) => {
    const node = operand('maskedSelect', x);
    const covered = maskOf('maskedSelect', mask);
    const shape = broadcastShapes('maskedSelect', node.sizes, covered.sizes);
    const flatIndices = positions(valueOf(expandNode(covered, shape), 'maskedSelect'));
    const flat = reshapeNode(expandNode(node, shape), [sizeOf(shape)]);
    return takeOf([flat, makeLeaf(flatIndices, [flatIndices.length], 'int32')], { dim: 0 });
  },
);

function positions(data: ArrayLike<number>): Int32Array {
  const n = data.length;
  const found = new Int32Array(n);
  let count = 0;
  // Every position is written, but kept only if the count moves on: no branch that could be mispredicted.
  for (let i = 0; i < n; i++) {
    found[count] = i;
    count += Number(data[i] !== 0);
  }
  return found.slice(0, count);
}

/**
 * The indices of all elements that are not 0, one in each row: int32 `[count, ndim]`, in row-major order. Evaluates
 * `x` immediately. PyTorch: `torch.nonzero`.
 * @example nonzero(tensor([[0, 5], [6, 0]])) // [[0, 1], [1, 0]]
 */
export const nonzero: (x: Operand) => Tensor = composite('nonzero', (x) => {
  const node = operand('nonzero', x);
  const flatIndices = positions(valueOf(node, 'nonzero'));
  const n = node.ndim;
  const rows = n === 1 ? flatIndices : coordinates(flatIndices, node.sizes);
  return makeLeaf(rows, [flatIndices.length, n], 'int32');
});

/** The indices in each dimension for flat indices, in rows. */
function coordinates(flatIndices: Int32Array, sizes: Shape): Int32Array {
  const n = sizes.length;
  const rows = new Int32Array(flatIndices.length * n);
  for (let r = 0; r < flatIndices.length; r++) {
    let rest = flatIndices[r]!;
    for (let d = n - 1; d >= 0; d--) {
      const size = sizes[d]!;
      const outer = Math.floor(rest / size);
      rows[r * n + d] = rest - outer * size;
      rest = outer;
    }
  }
  return rows;
}

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface IndexingMethods<S extends Shape = Shape> extends AtMethods {
  gather: AlongMethod<Tensor, [index: Indices]>;
  indexSelect: AlongMethod<Tensor, [index: Indices]>;
  take(index: Indices): Tensor;
  takeAlongDim<T extends Tensor, const D extends number>(
    this: Having<T, D>,
    indices: Indices,
    dim?: D | null | { readonly dim?: D | null },
  ): Tensor;
  maskedFill(mask: Tensor, value: number | boolean | Tensor): Tensor;
  maskedSelect(mask: Tensor): Tensor;
  nonzero(): Tensor;
}
