/** @file The distance between the vectors of each pair. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { broadcastShapes } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, sub } from '../elements/arithmetic.js';
import { composite, floatOperand } from '../build/define.js';
import { vectorNorm } from '../linalg/vectorNorm.js';

/** Options of `pairwiseDistance`. */
export interface PairwiseDistanceOptions {
  /** The order of the norm. Default 2. */
  readonly p?: number | undefined;
  /** Added to each difference, so that equal vectors have a gradient. Default 1e-6. */
  readonly eps?: number | undefined;
  /** Whether the last dimension is kept with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}

const readDistance = defineOptions<PairwiseDistanceOptions>({
  p: kinds.number,
  eps: kinds.finite,
  keepdim: kinds.flag,
});

/**
 * `‖x1 − x2 + eps‖ₚ` along the last dimension, x1 and x2 broadcast: `[n, d], [n, d] → [n]`.
 * PyTorch: `nn.functional.pairwise_distance`.
 * @throws {ShapeError} if the shapes do not broadcast.
 * @example pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export const pairwiseDistance: (
  x1: Tensor,
  x2: Tensor,
  options?: PairwiseDistanceOptions,
) => Tensor = composite('pairwiseDistance', (x1, x2, options): Tensor => {
  const { p = 2, eps = 1e-6, keepdim = false } = readDistance('pairwiseDistance', options);
  const [a, b] = [floatOperand('pairwiseDistance', x1), floatOperand('pairwiseDistance', x2)];
  broadcastShapes('pairwiseDistance', a.sizes, b.sizes);
  const difference = sub(a, b);
  const dims = difference.ndim === 0 ? [] : [difference.ndim - 1];
  return vectorNorm(add(difference, eps), p, dims, keepdim);
});
