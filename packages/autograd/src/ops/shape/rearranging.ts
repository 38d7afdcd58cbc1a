/** @file Repeating and moving elements: repeat, flip, roll. Part of the shape family. */
import {
  byPosition,
  checkArgument,
  defineOptions,
  display,
  plural,
} from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { checkShape, checkSize, normalizeDim, normalizeDims, show } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import { Tensor, makeLeaf } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, type DimOr, type Having, type Operand } from '../build/define.js';
import { takeOf } from '../indexing/take.js';
import { listOf, type Listed } from '../build/lists.js';
import type { PadOptions } from './padding.js';
import { concatNode, flipNode, narrowNode } from './movement.js';
import type { Given, ShapeIn } from '../../types/index.js';

/**
 * Copies of `x` side by side, `repeats[d]` along dimension `d`; more repeats than dimensions add leading dimensions.
 * PyTorch: `Tensor.repeat`.
 * @throws {ShapeError} if there are fewer repeats than dimensions.
 * @example repeat(tensor([1, 2]), 2, 2) // [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export const repeat: (x: Operand, ...repeats: Listed) => Tensor = composite(
  'repeat',
  (x, ...repeats) => {
    const node = operand('repeat', x);
    const list = listOf('repeat', repeats);
    if (list.length < node.ndim) {
      throw new ShapeError(
        `repeat: ${show(list)} has fewer entries than the shape ${show(node.sizes)}; use tile for that`,
      );
    }
    return repeated('repeat', node, list);
  },
);

/**
 * Like `repeat`, but fewer repeats than dimensions apply to the last dimensions. PyTorch: `torch.tile`.
 * @example tile(tensor([[1], [2]]), 2) // [[1, 1], [2, 2]]
 */
export const tile: (x: Operand, ...dims: Listed) => Tensor = composite('tile', (x, ...dims) => {
  const node = operand('tile', x);
  const list = listOf('tile', dims);
  return repeated('tile', node, [
    ...new Array<number>(Math.max(0, node.ndim - list.length)).fill(1),
    ...list,
  ]);
});

function repeated(op: string, x: Tensor, repeats: readonly number[]): Tensor {
  if (repeats.some((n) => n < 0))
    throw new ShapeError(`${op}: repeats must be ≥ 0, got ${show(repeats)}`);
  const shape = [...new Array<number>(repeats.length - x.ndim).fill(1), ...x.sizes];
  checkShape(
    op,
    shape.map((n, d) => n * repeats[d]!),
  );
  // Each dimension gets one of size 1 before it, which is expanded.
  const interleaved = shape.flatMap((n) => [1, n]);
  const stretched = shape.flatMap((n, d) => [repeats[d]!, n]);
  return reshapeNode(
    expandNode(reshapeNode(x, interleaved), stretched),
    shape.map((n, d) => n * repeats[d]!),
  );
}

/**
 * Repeats each element along `dim`: `repeats` times, or as often as its entry in a tensor or array says.
 * Without `dim`, `x` is flattened first. PyTorch: `torch.repeat_interleave`.
 * @example repeatInterleave(tensor([1, 2]), 2) // [1, 1, 2, 2]
 */
export const repeatInterleave: <X extends Operand, const D extends number>(
  x: Having<X, D>,
  repeats: number | readonly number[] | Tensor,
  dim?: DimOr<D> | null,
) => Tensor = composite('repeatInterleave', (x, repeats, dim, options?: AlongOptions) => {
  const op = 'repeatInterleave';
  const given = operand(op, x);
  const { dim: along = null } = alongOptions(op, dim, options);
  const node = along === null || given.ndim === 0 ? reshapeNode(given, [given.size]) : given;
  const d = along === null ? 0 : normalizeDim(op, along, given.ndim);
  const counts = countsOf(op, repeats);
  const n = node.sizes[d]!;
  if (counts.length === 1) return eachRepeated(op, node, d, counts[0]!);
  if (counts.length !== n) {
    throw new ShapeError(
      `${op}: ${plural(counts.length, 'repeat')} for dimension ${d} of size ${n}; give one for each element, or one for all`,
    );
  }
  let total = 0;
  for (let i = 0; i < n; i++) total += counts[i]!;
  checkSize(
    op,
    node.sizes.map((m, k) => (k === d ? total : m)),
  );
  const index = new Int32Array(total);
  for (let i = 0, at = 0; i < n; at += counts[i++]!) index.fill(i, at, at + counts[i]!);
  return takeOf([node, makeLeaf(index, [total], 'int32')], { dim: d });
});

interface AlongOptions {
  readonly dim?: number | null;
}

const alongOptions = byPosition(
  defineOptions<AlongOptions>({ dim: kinds.orNull(kinds.dim) }),
  'dim',
);

