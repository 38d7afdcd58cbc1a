/** @file The dimension along which a softmax is taken. */
import { normalizeDim } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';

/** The dimension counted from the front; empty for a tensor without dimensions, which is a row of one element. */
export function rowDims(op: string, x: Tensor, dim: number): number[] {
  const d = normalizeDim(op, dim, x.ndim);
  return x.ndim === 0 ? [] : [d];
}
