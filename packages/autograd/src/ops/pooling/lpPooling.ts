/** @file Power-average pooling: the p-norm of each window. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { abs, mul, neg, pow } from '../elements/arithmetic.js';
import { composite, floatOperand } from '../build/define.js';
import { choose } from '../build/element.js';
import { eq } from '../build/relations.js';
import { perDim } from '../neural/convolution/geometry.js';
import { avgPool } from './avgPooling.js';
import { maxPool } from './maxPooling.js';
import type { PerDim } from './poolGeometry.js';

/** Options of `lpPool1d`, `lpPool2d` and `lpPool3d`. */
export interface LpPoolOptions {
  /** The distance between windows. Default: the kernel size. */
  readonly stride?: PerDim | null | undefined;
  /**
   * Whether a last window that reaches over the edge is kept; its sum is scaled up to a whole window. Default false.
   */
  readonly ceilMode?: boolean | undefined;
}

const readLpPool = defineOptions<LpPoolOptions>({
  stride: kinds.orNull(kinds.oneOrMore(kinds.whole)),
  ceilMode: kinds.flag,
});

type LpPool = (x: Tensor, normType: number, kernelSize: PerDim, options?: LpPoolOptions) => Tensor;

const NORM_TYPE = kinds.kind<number>(
  'be a number other than 0',
  (x) => typeof x === 'number' && x !== 0 && !Number.isNaN(x),
);

/**
 * `(Σ xᵖ)^(1/p)` of each window of `x [n, c, l]` or `[c, l]`, with p the `normType`: 1 gives sums, Infinity the largest
 * |x|. As in PyTorch the powers are of x itself, so an odd p may give NaN. Where a window's sum is 0 the gradient is 0.
 * PyTorch: `nn.functional.lp_pool1d`.
 *
 * @throws {ShapeError} if the kernel is larger than the input.
 * @example lpPool1d(tensor([[3, 4]]), 2, 2) // [[5]]
 */
export const lpPool1d: LpPool = composite('lpPool1d', lpPool('lpPool1d', 1));

/**
 * `(Σ xᵖ)^(1/p)` of each window of `x [n, c, h, w]` or `[c, h, w]`, with p the `normType`: 1 gives sums, Infinity the
 * largest |x|. The powers are of x itself, so an odd p may give NaN. Where a window's sum is 0 the gradient is 0. PyTorch:
 * `nn.functional.lp_pool2d`.
 *
 * @throws {ShapeError} if the kernel is larger than the input.
 * @example lpPool2d(tensor([[[3, 0], [0, 4]]]), 2, 2) // [[[5]]]
 */
export const lpPool2d: LpPool = composite('lpPool2d', lpPool('lpPool2d', 2));

/**
 * `(Σ xᵖ)^(1/p)` of each window of `x [n, c, d, h, w]` or `[c, d, h, w]`, with p the `normType`: 1 gives sums, Infinity
 * the largest |x|. The powers are of x itself, so an odd p may give NaN. Where a window's sum is 0 the gradient is 0.
 * PyTorch: `nn.functional.lp_pool3d`.
 *
 * @throws {ShapeError} if the kernel is larger than the input.
 * @example lpPool3d(ones([1, 2, 2, 2]), 1, 2) // [[[[8]]]]
 */
export const lpPool3d: LpPool = composite('lpPool3d', lpPool('lpPool3d', 3));

function lpPool(op: string, rank: number): LpPool {
  const [mean, largest] = [avgPool(op, rank), maxPool(op, rank)];
  return (input, normType, kernelSize, given) => {
    const options = readLpPool(op, given);
    const x = floatOperand(op, input);
    checkArgument(op, 'normType', normType, NORM_TYPE);
    if (normType === Infinity) return largest(abs(x), kernelSize, options);
    if (normType === -Infinity) return neg(largest(neg(abs(x)), kernelSize, options));
    const elements = sizeOf(perDim(op, 'kernelSize', kernelSize, rank, 1));
    const sums = mul(mean(pow(x, normType), kernelSize, options), elements);
    const zero = eq(sums, 0);
    return choose(zero, 0, pow(choose(zero, 1, sums), 1 / normType));
  };
}