/** How often each element is repeated, or one number for all elements. */
function countsOf(op: string, repeats: number | readonly number[] | Tensor): ArrayLike<number> {
  const given =
    repeats instanceof Tensor
      ? valueOf(repeats, op)
      : typeof repeats === 'number'
        ? [repeats]
        : checkArgument(op, 'repeats', repeats, someNumbers);
  for (let i = 0; i < given.length; i++) {
    if (kinds.size.test(given[i])) continue;
    throw new ChainruleError(`${op}: repeats must be whole numbers ≥ 0, got ${display(given[i])}`);
  }
  return given;
}

const someNumbers = kinds.listOf(kinds.number);

/** All elements repeated equally often: by expanding one more dimension, without an index for each element. */
function eachRepeated(op: string, x: Tensor, dim: number, count: number): Tensor {
  const shape = x.sizes.map((n, d) => (d === dim ? n * count : n));
  checkSize(op, shape);
  const apart = [...x.sizes.slice(0, dim + 1), 1, ...x.sizes.slice(dim + 1)];
  const stretched = apart.map((n, d) => (d === dim + 1 ? count : n));
  return reshapeNode(expandNode(reshapeNode(x, apart), stretched), shape);
}

/**
 * Reverses the elements along each of `dims`. PyTorch: `torch.flip`.
 * @example flip(tensor([[1, 2], [3, 4]]), 1) // [[2, 1], [4, 3]]
 */
export const flip = composite('flip', (x: Operand, ...dims: Listed): Tensor => {
  const node = operand('flip', x);
  return flipNode(node, normalizeDims('flip', listOf('flip', dims), node.ndim));
}) as Flip;

/** Options of `roll`. */
export interface RollOptions {
  /** The dimensions to roll. Default: `x` is rolled as if it were flat. */
  readonly dims?: number | readonly number[];
}

const rollOptions = byPosition(
  defineOptions<RollOptions>({ dims: kinds.oneOrMore(kinds.dim) }),
  'dims',
);

/**
 * Moves elements by `shifts` places along `dims`; what leaves at one end enters at the other. Without `dims`, all
 * elements move in row-major order. PyTorch: `torch.roll`.
 * @example roll(tensor([1, 2, 3]), 1) // [3, 1, 2]
 */
export const roll = composite(
  'roll',
  (
    x: Operand,
    shifts: number | readonly number[],
    dims?: number | readonly number[] | RollOptions,
    options?: RollOptions,
  ): Tensor => {
    const node = operand('roll', x);
    const { dims: over } = rollOptions('roll', dims, options);
    const by = listOf('roll', [shifts] as Listed);
    const named = over === undefined ? [] : listOf('roll', [over] as Listed);
    if (named.length === 0) {
      if (by.length !== 1)
        throw new ShapeError(`roll: without dims there must be one shift, got ${show(by)}`);
      return reshapeNode(rolled(reshapeNode(node, [node.size]), by[0]!, 0), node.sizes);
    }
    const list = named.map((d) => normalizeDim('roll', d, node.ndim));
    if (list.length !== by.length) {
      throw new ShapeError(
        `roll: ${plural(by.length, 'shift')} for ${plural(list.length, 'dimension')}; the numbers must be equal`,
      );
    }
    return node.ndim === 0 ? node : list.reduce((y, d, i) => rolled(y, by[i]!, d), node);
  },
) as Roll;

/** Up to this many elements, writing all of them twice is quicker than compiling another program. */
const MAX_STATIC_ROLL = 2 ** 16;

function rolled(x: Tensor, shift: number, dim: number): Tensor {
  const n = x.sizes[dim]!;
  if (n === 0) return x;
  const by = ((shift % n) + n) % n;
  // The same two nodes for every shift, so that the shift is a value to the engine and not part of the structure.
  if (x.size <= MAX_STATIC_ROLL) return narrowNode(concatNode([x, x], dim), dim, n - by, n);
  if (by === 0) return x;
  return concatNode([narrowNode(x, dim, n - by, by), narrowNode(x, dim, 0, n - by)], dim);
}

type Flip = <X extends Operand, const R extends Listed>(
  x: Having<X, Given<R>>,
  ...dims: R
) => Tensor<ShapeIn<X>>;

type Roll = <X extends Operand, const D extends number | readonly number[]>(
  x: Having<X, D>,
  shifts: number | readonly number[],
  dims?: D | { readonly dims?: D },
) => Tensor<ShapeIn<X>>;

/** The methods of this family. */
export interface RearrangingMethods {
  repeat(...repeats: Listed): Tensor;
  tile(...dims: Listed): Tensor;
  repeatInterleave<T extends Tensor, const D extends number>(
    this: Having<T, D>,
    repeats: number | readonly number[] | Tensor,
    dim?: DimOr<D> | null,
  ): Tensor;
  flip<T extends Tensor, const R extends Listed>(
    this: Having<T, Given<R>>,
    ...dims: R
  ): Tensor<ShapeIn<T>>;
  roll<T extends Tensor, const D extends number | readonly number[]>(
    this: Having<T, D>,
    shifts: number | readonly number[],
    dims?: D | { readonly dims?: D },
  ): Tensor<ShapeIn<T>>;
  pad(padding: readonly number[], options?: PadOptions): Tensor;
}
