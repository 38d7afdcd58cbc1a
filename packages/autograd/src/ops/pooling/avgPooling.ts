/** @file The mean of each window: the basis of all average poolings. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import { range } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { mul } from '../elements/arithmetic.js';
import { unbatched } from '../neural/convolution/geometry.js';
import { windowSum } from '../neural/convolution/slide.js';
import { adaptiveMean, reciprocals } from './adaptive.js';
import {
  geometryOf,
  outputSizeOf,
  poolInput,
  type OutputSize,
  type PerDim,
  windowTable,
  type WindowOptions,
} from './poolGeometry.js';

/** Options of average pooling. */
export interface AvgPoolOptions extends WindowOptions {
  /** Zeros added at each side; at most half the kernel. Default 0. */
  readonly padding?: PerDim | undefined;
  /** Whether the padding counts in the mean. Default true. */
  readonly countIncludePad?: boolean | undefined;
  /** The divisor, instead of the number of elements. */
  readonly divisorOverride?: number | null | undefined;
}

export type AvgPool = (x: Tensor, kernelSize: PerDim, options?: AvgPoolOptions) => Tensor;
export type AdaptivePool = (x: Tensor, outputSize: OutputSize) => Tensor;

const readAvgPool = defineOptions<AvgPoolOptions>({
  ...windowTable,
  countIncludePad: kinds.flag,
  divisorOverride: kinds.orNull(kinds.finite),
});

/** The average pooling over `rank` dimensions. */
export function avgPool(op: string, rank: number): AvgPool {
  return (input, kernelSize, given) => {
    const options = readAvgPool(op, given);
    const { x, single, size } = poolInput(op, input, rank);
    const { kernel, stride, padding, counts } = geometryOf(op, size, kernelSize, options);
    const { countIncludePad = true, divisorOverride = null } = options;
    if (divisorOverride === 0) throw new ChainruleError(`${op}: divisorOverride must not be 0`);
    const lengths: number[][] = [];
    const starts: number[][] = [];
    const ends: number[][] = [];
    counts.forEach((n, d) => {
      const from = range(n).map((o) => o * stride[d]! - padding[d]!);
      // Beyond the padding a window of ceilMode has no elements at all, so it ends there.
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

/** The adaptive average pooling over `rank` dimensions. */
export function adaptiveAvgPool(op: string, rank: number): AdaptivePool {
  return (input, outputSize) => {
    const { x, single, size } = poolInput(op, input, rank);
    return unbatched(adaptiveMean(x, outputSizeOf(op, size, outputSize)), single);
  };
}
