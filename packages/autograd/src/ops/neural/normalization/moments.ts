/** @file What normalizations share: moments, the affine map behind them, and the checks of their operands. */
import { defineOptions, type OptionsReader } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../../errors.js';
import { checkShape, range, sameShape, show, sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { add, div, mul, rsqrt, sub } from '../../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../../build/broadcast.js';
import { floatOperand } from '../../build/define.js';

/** A tensor that may be omitted. */
export type Maybe = Tensor | null | undefined;

/** Options of all normalizations. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Options of a normalization with a weight and a bias; both may also be given by position. */
export interface AffineOptions extends NormOptions {
  /** The weight of each channel or element. Default: none. */
  readonly weight?: Maybe;
  /** The bias of each channel or element. Default: none. */
  readonly bias?: Maybe;
}

/** Reads the options of a normalization that has only these. */
export const affineOptions: OptionsReader<AffineOptions> = defineOptions<AffineOptions>(
  { weight: kinds.orNull(kinds.tensor), bias: kinds.orNull(kinds.tensor), eps: kinds.finite },
  ({ weight, bias, eps }) => ({ weight, bias, eps }),
);

export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly centred: Tensor;
}

/** The mean over `dims`. */
export function meanOver(x: Tensor, dims: readonly number[], keepdim = true): Tensor {
  return div(sumOver([x], { dims, keepdim }), sizeOf(dims.map((d) => x.sizes[d]!)));
}

export function momentsOf(x: Tensor, dims: readonly number[]): Moments {
  const mean = meanOver(x, dims);
  const centred = sub(x, mean);
  return { mean, centred, variance: meanOver(mul(centred, centred), dims) };
}

/** `(x − mean) / √(var + eps)`. */
export function standardize({ centred, variance }: Moments, eps: number): Tensor {
  return mul(centred, rsqrt(add(variance, eps)));
}

/** `y · weight + bias`, both of shape `own`, which is reshaped to `shape` to broadcast with y. */
export function affine(
  op: string,
  y: Tensor,
  weight: Maybe,
  bias: Maybe,
  own: Shape,
  shape: Shape,
): Tensor {
  const [w, b] = (['weight', 'bias'] as const).map((name, i) => {
    const t = i === 0 ? weight : bias;
    if (t === undefined || t === null) return null;
    const node = floatOperand(op, t);
    if (!sameShape(node.sizes, own)) {
      throw new ShapeError(
        `${op}: the ${name} has shape ${show(node.sizes)}; it must be ${show(own)}`,
      );
    }
    if (node.dtype !== y.dtype) {
      throw new DTypeError(
        `${op}: the ${name} is ${node.dtype}, x is ${y.dtype}; they must be equal`,
      );
    }
    return reshapeNode(node, shape);
  });
  const scaled = w === null || w === undefined ? y : mul(y, w);
  return b === null || b === undefined ? scaled : add(scaled, b);
}

/** A statistic or parameter of each of `c` channels, or null. */
export function vectorOf(op: string, name: string, t: Maybe, c: number): Tensor | null {
  if (t === undefined || t === null) return null;
  const node = floatOperand(op, t);
  if (node.ndim === 1 && node.size === c) return node;
  throw new ShapeError(
    `${op}: the ${name} have shape ${show(node.sizes)}; they must be [${c}], one for each channel`,
  );
}

/** A float tensor with a batch and channels. */
export function channelled(op: string, input: Tensor): Tensor {
  const x = floatOperand(op, input);
  if (x.ndim >= 2) return x;
  throw new ShapeError(`${op}: expected x [batch, channels, …], got ${show(x.sizes)}`);
}

/** The last dimensions of `x`, which must have the given shape. */
export function lastDims(
  op: string,
  x: Tensor,
  normalizedShape: number | Shape,
): { dims: number[]; shape: Shape } {
  const given: unknown = normalizedShape;
  const shape = checkShape(op, typeof given === 'number' ? [given] : given);
  const first = x.ndim - shape.length;
  if (shape.length === 0 || first < 0 || !sameShape(x.sizes.slice(first), shape)) {
    throw new ShapeError(
      `${op}: x ${show(x.sizes)} does not end in normalizedShape ${show(shape)}`,
    );
  }
  return { dims: range(x.ndim).slice(first), shape };
}
