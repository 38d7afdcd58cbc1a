/** @file Stacking and splitting along the first dimensions; missing dimensions are added. */
import { isArray } from '../../arguments/kinds.js';
import { checkArgument, copyList } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { promote } from '../../graph/dtype.js';
import { valueOf } from '../../graph/values/reading.js';
import { broadcastShapes, checkInteger, normalizeDim, show } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand, operandsOf } from '../build/define.js';
import { castNode } from '../build/element.js';
import { cat } from './joining.js';
import { concatNode, narrowNode, padNode } from './movement.js';
import { pieceNumbers } from './pieces.js';

/** Takes one tensor, or an array of which each is processed. */
interface AtLeast {
  (x: Operand): Tensor;
  (tensors: readonly Operand[]): Tensor[];
}

function atLeast(op: string, shape: (x: readonly number[]) => readonly number[]): AtLeast {
  const one = (x: Operand): Tensor => {
    const node = operand(op, x);
    return reshapeNode(node, shape(node.sizes));
  };
  return composite(op, (x: Operand | readonly Operand[]) =>
    isArray(x) ? operandsOf(op, x, 0).map(one) : one(x),
  ) as AtLeast;
}

const vector = (s: readonly number[]): readonly number[] => (s.length === 0 ? [1] : s);
const matrix = (s: readonly number[]): readonly number[] => (s.length < 2 ? [1, s[0] ?? 1] : s);
const cube = (s: readonly number[]): readonly number[] => (s.length < 3 ? [...matrix(s), 1] : s);

/**
 * `x` with at least one dimension: a number becomes `[1]`. PyTorch: `torch.atleast_1d`.
 * @example atleast1d(tensor(3)) // [3]
 */
export const atleast1d: AtLeast = atLeast('atleast1d', vector);

/**
 * `x` with at least two dimensions: a vector becomes one row. PyTorch: `torch.atleast_2d`.
 * @example atleast2d(tensor([1, 2])) // [[1, 2]]
 */
export const atleast2d: AtLeast = atLeast('atleast2d', matrix);

/**
 * `x` with at least three dimensions: `[m, n]` becomes `[m, n, 1]`, a vector `[1, n, 1]`. PyTorch:
 * `torch.atleast_3d`.
 * @example atleast3d(zeros([2, 3])).shape // [2, 3, 1]
 */
export const atleast3d: AtLeast = atLeast('atleast3d', cube);

/** The number of pieces, or where to split. */
const PARTS = kinds.either(kinds.either(kinds.whole, kinds.tensor), kinds.listOf(kinds.whole));

/** Tensors joined along `dim` after `shape` has added the dimensions they lack. */
function joined(
  op: string,
  tensors: readonly Operand[],
  dim: number | ((first: Tensor) => number),
  shape: (s: readonly number[]) => readonly number[],
): Tensor {
  const nodes = operandsOf(op, tensors).map((x) => reshapeNode(x, shape(x.sizes)));
  const first = nodes[0] as Tensor;
  const d = typeof dim === 'number' ? dim : dim(first);
  const other = nodes.find(
    (x) => x.ndim !== first.ndim || x.sizes.some((n, k) => k !== d && n !== first.sizes[k]),
  );
  // With one dimension, empty tensors are skipped, as by `cat`.
  if (other !== undefined && other.size > 0 && first.size > 0) {
    throw new ShapeError(
      `${op}: shapes ${show(first.sizes)} and ${show(other.sizes)} may differ only in dimension ${d}`,
    );
  }
  return cat(nodes, d);
}

/**
 * Joins tensors along the second dimension, vectors along their only one. PyTorch: `torch.hstack`.
 * @example hstack([tensor([1, 2]), tensor([3])]) // [1, 2, 3]
 */
export const hstack: (tensors: readonly Operand[]) => Tensor = composite('hstack', (tensors) =>
  joined('hstack', tensors, (first) => (first.ndim === 1 ? 0 : 1), vector),
);

/**
 * Joins tensors along the first dimension, vectors as rows. PyTorch: `torch.vstack`.
 * @example vstack([tensor([1, 2]), tensor([3, 4])]) // [[1, 2], [3, 4]]
 */
export const vstack: (tensors: readonly Operand[]) => Tensor = composite('vstack', (tensors) =>
  joined('vstack', tensors, 0, matrix),
);

/**
 * Joins tensors along the third dimension; see `atleast3d`. PyTorch: `torch.dstack`.
 * @example dstack([tensor([1, 2]), tensor([3, 4])]) // [[[1, 3], [2, 4]]]
 */
export const dstack: (tensors: readonly Operand[]) => Tensor = composite('dstack', (tensors) =>
  joined('dstack', tensors, 2, cube),
);

/**
 * Joins tensors along the second dimension, vectors as columns. PyTorch: `torch.column_stack`.
 * @example columnStack([tensor([1, 2]), tensor([3, 4])]) // [[1, 3], [2, 4]]
 */
export const columnStack: (tensors: readonly Operand[]) => Tensor = composite(
  'columnStack',
  (tensors) => joined('columnStack', tensors, 1, (s) => (s.length < 2 ? [s[0] ?? 1, 1] : s)),
);

/**
 * A matrix with the given matrices along its diagonal and 0 elsewhere; vectors count as rows. PyTorch:
 * `torch.block_diag`.
 * @example blockDiag([tensor([[1, 2]]), tensor([[3], [4]])]) // [[1, 2, 0], [0, 0, 3], [0, 0, 4]]
 */
