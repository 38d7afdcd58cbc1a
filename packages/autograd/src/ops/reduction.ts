/** @file What reductions have in common: which dimensions, and whether they stay. */
import { normalizeDims } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Operand } from './define.js';

/** The dimensions to fold; all of them if left out. Negative ones count from the end. */
export type ReduceDims = number | readonly number[] | null | undefined;

export interface ReduceOptions {
  /** Keep the folded dimensions with size 1. Default false. */
  readonly keepdim?: boolean;
}

export type Reduction = (x: Operand, dim?: ReduceDims, options?: ReduceOptions) => Tensor;

/** As PyTorch's reductions, an empty list of dimensions stands for all. */
export function foldedDims(op: string, dim: ReduceDims, ndim: number): number[] {
  return normalizeDims(op, Array.isArray(dim) && dim.length === 0 ? undefined : dim, ndim);
}
