/** @file Reads the options that poolings share, and counts their windows as PyTorch does. */
import { passes, reading, type OptionTable } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { checkSize, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { floatOperand, type Operand } from '../build/define.js';
import { batchedInput, perDim, type PerDim } from '../neural/convolution/geometry.js';

export type { PerDim };

/** One size for all dimensions or one for each; null keeps the size of the input. */
export type OutputSize = number | null | readonly (number | null)[];

/** Options of all poolings. */
export interface WindowOptions {
  /** The distance between windows. Default: the kernel size. */
  readonly stride?: PerDim | null | undefined;
  readonly padding?: PerDim | undefined;
  /** Whether a last window that reaches over the edge is kept. Default false. */
  readonly ceilMode?: boolean | undefined;
}

/** One whole number, or one per dimension; their count and sizes are checked with the shape. */
const perDimension = kinds.oneOrMore(kinds.whole);

/** The kinds of `WindowOptions`. */
export const windowTable: OptionTable<WindowOptions> = {
  stride: kinds.orNull(perDimension),
  padding: perDimension,
  ceilMode: kinds.flag,
};

export interface PoolGeometry {
  readonly kernel: number[];
  readonly stride: number[];
  readonly padding: number[];
  /** Windows in each dimension. */
  readonly counts: number[];
}

/** The options of a pooling over dimensions of the given size. */
export function geometryOf(
  op: string,
  size: Shape,
  kernelSize: PerDim,
  options: WindowOptions,
  dilation: readonly number[] = size.map(() => 1),
): PoolGeometry {
  const rank = size.length;
  const kernel = perDim(op, 'kernelSize', kernelSize, rank, 1);
  const none = Array.isArray(options.stride) && options.stride.length === 0; // PyTorch accepts [] too
  const stride = perDim(op, 'stride', (none ? null : options.stride) ?? kernel, rank, 1);
  const padding = perDim(op, 'padding', options.padding ?? 0, rank, 0);
  if (padding.some((n, d) => n > kernel[d]! / 2)) {
    throw new ChainruleError(
      `${op}: padding ${show(padding)} must be at most half the kernel ${show(kernel)}`,
    );
  }
  const counts = size.map((n, d) => {
    const span = n + 2 * padding[d]! - dilation[d]! * (kernel[d]! - 1) - 1;
    if (options.ceilMode !== true) return Math.floor(span / stride[d]!) + 1;
    const count = Math.ceil(span / stride[d]!) + 1;
    // A window that would begin beyond the input and its left padding is left out.
    return (count - 1) * stride[d]! >= n + padding[d]! ? count - 1 : count;
  });
  if (counts.some((n) => n <= 0)) {
    throw new ShapeError(
      `${op}: the kernel ${show(kernel)}${dilation.some((d) => d > 1) ? ` with dilation ${show(dilation)}` : ''} is ` +
        `larger than the input ${show(size)} with padding ${show(padding)}`,
    );
  }
  return { kernel, stride, padding, counts };
}

/** The start and end of each adaptive window are listed: more windows than this would take seconds. */
const MAX_WINDOWS = 2 ** 24;

const someList = kinds.listOf(kinds.anything);

/** The output sizes of an adaptive pooling, one for each dimension of `size`. */
export function outputSizeOf(op: string, size: Shape, outputSize: OutputSize): number[] {
  const sizes = reading(op, 'outputSize', () => {
    const given = passes(someList, outputSize)
      ? (outputSize as readonly (number | null)[])
      : [outputSize as number | null];
    const list = given.length === 1 ? size.map(() => given[0]) : given.slice(0, size.length + 1);
    const filled = list.map((n, d) => n ?? (size[d] as number));
    return perDim(op, 'outputSize', filled, size.length, 0);
  });
  checkSize(op, sizes);
  if (sizes.some((n) => n > MAX_WINDOWS))
    throw new ShapeError(
      `${op}: outputSize must be at most ${MAX_WINDOWS} in each dimension, got ${show(sizes)}`,
    );
  return sizes;
}

/** A float tensor with a batch and dimensions to pool, and whether it came without the batch. */
export function poolInput(
  op: string,
  input: Operand,
  rank: number,
): { x: Tensor; single: boolean; size: Shape } {
  const given = floatOperand(op, input);
  const { x, single } = batchedInput(op, given, rank);
  if (x.sizes.slice(1).includes(0)) {
    throw new ShapeError(
      `${op}: x ${show(given.sizes)} has nothing to pool: only the batch may be empty`,
    );
  }
  return { x, single, size: x.sizes.slice(2) };
}
