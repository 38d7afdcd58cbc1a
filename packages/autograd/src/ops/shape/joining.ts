/** @file Joining tensors, and splitting them into pieces. */
import { isArray } from '../../arguments/kinds.js';
import {
  byPosition,
  checkArgument,
  defineOptions,
  passes,
  plural,
  copyList,
} from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { IndexError, ShapeError } from '../../errors.js';
import { promote } from '../../graph/dtype.js';
import { checkInteger, normalizeDim, range, sameShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import {
  composite,
  operand,
  type Along,
  type AlongMethod,
  type Having,
  type Operand,
  operandsOf,
} from '../build/define.js';
import { castNode } from '../build/element.js';
import { concatNode, narrowNode, permuteNode } from './movement.js';
import { pieceNumbers } from './pieces.js';
import type {
  CatResult,
  Concatenated,
  DimIn,
  Stacked,
  StackResult,
  Unless,
} from '../../types/index.js';

type DimOption = number | { readonly dim?: number };

type Cat = <const T extends readonly Operand[], const D extends DimOption = 0>(
  tensors: T & Unless<CatResult<T, D>>,
  dim?: D,
) => Tensor<Concatenated<T, D>>;

type Stack = <const T extends readonly Operand[], const D extends DimOption = 0>(
  tensors: T & Unless<StackResult<T, D>>,
  dim?: D,
) => Tensor<Stacked<T, D>>;

const dimOptions = byPosition(defineOptions<{ readonly dim?: number }>({ dim: kinds.dim }), 'dim');

function dimOf(op: string, dim: unknown, options: unknown): number {
  return dimOptions(op, dim, options).dim ?? 0;
}

const pieceSizes = kinds.either(kinds.count, kinds.listOf(kinds.size));

/** The operands of an operation in their common dtype. */
function promoteAll(op: string, tensors: readonly Operand[]): Tensor[] {
  const nodes = operandsOf(op, tensors);
  const dtype = nodes.map((x) => x.dtype).reduce(promote);
  return nodes.map((x) => castNode(x, dtype));
}

/**
 * Joins tensors along `dim` (default 0); their other dimensions must be equal. Dtypes are promoted.
 * PyTorch: `torch.cat`; as there, tensors of shape `[0]` are skipped.
 *
 * @throws {ShapeError} if they do not fit.
 * @example cat([tensor([1, 2]), tensor([3])]) // [1, 2, 3]
 */
export const cat = composite(
  'cat',
  (tensors: readonly Operand[], dim?: DimOption, options?: { readonly dim?: number }): Tensor => {
    const nodes = promoteAll('cat', tensors);
    const nonEmpty = nodes.filter((x) => x.ndim !== 1 || x.size > 0);
    const list = nonEmpty.length > 0 ? nonEmpty : nodes.slice(0, 1);
    const { sizes: shape } = list[0] as Tensor;
    if (list.some((x) => x.ndim === 0)) {
      throw new ShapeError(
        'cat: a tensor without dimensions cannot be joined along one; use stack',
      );
    }
    const d = normalizeDim('cat', dimOf('cat', dim, options), shape.length);
    return concatNode(list, d);
  },
) as Cat;

/**
 * Joins tensors of the same shape along a new dimension `dim` (default 0). PyTorch: `torch.stack`.
 * @throws {ShapeError} if the shapes differ.
 * @example stack([tensor([1, 2]), tensor([3, 4])], 1) // [[1, 3], [2, 4]]
 */
export const stack = composite(
  'stack',
  (tensors: readonly Operand[], dim?: DimOption, options?: { readonly dim?: number }): Tensor => {
    const nodes = promoteAll('stack', tensors);
    const { sizes: shape } = nodes[0] as Tensor;
    const other = nodes.find((x) => !sameShape(x.sizes, shape));
    if (other !== undefined) {
      throw new ShapeError(
        `stack: shapes ${show(shape)} and ${show(other.sizes)} differ; they must be equal`,
      );
    }
    const d = normalizeDim('stack', dimOf('stack', dim, options), shape.length + 1);
    const unsqueezedShape = [...shape.slice(0, d), 1, ...shape.slice(d)];
    return concatNode(
      nodes.map((x) => reshapeNode(x, unsqueezedShape)),
      d,
    );
  },
) as Stack;

/**
 * Splits along `dim` (default 0) into pieces of a given size, the last one perhaps smaller, or of the given sizes.
 * PyTorch: `torch.split`.
 * @throws {ShapeError} if the sizes do not add up.
 * @example split(arange(5), 2).map((piece) => piece.size) // [2, 2, 1]
 */
export const split: <X extends Operand, const D extends DimOption = 0>(
  x: Having<X, DimIn<D>>,
  size: number | readonly number[],
  dim?: D,
) => Tensor[] = composite('split', (x, size, dim, options?: { readonly dim?: number }) => {
  const node = operand('split', x);
  const d = normalizeDim('split', dimOf('split', dim, options), node.ndim);
  const n = dimensionOf('split', node, d);
  checkArgument('split', 'size', size, pieceSizes); // before it is copied: it may be endless
  const copy = isArray(size) ? copyList('split', 'size', size) : size;
  const sizes = checkArgument('split', 'size', copy, pieceSizes);
  if (typeof sizes !== 'number') {
    const total = sizes.reduce((a, b) => a + b, 0);
    if (total !== n) {
      throw new ShapeError(
        `split: sizes ${show(sizes)} add up to ${total}, dimension ${d} of ${show(node.sizes)} is ${n}`,
      );
    }
    return splitPieces(node, d, sizes);
  }
  return splitPieces(
    node,
    d,
    n === 0
      ? [0]
      : pieceNumbers('split', Math.ceil(n / sizes)).map((i) => Math.min(sizes, n - i * sizes)),
  );
});

function splitPieces(x: Tensor, dim: number, sizes: readonly number[]): Tensor[] {
  let start = 0;
  return sizes.map((size) => narrowNode(x, dim, (start += size) - size, size));
}

/**
 * Splits along `dim` (default 0) into at most `chunks` pieces of equal size; the last may be smaller. PyTorch:
 * `torch.chunk`.
 * @example chunk(arange(5), 2).map((piece) => piece.size) // [3, 2]
 */
export const chunk: <X extends Operand, const D extends DimOption = 0>(
  x: Having<X, DimIn<D>>,
  chunks: number,
  dim?: D,
) => Tensor[] = composite('chunk', (x, chunks, dim, options?: { readonly dim?: number }) => {
  const node = operand('chunk', x);
  const d = normalizeDim('chunk', dimOf('chunk', dim, options), node.ndim);
  const n = dimensionOf('chunk', node, d);
  checkInteger('chunk', 'chunks', chunks, 1);
  if (n === 0) return pieceNumbers('chunk', chunks).map(() => node);
  const size = Math.ceil(n / chunks);
  return splitPieces(
    node,
    d,
    pieceNumbers('chunk', Math.ceil(n / size)).map((i) => Math.min(size, n - i * size)),
  );
});

/**
 * All slices along `dim` (default 0), without that dimension. PyTorch: `torch.unbind`.
 * @example unbind(tensor([[1, 2], [3, 4]]), 1) // [[1, 3], [2, 4]]
 */
export const unbind: <X extends Operand, const D extends DimOption = 0>(
  x: Having<X, DimIn<D>>,
  dim?: D,
) => Tensor[] = composite('unbind', (x, dim, options?: { readonly dim?: number }) => {
  const node = operand('unbind', x);
  const d = normalizeDim('unbind', dimOf('unbind', dim, options), node.ndim);
  return pieceNumbers('unbind', dimensionOf('unbind', node, d)).map((i) => selected(node, d, i));
});

function dimensionOf(op: string, x: Tensor, dim: number): number {
  if (x.ndim === 0) throw new ShapeError(`${op}: a tensor without dimensions cannot be split`);
  return x.sizes[dim] as number;
}

function selected(x: Tensor, dim: number, index: number): Tensor {
  return reshapeNode(
    narrowNode(x, dim, index, 1),
    x.sizes.filter((_, d) => d !== dim),
  );
}

/**
 * `length` elements along `dim` from `start` on; a negative start counts from the end. PyTorch: `torch.narrow`.
 * @throws {IndexError} if there are fewer.
 * @example narrow(tensor([1, 2, 3, 4]), 0, 1, 2) // [2, 3]
 */
export const narrow: Along<Tensor, [start: number, length: number]> = composite(
  'narrow',
  (x, dim, start, length) => {
    const node = operand('narrow', x);
    const d = normalizeDim('narrow', dim, node.ndim);
    const n = dimensionOf('narrow', node, d);
    const from = checkInteger('narrow', 'start', start) < 0 ? start + n : start;
    checkInteger('narrow', 'length', length, 0);
    if (from < 0 || from + length > n) {
      throw new IndexError(
        `narrow: ${plural(length, 'element')} from ${start} on do not fit into dimension ${d} of size ${n}`,
      );
    }
    return narrowNode(node, d, from, length);
  },
);

/**
 * The slice at `index` along `dim`, without that dimension; negative indices count from the end. PyTorch:
 * `torch.select`.
 * @example select(tensor([[1, 2], [3, 4]]), 1, -1) // [2, 4]
 */
export const select: Along<Tensor, [index: number]> = composite('select', (x, dim, index) => {
  const node = operand('select', x);
  const d = normalizeDim('select', dim, node.ndim);
  const n = dimensionOf('select', node, d);
  if (checkInteger('select', 'index', index) < -n || index >= n) {
    throw new IndexError(`select: index ${index} is out of range for dimension ${d} of size ${n}`);
  }
  return selected(node, d, index < 0 ? index + n : index);
});

const meshgridOptions = defineOptions<{ readonly indexing?: 'ij' | 'xy' }>({
  indexing: kinds.oneOf('ij', 'xy'),
});

const MAX_DIMS = 64;

/**
 * A grid of points: from n vectors, at most 64, n tensors with n dimensions, each varying along its own. With
 * `indexing: 'xy'`
 * the first two dimensions are exchanged. PyTorch: `torch.meshgrid`, whose default is also `'ij'`.
 * @example meshgrid(tensor([1, 2]), tensor([3, 4])) // [[[1, 1], [2, 2]], [[3, 4], [3, 4]]]
 */
export const meshgrid: (
  ...args: readonly (Operand | readonly Operand[] | { readonly indexing?: 'ij' | 'xy' })[]
) => Tensor[] = composite('meshgrid', (...args) => {
  const last = args.at(-1);
  const options = passes(kinds.object, last) ? (last as { indexing?: 'ij' | 'xy' }) : undefined;
  const given = (options === undefined ? args : args.slice(0, -1)) as readonly (
    Operand | readonly Operand[]
  )[];
  const { indexing = 'ij' } = meshgridOptions('meshgrid', options);
  const nodes = given.flatMap((x) =>
    isArray(x) ? operandsOf('meshgrid', x, 0) : operand('meshgrid', x),
  );
  const wrong = nodes.find((x) => x.ndim > 1);
  if (wrong !== undefined)
    throw new ShapeError(`meshgrid: expected vectors, got shape ${show(wrong.sizes)}`);
  // Each of the n tensors has n dimensions, so the work grows with the square.
  if (nodes.length > MAX_DIMS)
    throw new ShapeError(`meshgrid: expected at most ${MAX_DIMS} vectors, got ${nodes.length}`);
  const grid = nodes.map((x) => x.size);
  const swapped = indexing === 'xy' && nodes.length > 1;
  const order = range(nodes.length);
  if (swapped) [order[0], order[1]] = [1, 0];
  return nodes.map((x, i) =>
    permuteNode(
      expandNode(
        reshapeNode(
          x,
          grid.map((n, d) => (d === i ? n : 1)),
        ),
        grid,
      ),
      order,
    ),
  );
});

/** The methods of this family. */
export interface JoiningMethods {
  split<T extends Tensor, const D extends DimOption = 0>(
    this: Having<T, DimIn<D>>,
    size: number | readonly number[],
    dim?: D,
  ): Tensor[];
  chunk<T extends Tensor, const D extends DimOption = 0>(
    this: Having<T, DimIn<D>>,
    chunks: number,
    dim?: D,
  ): Tensor[];
  unbind<T extends Tensor, const D extends DimOption = 0>(
    this: Having<T, DimIn<D>>,
    dim?: D,
  ): Tensor[];
  narrow: AlongMethod<Tensor, [start: number, length: number]>;
  select: AlongMethod<Tensor, [index: number]>;
  /** The slices along dimension 0. */
  [Symbol.iterator](): Iterator<Tensor>;
}
