/** @file The maximum of each window and its position: the basis of all max poolings. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { range, sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { perDim, unbatched } from '../neural/convolution/geometry.js';
import { gatherOf } from '../indexing/gather.js';
import { windowArgmax, type ArgmaxAttrs } from '../neural/convolution/slide.js';
import { adaptiveSpans } from './adaptive.js';
import {
  geometryOf,
  outputSizeOf,
  poolInput,
  type OutputSize,
  type PerDim,
  windowTable,
  type WindowOptions,
} from './poolGeometry.js';

/** The result of a max pooling with `returnIndices`. */
export interface Pooled {
  /** The maximum of each window. */
  readonly values: Tensor;
  /** The position of each maximum, counted over the pooled dimensions row by row: int32. See `maxUnpool2d`. */
  readonly indices: Tensor;
}

/** The option of max poolings to return positions. */
export interface IndicesOption {
  /** Whether the result is `{ values, indices }`. Default false. */
  readonly returnIndices?: boolean | undefined;
}

/** Options of max pooling. */
export interface MaxPoolOptions extends IndicesOption, WindowOptions {
  /** Padding at each side, which counts as −∞; at most half the kernel. Default 0. */
  readonly padding?: PerDim | undefined;
  /** The distance between the elements of a window. Default 1. */
  readonly dilation?: PerDim | undefined;
}

/** A tensor; with `returnIndices: true` also the positions. */
export type PoolResult<O> = 'returnIndices' extends keyof O
  ? O extends { readonly returnIndices: true }
    ? Pooled
    : true extends O['returnIndices']
      ? Tensor | Pooled
      : Tensor
  : Tensor;

export type MaxPool = <const O extends MaxPoolOptions = Record<never, never>>(
  x: Tensor,
  kernelSize: PerDim,
  options?: O,
) => PoolResult<O>;

export type AdaptiveMaxPool = <const O extends IndicesOption = Record<never, never>>(
  x: Tensor,
  outputSize: OutputSize,
  options?: O,
) => PoolResult<O>;

const readMaxPool = defineOptions<MaxPoolOptions>({
  ...windowTable,
  dilation: kinds.oneOrMore(kinds.whole),
  returnIndices: kinds.flag,
});

const readIndices = defineOptions<IndicesOption>({ returnIndices: kinds.flag });

/** The max pooling over `rank` dimensions. */
export function maxPool(op: string, rank: number): MaxPool {
  const pool = (input: Tensor, kernelSize: PerDim, given?: MaxPoolOptions) => {
    const options = readMaxPool(op, given);
    const { x, single, size } = poolInput(op, input, rank);
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
    return largest(x, { size, starts, ends, step }, single, options);
  };
  return pool as MaxPool;
}

/** The adaptive max pooling over `rank` dimensions. */
export function adaptiveMaxPool(op: string, rank: number): AdaptiveMaxPool {
  const pool = (input: Tensor, outputSize: OutputSize, given?: IndicesOption) => {
    const options = readIndices(op, given);
    const { x, single, size } = poolInput(op, input, rank);
    const spans = adaptiveSpans(size, outputSizeOf(op, size, outputSize));
    return largest(x, { size, ...spans, step: size.map(() => 1) }, single, options);
  };
  return pool as AdaptiveMaxPool;
}

function largest(
  x: Tensor,
  attrs: ArgmaxAttrs,
  single: boolean,
  { returnIndices = false }: IndicesOption,
): Tensor | Pooled {
  const [n, c] = x.sizes as readonly [number, number];
  const at = windowArgmax([x], attrs);
  const windows = at.sizes.slice(2);
  const flat = reshapeNode(x, [n, c, sizeOf(attrs.size)]);
  const found = gatherOf([flat, reshapeNode(at, [n, c, sizeOf(windows)])], { dim: 2 });
  const values = unbatched(reshapeNode(found, at.sizes), single);
  return returnIndices ? { values, indices: unbatched(at, single) } : values;
}
