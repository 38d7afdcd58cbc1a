/** @file `t.at(…)`: indexing, as `t[…]` in NumPy and PyTorch. */
import { plural } from '../../arguments/plural.js';
import { isArray } from '../../arguments/kinds.js';
import { reading } from '../../arguments/reading.js';
import { IndexError } from '../../errors.js';
import {
  broadcastShapes,
  broadcastStrides,
  MAX_RANK,
  range,
  show,
  sizeOf,
  stridesOf,
  type Shape,
} from '../../graph/shape.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { valueOf, type NestedArray } from '../../graph/values/reading.js';
import { makeLeaf, Tensor } from '../../graph/tensor.js';
import { add, mul } from '../elements/arithmetic.js';
import { expandNode, reshapeNode, walk } from '../build/broadcast.js';
import { tensor } from '../creation/creation.js';
import { composite, operand, type Operand } from '../build/define.js';
import { takeOf } from './take.js';
import { indexTensor, indicesOf } from './indices.js';
import { maskPositions } from './masks.js';
import { permuteNode, sliceNode } from '../shape/movement.js';
import { sliceRange } from './sliceRange.js';

/**
 * One index: a position (negative ones count from the end), a slice `'start:stop:step'`, `'...'` for all dimensions
 * that are not named, `null` for a new dimension, int32 indices or a bool mask as a tensor or an array, or a
 * boolean.
 */
export type Index = number | string | null | boolean | Tensor | readonly NestedArray[];

/** An index tensor and the dimension of the sliced tensor that it indexes. */
interface Advanced {
  readonly dim: number;
  readonly index: Tensor;
}

/**
 * Part of a tensor: one index for each of the first dimensions; the others are taken completely.
 *
 * Slices, positions and `null` are NumPy's, negative steps included. Index tensors broadcast with each other; the
 * dimensions they choose from are replaced by the broadcast ones, at the position of the first if they are
 * neighbours, otherwise at the front; positions given as numbers are applied before (as in PyTorch). A mask of k
 * dimensions stands for k dimensions and keeps the elements where it is true; it is evaluated immediately. Gradients of
 * elements that are read several times add up. PyTorch: `Tensor.__getitem__`.
 *
 * @throws {IndexError} for positions out of range, too many indices, or a mask whose shape does not fit.
 * @example x.at(0), x.at('1:5:2', ':', null), x.at('...', -1), x.at(tensor([2, 0], { dtype: 'int32' })), x.at(x.gt(0))
 */
export const at: (x: Operand, ...index: readonly Index[]) => Tensor = composite(
  'at',
  (x, ...index) => {
    const node = operand('at', x);
    const { view, advanced } = applyBasic(node, expandEllipsis(node.sizes, index.map(readIndex)));
    return advanced.length === 0 ? view : applyAdvanced(view, advanced);
  },
  Infinity,
);

type ReadIndex = Exclude<Index, readonly NestedArray[]>;

/** Arrays become tensors. */
function readIndex(index: Index): ReadIndex {
  if (!isArray(index)) return index;
  const first = reading('at', 'an index', () => firstOf(index));
  return typeof first === 'boolean'
    ? tensor(index as NestedArray, { dtype: 'bool' })
    : indicesOf('at', index);
}

function firstOf(list: readonly unknown[]): unknown {
  let first: unknown = list;
  for (let depth = 0; isArray(first) && depth < MAX_RANK; depth++) first = first[0];
  return first;
}

function consumed(index: ReadIndex): number {
  if (index === null || typeof index === 'boolean') return 0;
  return index instanceof Tensor && index.dtype === 'bool' ? index.ndim : 1;
}

/** One index for each dimension: `'...'`, or the end, stands for all that are not named. */
function expandEllipsis(shape: Shape, indices: readonly ReadIndex[]): ReadIndex[] {
  const named = indices.reduce(
    (sum: number, index) => sum + (index === '...' ? 0 : consumed(index)),
    0,
  );
  if (named > shape.length) {
    throw new IndexError(
      `at: ${plural(named, 'index', 'indices')} for a tensor of shape ${show(shape)}, which has ${plural(shape.length, 'dimension')}`,
    );
  }
  const dots = indices.filter((index) => index === '...').length;
  if (dots > 1) throw new IndexError("at: only one '...' may be given");
  const rest = new Array<':'>(shape.length - named).fill(':');
  return dots === 0
    ? [...indices, ...rest]
    : indices.flatMap((index): readonly ReadIndex[] => (index === '...' ? rest : [index]));
}

