/** @file Adding elements around a tensor: pad. Part of the shape family. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { range, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { listOf } from '../build/lists.js';
import { concatNode, flipNode, narrowNode, padNode, sliceNode } from './movement.js';

/** What `pad` adds: a number, mirrored elements, the element at the edge, or elements from the opposite side. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** Options of `pad`. */
export interface PadOptions {
  /** What is added. Default `'constant'`. */
  readonly mode?: PadMode;
  /** The number that mode `'constant'` adds. Default 0. */
  readonly value?: number;
}

const padOptions = defineOptions<PadOptions>({
  mode: kinds.oneOf('constant', 'reflect', 'replicate', 'circular'),
  value: kinds.number,
});

/**
 * Adds elements before and after, as many as `padding` says, from the last dimension on: `[left, right, top, bottom,
 * …]`. Negative numbers remove elements.
 *
 * `constant` adds `value`; `reflect` mirrors without repeating the edge; `replicate` repeats the edge; `circular`
 * continues at the other end of what is left. PyTorch: `torch.nn.functional.pad`; here the last three also pad leading
 * dimensions, and may leave nothing.
 * @throws {ShapeError} for more padding than the tensor (reflect: its size − 1) has elements.
 * @example pad(tensor([1, 2, 3]), [1, 2], { mode: 'reflect' }) // [2, 1, 2, 3, 2, 1]
 */
export const pad: (x: Operand, padding: readonly number[], options?: PadOptions) => Tensor =
  composite('pad', (x, padding, options) => {
    const { mode = 'constant', value = 0 } = padOptions('pad', options);
    const node = operand('pad', x);
    const list = listOf('pad', [padding]);
    if (list.length % 2 !== 0 || list.length > 2 * node.ndim) {
      throw new ShapeError(
        `pad: ${show(list)} must hold two numbers for each padded dimension, the last first; the tensor has shape ${show(node.sizes)}`,
      );
    }
    const sides = range(node.ndim).map((d): [number, number] => {
      const k = 2 * (node.ndim - 1 - d);
      return [list[k] ?? 0, list[k + 1] ?? 0];
    });
    if (mode === 'constant') {
      const cut = cropped(node, sides, node.sizes);
      const start = sides.map(([before]) => Math.max(0, before));
      const shape = cut.sizes.map((n, d) => n + start[d]! + Math.max(0, sides[d]![1]));
      return padNode(cut, shape, { start, step: shape.map(() => 1) }, value);
    }
    const around = (inner: Tensor): Tensor =>
      sides.reduce(
        (y, [before, after], d) => borrowed(y, d, Math.max(0, before), Math.max(0, after), mode),
        inner,
      );
    // Mirrors and edges are those of the whole tensor; only `circular` wraps around what remains after cropping. Both as in
    // PyTorch.
    return mode === 'circular'
      ? around(cropped(node, sides, node.sizes))
      : cropped(around(node), sides, node.sizes);
  });

/** Removes what negative numbers take away; `of` is the shape before, for the error. */
function cropped(x: Tensor, sides: readonly (readonly [number, number])[], of: Shape): Tensor {
  const start = sides.map(([before]) => Math.max(0, -before));
  const size = x.sizes.map((n, d) => n - start[d]! - Math.max(0, -sides[d]![1]));
  if (size.some((n) => n < 0)) {
    throw new ShapeError(
      `pad: shape ${show(of)} has too few elements to take away ${show(sides.flat())}`,
    );
  }
  return sliceNode(x, start, size);
}

/** One dimension padded with elements of the tensor itself. */
function borrowed(x: Tensor, d: number, before: number, after: number, mode: PadMode): Tensor {
  if (before === 0 && after === 0) return x;
  const n = x.sizes[d]!;
  const limit = mode === 'reflect' ? n - 1 : mode === 'circular' ? n : n === 0 ? 0 : Infinity;
  if (before > limit || after > limit) {
    throw new ShapeError(
      `pad: ${mode} padding of ${before} and ${after} is too much for dimension ${d} of size ${n}; at most ${limit}`,
    );
  }
  const edge = (at: number, k: number): Tensor =>
    expandNode(
      narrowNode(x, d, at, 1),
      x.sizes.map((s, i) => (i === d ? k : s)),
    );
  const parts =
    mode === 'reflect'
      ? [
          flipNode(narrowNode(x, d, 1, before), [d]),
          x,
          flipNode(narrowNode(x, d, n - 1 - after, after), [d]),
        ]
      : mode === 'replicate'
        ? [edge(0, before), x, edge(n - 1, after)]
        : [narrowNode(x, d, n - before, before), x, narrowNode(x, d, 0, after)];
  return concatNode(
    parts.filter((part) => part.sizes[d]! > 0),
    d,
  );
}
