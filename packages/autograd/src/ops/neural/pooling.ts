/** @file Pooling: the largest element, or the mean, of each window. */
import { checkArgument, defineOptions, kinds } from '../../arguments/index.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { checkSize, range, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { mul } from '../elements/arithmetic.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, floatOperand } from '../build/define.js';
import { batchedInput, perDim, unbatched, type PerDim } from './geometry.js';
import { gatherOf } from '../indexing/gather.js';
import { adaptiveMean, adaptiveSpans, reciprocals } from './adaptive.js';
import { windowArgmax, windowSum } from './slide.js';

export interface MaxPoolOptions {
  /** Default: the kernel size. */
  readonly stride?: PerDim;
  /** Counts as −∞; at most half the kernel. */
  readonly padding?: PerDim;
  readonly dilation?: PerDim;
  /** Keeps a last window that reaches over the edge. */
  readonly ceilMode?: boolean;
}

export interface AvgPoolOptions {
  /** Default: the kernel size. */
  readonly stride?: PerDim;
  /** Counts as 0; at most half the kernel. */
  readonly padding?: PerDim;
  readonly ceilMode?: boolean;
  /** Whether the padding counts as elements of the mean. Default true. */
  readonly countIncludePad?: boolean;
  /** Divides by this in place of the number of elements. */
  readonly divisorOverride?: number | null;
}

const windowOptions = {
  // Their numbers are checked with the number of dimensions.
  stride: kinds.anything,
  padding: kinds.anything,
  ceilMode: kinds.flag,
};
const maxPoolOptions = defineOptions<MaxPoolOptions>({
  ...windowOptions,
  dilation: kinds.anything,
});
const avgPoolOptions = defineOptions<AvgPoolOptions>({
  ...windowOptions,
  countIncludePad: kinds.flag,
  divisorOverride: kinds.orNull(
    kinds.kind<number>('be a finite number other than 0', (x) => kinds.finite.test(x) && x !== 0),
  ),
});

/** One size for both dimensions or two; null keeps the size of the input. */
export type OutputSize = number | null | readonly (number | null)[];

type MaxPool = (x: Tensor, kernelSize: PerDim, options?: MaxPoolOptions) => Tensor;
type AvgPool = (x: Tensor, kernelSize: PerDim, options?: AvgPoolOptions) => Tensor;
type AdaptivePool = (x: Tensor, outputSize: OutputSize) => Tensor;

/**
 * The largest element of each window of `x [n, c, l]` or `[c, l]`. The gradient goes to the first of equal elements;
 * a NaN is the largest. PyTorch: `nn.functional.max_pool1d`.
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 * @example maxPool1d(tensor([[1, 3, 2, 4]]), 2) // [[3, 4]]
 */
export const maxPool1d: MaxPool = composite('maxPool1d', maxPool('maxPool1d', 1));

/** The largest element of each window of `x [n, c, h, w]` or `[c, h, w]`. See `maxPool1d`. PyTorch: `nn.functional.max_pool2d`. */
export const maxPool2d: MaxPool = composite('maxPool2d', maxPool('maxPool2d', 2));

/**
 * The mean of each window of `x [n, c, l]` or `[c, l]`. A window that `ceilMode` keeps is divided by what it covers of
 * input and padding. PyTorch: `nn.functional.avg_pool1d` (which has no divisorOverride).
 *
 * @throws {ShapeError} if the kernel is larger than the padded input.
 */
export const avgPool1d: AvgPool = composite('avgPool1d', avgPool('avgPool1d', 1));

/** The mean of each window of `x [n, c, h, w]` or `[c, h, w]`. See `avgPool1d`. PyTorch: `nn.functional.avg_pool2d`. */
export const avgPool2d: AvgPool = composite('avgPool2d', avgPool('avgPool2d', 2));

/**
 * The mean over `outputSize` windows that cover `x [n, c, h, w]` or `[c, h, w]`: window i of n over a size s reaches
 * from ⌊i s / n⌋ to ⌈(i + 1) s / n⌉. PyTorch: `nn.functional.adaptive_avg_pool2d`.
 */
export const adaptiveAvgPool2d: AdaptivePool = composite(
  'adaptiveAvgPool2d',
  (input, outputSize): Tensor => {
    const { x, single } = batchedInput(
      'adaptiveAvgPool2d',
      floatInput('adaptiveAvgPool2d', input),
      2,
    );
    return unbatched(adaptiveMean(x, outputSizeOf('adaptiveAvgPool2d', x, outputSize)), single);
  },
);

/** The largest element over windows as `adaptiveAvgPool2d` has them. PyTorch: `nn.functional.adaptive_max_pool2d`. */
export const adaptiveMaxPool2d: AdaptivePool = composite(
  'adaptiveMaxPool2d',
  (input, outputSize): Tensor => {
    const { x, single } = batchedInput(
      'adaptiveMaxPool2d',
      floatInput('adaptiveMaxPool2d', input),
      2,
    );
    const size = x.shape.slice(2);
    const spans = adaptiveSpans(size, outputSizeOf('adaptiveMaxPool2d', x, outputSize));
    return unbatched(largest(x, { size, ...spans, step: size.map(() => 1) }), single);
  },
);

function maxPool(op: string, rank: number): MaxPool {
  return (input, kernelSize, given) => {
    const options = maxPoolOptions(op, given);
    const { x, single } = batchedInput(op, floatInput(op, input), rank);
    const size = x.shape.slice(2);
    const step = perDim(op, 'dilation', options.dilation ?? 1, rank, 1);
    const { kernel, stride, padding, counts } = geometryOf(op, size, kernelSize, options, step);
    const starts = counts.map((n, d) =>
      range(n).map((o) => {
        const from = o * stride[d]! - padding[d]!;
        return from < 0 ? from + Math.ceil(-from / step[d]!) * step[d]! : from;
      }),
    );
    const ends = counts.map((n, d) =>
      range(n).map((o) =>
        Math.min(o * stride[d]! - padding[d]! + (kernel[d]! - 1) * step[d]! + 1, size[d]!),
      ),
    );
    return unbatched(largest(x, { size, starts, ends, step }), single);
  };
}

