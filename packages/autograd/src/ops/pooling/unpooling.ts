/** @file Unpooling: puts the values of a max pooling back where they were. */
import { checkArgument, defineOptions, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { sameShape, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, floatOperand } from '../build/define.js';
import { filled } from '../build/primitive.js';
import { scatterOf } from '../indexing/gather.js';
import { indexTensor } from '../indexing/indices.js';
import { batchedInput, perDim, unbatched } from '../neural/convolution/geometry.js';
import type { PerDim } from './poolGeometry.js';

/** Options of `maxUnpool1d`, `maxUnpool2d` and `maxUnpool3d`. */
export interface MaxUnpoolOptions {
  /** The stride of the pooling. Default: the kernel size. */
  readonly stride?: PerDim | null | undefined;
  /** The padding of the pooling. Default 0. */
  readonly padding?: PerDim | undefined;
  /**
   * The size of the result, of the pooled dimensions or of all. It may differ by less than a stride from the
   * default, which follows from the other options.
   */
  readonly outputSize?: Shape | null | undefined;
}

const readMaxUnpool = defineOptions<MaxUnpoolOptions>({
  stride: kinds.orNull(kinds.oneOrMore(kinds.whole)),
  padding: kinds.oneOrMore(kinds.whole),
  outputSize: kinds.orNull(kinds.listOf(kinds.size)),
});

type MaxUnpool = (
  x: Tensor,
  indices: Tensor,
  kernelSize: PerDim,
  options?: MaxUnpoolOptions,
) => Tensor;

/**
 * Puts the values of a max pooling back in their places, with zeros elsewhere: `x` and int32 `indices`, both `[n, c,
 * l]` or `[c, l]`, as `maxPool1d` gives them with `returnIndices`. The result has size `(l − 1) · stride − 2 ·
 * padding + kernelSize`, or `outputSize`. Of several values at one place the last wins, and only that one has a
 * gradient. PyTorch: `nn.functional.max_unpool1d`.
 *
 * @throws {ShapeError} if x and indices differ in shape, or the output size is impossible.
 * @throws {IndexError} for an index outside of the result, when evaluated at the latest.
 * @example
 * const { values, indices } = maxPool1d(tensor([[1, 3, 2, 4]]), 2, { returnIndices: true });
 * maxUnpool1d(values, indices, 2) // [[0, 3, 0, 4]]
 */
export const maxUnpool1d: MaxUnpool = composite('maxUnpool1d', maxUnpool('maxUnpool1d', 1));

/**
 * Puts the values of a max pooling back in their places, with zeros elsewhere: `x` and int32 `indices`, both `[n, c, h, w]`
 * or `[c, h, w]`, as `maxPool2d` gives them with `returnIndices`: they count over h · w. Each size of the result is
 * `(s − 1) · stride − 2 · padding + kernelSize`, unless `outputSize` is given. Of several values at one place the last
 * wins, and only that one has a gradient. PyTorch: `nn.functional.max_unpool2d`.
 *
 * @throws {ShapeError} if x and indices differ in shape, or the output size is impossible.
 * @throws {IndexError} for an index outside of the result, when evaluated at the latest.
 * @example
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const { values, indices } = maxPool2d(x, 2, { returnIndices: true });
 * maxUnpool2d(values, indices, 2) // [[[0, 0], [0, 4]]]
 */
export const maxUnpool2d: MaxUnpool = composite('maxUnpool2d', maxUnpool('maxUnpool2d', 2));

/**
 * Puts the values of a max pooling back in their places, with zeros elsewhere: `x` and int32 `indices`, both
 * `[n, c, d, h, w]` or `[c, d, h, w]`, as `maxPool3d` gives them with `returnIndices`: they count over d · h · w. Each size
 * of the result is `(s − 1) · stride − 2 · padding + kernelSize`, unless `outputSize` is given. Of several values at one
 * place the last wins, and only that one has a gradient. PyTorch: `nn.functional.max_unpool3d`.
 *
 * @throws {ShapeError} if x and indices differ in shape, or the output size is impossible.
 * @throws {IndexError} for an index outside of the result, when evaluated at the latest.
 * @example
 * const { values, indices } = maxPool3d(ones([1, 4, 4, 4]), 2, { returnIndices: true });
 * maxUnpool3d(values, indices, 2).shape // [1, 4, 4, 4]
 */
export const maxUnpool3d: MaxUnpool = composite('maxUnpool3d', maxUnpool('maxUnpool3d', 3));

function maxUnpool(op: string, rank: number): MaxUnpool {
  return (input, indices, kernelSize, given) => {
    const options = readMaxUnpool(op, given);
    const values = floatOperand(op, input);
    const { x, single } = batchedInput(op, values, rank);
    checkArgument(op, 'indices', indices, kinds.tensor);
    if (!sameShape(values.sizes, indices.sizes)) {
      throw new ShapeError(
        `${op}: x ${show(values.sizes)} and indices ${show(indices.sizes)} must have the same shape`,
      );
    }
    const target = targetOf(op, x.sizes.slice(2), kernelSize, options);
    const [n, c] = x.sizes as readonly [number, number];
    const area = sizeOf(target);
    const flat = [n, c, sizeOf(x.sizes.slice(2))];
    const flatIndices = reshapeNode(indexTensor(op, indices, area, 2), flat);
    const written = scatterOf(
      [filled(0, [n, c, area], x.dtype), flatIndices, reshapeNode(x, flat)],
      {
        dim: 2,
      },
    );
    return unbatched(reshapeNode(written, [n, c, ...target]), single);
  };
}

function targetOf(
  op: string,
  size: Shape,
  kernelSize: PerDim,
  { stride, padding = 0, outputSize = null }: MaxUnpoolOptions,
): Shape {
  const rank = size.length;
  const kernel = perDim(op, 'kernelSize', kernelSize, rank, 1);
  const step = perDim(op, 'stride', stride ?? kernel, rank, 1);
  const pad = perDim(op, 'padding', padding, rank, 0);
  const usual = size.map((n, d) => (n - 1) * step[d]! - 2 * pad[d]! + kernel[d]!);
  if (outputSize === null) {
    if (usual.some((n) => n < 0))
      throw new ShapeError(`${op}: padding ${show(pad)} leaves a result of size ${show(usual)}`);
    return usual;
  }
  const spatial = outputSize.length === rank + 2 ? outputSize.slice(2) : [...outputSize];
  if (
    spatial.length !== rank ||
    spatial.some((n, d) => !Number.isInteger(n) || n < 0 || Math.abs(n - usual[d]!) >= step[d]!)
  ) {
    throw new ShapeError(
      `${op}: outputSize ${display(outputSize)} must be ${rank} whole numbers, each less than a stride ` +
        `${show(step)} from ${show(usual)}`,
    );
  }
  return spatial;
}