/** Applies slices, positions and new dimensions; returns what remains for the index tensors. */
function applyBasic(
  x: Tensor,
  indices: readonly ReadIndex[],
): { view: Tensor; advanced: Advanced[] } {
  const start: number[] = [];
  const size: number[] = [];
  const step: number[] = [];
  const shape: number[] = [];
  const advanced: Advanced[] = [];
  const positions: Advanced[] = [];
  for (const index of indices) {
    const d = start.length;
    const n = x.sizes[d] ?? 1;
    if (index === null) shape.push(1);
    else if (typeof index === 'boolean') {
      advanced.push({
        dim: shape.length,
        index: makeLeaf(new Int32Array(index ? 1 : 0), [index ? 1 : 0], 'int32'),
      });
      shape.push(1);
    } else if (index instanceof Tensor && index.dtype === 'bool') {
      const indexed = maskPositions('at', index, x.sizes, d);
      if (indexed.length === 0) {
        const yes = valueOf(index, 'at')[0] !== 0 ? 1 : 0;
        advanced.push({ dim: shape.length, index: makeLeaf(new Int32Array(yes), [yes], 'int32') });
        shape.push(1);
      }
      for (const place of indexed) {
        const k = start.length;
        advanced.push({ dim: shape.length, index: place });
        shape.push(x.sizes[k]!);
        start.push(0);
        size.push(x.sizes[k]!);
        step.push(1);
      }
    } else if (index instanceof Tensor) {
      const indexed = indexTensor('at', index, n, d, { negative: true });
      (indexed.ndim === 0 ? positions : advanced).push({ dim: shape.length, index: indexed });
      shape.push(n);
      start.push(0);
      size.push(n);
      step.push(1);
    } else {
      const part = sliceRange(index, n, d);
      if (part.keep) shape.push(part.size);
      start.push(part.start);
      size.push(part.size);
      step.push(part.step);
    }
  }
  const sliced = reshapeNode(sliceNode(x, start, size, step), shape);
  return dropPositions(sliced, positions, advanced);
}

/** Index tensors without dimensions act as positions: their dimensions are removed before the others are applied. */
function dropPositions(
  x: Tensor,
  positions: readonly Advanced[],
  advanced: readonly Advanced[],
): { view: Tensor; advanced: Advanced[] } {
  const gone = positions.map(({ dim }) => dim);
  const view = [...positions]
    .reverse()
    .reduce((y, { dim, index }) => takeOf([y, index], { dim, what: 'at: index' }), x);
  return {
    view,
    advanced: advanced.map(({ dim, index }) => ({
      dim: dim - gone.filter((d) => d < dim).length,
      index,
    })),
  };
}

function applyAdvanced(x: Tensor, advanced: readonly Advanced[]): Tensor {
  const [only] = advanced as readonly [Advanced];
  if (advanced.length === 1) return takeOf([x, only.index], { dim: only.dim, what: 'at: index' });
  const dims = advanced.map(({ dim }) => dim);
  const rest = range(x.ndim).filter((d) => !dims.includes(d));
  const moved = permuteNode(x, [...dims, ...rest]);
  const sizes = dims.map((d) => x.sizes[d]!);
  const flat = reshapeNode(moved, [sizeOf(sizes), ...rest.map((d) => x.sizes[d]!)]);
  const index = flatIndex(
    advanced.map((a) => a.index),
    sizes,
  );
  const y = takeOf([flat, index], { dim: 0, what: 'at: index' });
  const neighbours = dims.every((d, i) => i === 0 || d === dims[i - 1]! + 1);
  if (!neighbours) return y;
  const place = rest.filter((d) => d < only.dim).length;
  const k = index.ndim;
  return permuteNode(y, [
    ...range(place).map((d) => d + k),
    ...range(k),
    ...range(rest.length - place).map((d) => d + k + place),
  ]);
}

/** Combines several indices into one into the flattened dimensions. */
export function flatIndex(indices: readonly Tensor[], sizes: readonly number[]): Tensor {
  const shape = indices.map((i) => i.sizes).reduce((s, t) => broadcastShapes('at', s, t));
  const strides = stridesOf(sizes);
  if (indices.every((i) => hostValue(i) !== null && i.cell === null)) {
    const flat = new Int32Array(sizeOf(shape));
    indices.forEach((index, k) => {
      const data = hostValue(index) as Int32Array;
      walk(shape, broadcastStrides(index.sizes, shape), (i, from) => {
        flat[i]! += data[from]! * strides[k]!;
      });
    });
    return makeLeaf(flat, shape, 'int32');
  }
  return expandNode(
    indices.map((index, k) => mul(index, strides[k]!)).reduce((x, y) => add(x, y)),
    shape,
  );
}

export interface AtMethods {
  at(...index: readonly Index[]): Tensor;
}