function avgPool(op: string, rank: number): AvgPool {
  return (input, kernelSize, given) => {
    const options = avgPoolOptions(op, given);
    const { x, single } = batchedInput(op, floatInput(op, input), rank);
    const size = x.shape.slice(2);
    const { kernel, stride, padding, counts } = geometryOf(
      op,
      size,
      kernelSize,
      options,
      size.map(() => 1),
    );
    const { countIncludePad = true, divisorOverride = null } = options;
    const lengths: number[][] = [];
    const starts: number[][] = [];
    const ends: number[][] = [];
    counts.forEach((n, d) => {
      const from = range(n).map((o) => o * stride[d]! - padding[d]!);
      // Beyond the padding a window of ceilMode has no elements at all.
      const to = from.map((s) => Math.min(s + kernel[d]!, size[d]! + padding[d]!));
      starts.push(from.map((s) => Math.max(s, 0)));
      ends.push(to.map((e) => Math.min(e, size[d]!)));
      lengths.push(
        to.map((e, o) => (countIncludePad ? e - from[o]! : ends[d]![o]! - starts[d]![o]!)),
      );
    });
    const sums = windowSum([x], { size, starts, ends });
    const scaled =
      divisorOverride === null
        ? mul(sums, reciprocals(lengths, x.dtype))
        : mul(sums, 1 / divisorOverride);
    return unbatched(scaled, single);
  };
}

function largest(x: Tensor, attrs: Parameters<typeof windowArgmax>[1] & object): Tensor {
  const [n, c] = x.shape as readonly [number, number];
  const at = windowArgmax([x], attrs);
  const windows = at.shape.slice(2);
  const flat = reshapeNode(x, [n, c, sizeOf(attrs.size)]);
  return reshapeNode(gatherOf([flat, reshapeNode(at, [n, c, sizeOf(windows)])], { dim: 2 }), [
    n,
    c,
    ...windows,
  ]);
}

interface PoolGeometry {
  readonly kernel: number[];
  readonly stride: number[];
  readonly padding: number[];
  /** Windows in each dimension. */
  readonly counts: number[];
}

/** Reads the options; the number of windows as PyTorch counts them. */
function geometryOf(
  op: string,
  size: Shape,
  kernelSize: PerDim,
  options: MaxPoolOptions,
  dilation: readonly number[],
): PoolGeometry {
  const rank = size.length;
  const kernel = perDim(op, 'kernelSize', kernelSize, rank, 1);
  const stride = perDim(op, 'stride', options.stride ?? kernel, rank, 1);
  const padding = perDim(op, 'padding', options.padding ?? 0, rank, 0);
  if (padding.some((n, d) => n > kernel[d]! / 2)) {
    throw new ChainruleError(
      `${op}: padding ${show(padding)} must be at most half the kernel ${show(kernel)}`,
    );
  }
  const counts = size.map((n, d) => {
    const room = n + 2 * padding[d]! - dilation[d]! * (kernel[d]! - 1) - 1;
    if (options.ceilMode !== true) return Math.floor(room / stride[d]!) + 1;
    const count = Math.ceil(room / stride[d]!) + 1;
    // A window that would begin beyond the input and its near padding is left out.
    return (count - 1) * stride[d]! >= n + padding[d]! ? count - 1 : count;
  });
  checkSize(
    op,
    counts.map((n) => Math.max(n, 0)),
  );
  if (counts.some((n) => n <= 0)) {
    throw new ShapeError(
      `${op}: the kernel ${show(kernel)}${dilation.some((d) => d > 1) ? ` with dilation ${show(dilation)}` : ''} is ` +
        `larger than the input ${show(size)} with padding ${show(padding)}`,
    );
  }
  return { kernel, stride, padding, counts };
}

const sizesOrNull = kinds.oneOrMore(kinds.orNull(kinds.size));

function outputSizeOf(op: string, x: Tensor, outputSize: OutputSize): number[] {
  checkArgument(op, 'outputSize', outputSize, sizesOrNull);
  const given = outputSize === null || typeof outputSize === 'number' ? [outputSize] : outputSize;
  const both = given.length === 1 ? [given[0], given[0]] : given;
  const list = perDim(
    op,
    'outputSize',
    both.map((n, d) => n ?? (x.shape[d + 2] as number)),
    2,
    0,
  );
  checkSize(op, [...x.shape.slice(0, 2), ...list]);
  return list;
}

function floatInput(op: string, input: Tensor): Tensor {
  const x = floatOperand(op, input);
  if (x.shape.slice(1).includes(0) && x.ndim > 1) {
    throw new ShapeError(
      `${op}: x ${show(x.shape)} has nothing to pool: only the batch may be empty`,
    );
  }
  return x;
}

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface PoolingMethods<S extends Shape = Shape> {
  maxPool1d(kernelSize: PerDim, options?: MaxPoolOptions): Tensor;
  maxPool2d(kernelSize: PerDim, options?: MaxPoolOptions): Tensor;
  avgPool1d(kernelSize: PerDim, options?: AvgPoolOptions): Tensor;
  avgPool2d(kernelSize: PerDim, options?: AvgPoolOptions): Tensor;
  adaptiveAvgPool2d(outputSize: OutputSize): Tensor;
  adaptiveMaxPool2d(outputSize: OutputSize): Tensor;
}
