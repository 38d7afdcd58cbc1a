/** @file Fractional max pooling: windows of one size at random positions. */
import { defineOptions, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { range, sameShape, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, mul, sub } from '../elements/arithmetic.js';
import { drawUniform } from '../creation/generator.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite } from '../build/define.js';
import { castNode } from '../build/element.js';
import { floor } from '../build/wholeNumbers.js';
import { gatherOf } from '../indexing/gather.js';
import { iotaAlong, narrowNode } from '../shape/movement.js';
import { concatNode } from '../shape/movement.js';
import { filled } from '../build/primitive.js';
import { perDim, unbatched } from '../neural/convolution/geometry.js';
import { windowArgmax } from '../neural/convolution/slide.js';
import type { IndicesOption, Pooled, PoolResult } from './maxPooling.js';
import { poolInput, type PerDim } from './poolGeometry.js';

/** Options of `fractionalMaxPool2d` and `fractionalMaxPool3d`. */
export interface FractionalMaxPoolOptions extends IndicesOption {
  /** The number of windows in each dimension; give this or `outputRatio`. */
  readonly outputSize?: PerDim | null | undefined;
  /** The number of windows as a share of the input's size, between 0 and 1. */
  readonly outputRatio?: PerDim | null | undefined;
  /**
   * The positions of the windows, as numbers in [0, 1): `[n, c, dimensions]`. Default: random. PyTorch:
   * `_random_samples`.
   */
  readonly randomSamples?: Tensor | null | undefined;
}

const readFractional = defineOptions<FractionalMaxPoolOptions>({
  outputSize: kinds.orNull(kinds.oneOrMore(kinds.count)),
  outputRatio: kinds.orNull(kinds.oneOrMore(kinds.between(0, 1))),
  randomSamples: kinds.orNull(kinds.tensor),
  returnIndices: kinds.flag,
});

type FractionalMaxPool = <const O extends FractionalMaxPoolOptions = Record<never, never>>(
  x: Tensor,
  kernelSize: PerDim,
  options: O,
) => PoolResult<O>;

/**
 * The maxima of windows of `kernelSize` in `x [n, c, h, w]` or `[c, h, w]`, which start at
 * ⌊(i + u) α⌋ − ⌊u α⌋ with α = (size − kernel) / (windows − 1) and u drawn for each channel of each image (Graham 2014,
 * arXiv:1412.6071). PyTorch: `nn.functional.fractional_max_pool2d`; other numbers are drawn.
 *
 * @throws {ChainruleError} unless exactly one of `outputSize` and `outputRatio` is given.
 * @throws {ShapeError} if that many windows do not fit.
 * @example fractionalMaxPool2d(ones([1, 10, 10]), 2, { outputRatio: 0.7 }).shape // [1, 7, 7]
 */
export const fractionalMaxPool2d: FractionalMaxPool = composite(
  'fractionalMaxPool2d',
  fractionalMaxPool('fractionalMaxPool2d', 2),
);

/**
 * The maxima of windows of `kernelSize` in `x [n, c, d, h, w]` or `[c, d, h, w]`, which start at ⌊(i + u) α⌋ − ⌊u α⌋ with
 * α = (size − kernel) / (windows − 1) and u drawn for each channel of each image. PyTorch:
 * `nn.functional.fractional_max_pool3d`; other numbers are drawn.
 *
 * @throws {ChainruleError} unless exactly one of `outputSize` and `outputRatio` is given.
 * @throws {ShapeError} if that many windows do not fit.
 * @example fractionalMaxPool3d(ones([1, 8, 8, 8]), 2, { outputSize: 4 }).shape // [1, 4, 4, 4]
 */
export const fractionalMaxPool3d: FractionalMaxPool = composite(
  'fractionalMaxPool3d',
  fractionalMaxPool('fractionalMaxPool3d', 3),
);

function fractionalMaxPool(op: string, rank: number): FractionalMaxPool {
  const pool = (input: Tensor, kernelSize: PerDim, given: FractionalMaxPoolOptions) => {
    const options = readFractional(op, given);
    const { x, single, size } = poolInput(op, input, rank);
    const kernel = perDim(op, 'kernelSize', kernelSize, rank, 1);
    const windows = windowsOf(op, size, kernel, options);
    const [n, c] = x.sizes as readonly [number, number];
    const samples = options.randomSamples ?? drawUniform([n, c, rank], x.dtype);
    if (!sameShape(samples.sizes, [n, c, rank])) {
      throw new ShapeError(
        `${op}: randomSamples must have shape ${show([n, c, rank])}, got ${show(samples.sizes)}`,
      );
    }
    // The positions of all elements of all windows: [n, c, …windows, …kernel], counted over the dimensions of x.
    const spread = [n, c, ...windows, ...kernel];
    const places = range(rank)
      .map((d) => {
        // As in PyTorch, the samples of two dimensions are in reverse order, those of three are not.
        const u = narrowNode(samples.current, 2, rank === 2 ? 1 - d : d, 1);
        const starts = startsOf(u, size[d]!, windows[d]!, kernel[d]!);
        const along = [n, c, ...windows.map((w, k) => (k === d ? w : 1)), ...kernel.map(() => 1)];
        const within = iotaAlong(kernel[d]!, 2 + rank + d, 2 + 2 * rank);
        return add(reshapeNode(starts, along), within);
      })
      .reduce((at, next, d) => add(mul(at, size[d]!), next));
    const [count, area, elements] = [sizeOf(windows), sizeOf(size), sizeOf(kernel)];
    const flat = reshapeNode(expandNode(places, spread), [n, c, count * elements]);
    const values = gatherOf([reshapeNode(x, [n, c, area]), flat], { dim: 2 });
    const best = windowArgmax([reshapeNode(values, [n, c, count, elements])], {
      size: [elements],
      starts: [[0]],
      ends: [[elements]],
      step: [1],
    });
    const at = reshapeNode(
      gatherOf([reshapeNode(flat, [n, c, count, elements]), best], { dim: 3 }),
      [n, c, count],
    );
    const shape = [n, c, ...windows];
    const largest = reshapeNode(gatherOf([reshapeNode(x, [n, c, area]), at], { dim: 2 }), shape);
    const result = unbatched(largest, single);
    return options.returnIndices === true
      ? ({ values: result, indices: unbatched(reshapeNode(at, shape), single) } satisfies Pooled)
      : result;
  };
  return pool as FractionalMaxPool;
}

/** The first element of each window along one dimension, `[n, c, windows]`; the last window ends at the far edge. */
function startsOf(u: Tensor, size: number, windows: number, kernel: number): Tensor {
  const [n, c] = u.sizes as readonly [number, number];
  const last = filled(size - kernel, [n, c, 1], 'int32');
  if (windows === 1) return last;
  const alpha = (size - kernel) / (windows - 1);
  const i = castNode(iotaAlong(windows - 1, 2, 3), u.dtype);
  const starts = sub(floor(mul(add(i, u), alpha)), floor(mul(u, alpha)));
  return concatNode([castNode(starts, 'int32'), last], 2);
}

function windowsOf(
  op: string,
  size: Shape,
  kernel: readonly number[],
  { outputSize = null, outputRatio = null }: FractionalMaxPoolOptions,
): number[] {
  if ((outputSize === null) === (outputRatio === null)) {
    throw new ChainruleError(`${op}: give either outputSize or outputRatio`);
  }
  const ratios = typeof outputRatio === 'number' ? size.map(() => outputRatio) : outputRatio;
  if (ratios !== null && (ratios.length !== size.length || ratios.some((r) => !(r > 0 && r < 1)))) {
    throw new ChainruleError(
      `${op}: outputRatio must be between 0 and 1, one number or ${size.length}, got ${display(outputRatio)}`,
    );
  }
  const windows =
    ratios === null
      ? perDim(op, 'outputSize', outputSize ?? [], size.length, 1)
      : size.map((n, d) => Math.floor(n * ratios[d]!));
  if (windows.some((w, d) => w < 1 || w + kernel[d]! - 1 > size[d]!)) {
    throw new ShapeError(
      `${op}: ${show(windows)} windows of ${show(kernel)} do not fit an input of size ${show(size)}`,
    );
  }
  return windows;
}