export const blockDiag: (tensors: readonly Operand[]) => Tensor = composite(
  'blockDiag',
  (tensors) => {
    const nodes = operandsOf('blockDiag', tensors);
    const dtype = nodes.map((x) => x.dtype).reduce(promote);
    const wide = nodes.find((x) => x.ndim > 2);
    if (wide !== undefined)
      throw new ShapeError(`blockDiag: expected matrices, got shape ${show(wide.sizes)}`);
    const blocks = nodes.map((x) => castNode(reshapeNode(x, matrix(x.sizes)), dtype));
    const width = blocks.reduce((sum, x) => sum + (x.sizes[1] as number), 0);
    let start = 0;
    const rows = blocks.map((x) => {
      const [m, n] = x.sizes as readonly [number, number];
      start += n;
      return padNode(x, [m, width], { start: [0, start - n], step: [1, 1] });
    });
    return concatNode(rows, 0);
  },
);

/**
 * The tensors, each expanded to their common shape. PyTorch: `torch.broadcast_tensors`.
 * @example broadcastTensors([tensor([1, 2]), tensor([[3], [4]])]) // [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
 */
export const broadcastTensors: (tensors: readonly Operand[]) => Tensor[] = composite(
  'broadcastTensors',
  (tensors) => {
    const nodes = operandsOf('broadcastTensors', tensors);
    const shape = nodes
      .map((x) => x.sizes)
      .reduce((s, t) => broadcastShapes('broadcastTensors', s, t));
    return nodes.map((x) => expandNode(x, shape));
  },
);

/**
 * Pieces along `dim` (default 0): a number of pieces of nearly equal size, the larger ones first; or splits before
 * each of the given indices, which may be negative. PyTorch: `torch.tensor_split`.
 * @example tensorSplit(arange(5), [1, 3]) // [[0], [1, 2], [3, 4]]
 */
export const tensorSplit: (
  x: Operand,
  indicesOrSections: number | readonly number[] | Tensor,
  dim?: number,
) => Tensor[] = composite('tensorSplit', (x, indicesOrSections, dim) => {
  const node = operand('tensorSplit', x);
  if (node.ndim === 0)
    throw new ShapeError('tensorSplit: a tensor without dimensions cannot be split');
  return splitAlong(
    'tensorSplit',
    node,
    indicesOrSections,
    normalizeDim('tensorSplit', dim ?? 0, node.ndim),
    false,
  );
});

function splitAlong(
  op: string,
  x: Tensor,
  given: number | readonly number[] | Tensor,
  dim: number,
  even: boolean,
): Tensor[] {
  checkArgument(op, 'the parts', given, PARTS);
  const n = x.sizes[dim] as number;
  const parts: number | ArrayLike<number> =
    given instanceof Tensor
      ? given.ndim === 0
        ? (valueOf(given, op)[0] as number)
        : valueOf(given, op)
      : given;
  if (typeof parts !== 'number') {
    // Like the bounds of slices: negative ones count from the end, and all are clamped to the size.
    const list = Array.isArray(parts) ? copyList(op, 'the parts', parts) : parts;
    const at = Array.from(list as ArrayLike<number>, (i) => {
      checkInteger(op, 'each index', i);
      return Math.max(0, Math.min(n, i < 0 ? i + n : i));
    });
    return [0, ...at].map((from, i) => narrowNode(x, dim, from, Math.max(0, (at[i] ?? n) - from)));
  }
  checkInteger(op, 'the number of pieces', parts, 1);
  if (even && n % parts !== 0) {
    throw new ShapeError(
      `${op}: dimension ${dim} of shape ${show(x.sizes)} does not divide into ${parts} equal pieces`,
    );
  }
  const [size, rest] = [Math.floor(n / parts), n % parts];
  let start = 0;
  return pieceNumbers(op, parts).map((i) => {
    const length = size + (i < rest ? 1 : 0);
    start += length;
    return narrowNode(x, dim, start - length, length);
  });
}

type Cut = (x: Operand, indicesOrSections: number | readonly number[] | Tensor) => Tensor[];

function cutAlong(op: string, least: number, dim: number): Cut {
  return composite(op, (x: Operand, indicesOrSections: number | readonly number[] | Tensor) => {
    const node = operand(op, x);
    if (node.ndim < least)
      throw new ShapeError(
        `${op}: expected at least ${least} dimension${least > 1 ? 's' : ''}, got shape ${show(node.sizes)}`,
      );
    return splitAlong(op, node, indicesOrSections, Math.min(dim, node.ndim - 1), true);
  });
}

/**
 * Splits along the second dimension, a vector along its only one; see `tensorSplit`. PyTorch: `torch.hsplit`.
 * @example hsplit(tensor([[1, 2], [3, 4]]), 2) // [[[1], [3]], [[2], [4]]]
 */
export const hsplit: Cut = cutAlong('hsplit', 1, 1);

/**
 * Splits along the first dimension, of at least two; see `tensorSplit`. PyTorch: `torch.vsplit`.
 * @example vsplit(tensor([[1, 2], [3, 4]]), 2) // [[[1, 2]], [[3, 4]]]
 */
export const vsplit: Cut = cutAlong('vsplit', 2, 0);

/**
 * Splits along the third dimension; see `tensorSplit`. PyTorch: `torch.dsplit`.
 * @example dsplit(zeros([2, 3, 4]), 2).length // 2
 */
export const dsplit: Cut = cutAlong('dsplit', 3, 2);
