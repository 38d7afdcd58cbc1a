/** @file What reductions have in common: the dimensions, and whether they are kept. */
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { isFloat } from '../../graph/dtype.js';
import { normalizeDims, range } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Operand } from '../build/define.js';
import type { DimResult, Reduced, ShapeIn, Unless } from '../../types/index.js';

/** The dimensions to reduce. Default: all. Negative ones count from the end. */
export type ReduceDims = number | readonly number[] | null | undefined;

/** Options of reductions. */
export interface ReduceOptions {
  /** Whether reduced dimensions are kept with size 1. Default false. */
  readonly keepdim?: boolean;
}

/** Reads the options of a reduction that has only these. */
export const reduceOptions: OptionsReader<ReduceOptions> = defineOptions<ReduceOptions>(
  { keepdim: kinds.flag },
  ({ keepdim }) => ({ keepdim }),
);

/** A reduction over some dimensions, or all. `O` are its options besides `keepdim`. */
export type Reduction<O = unknown> = <
  X extends Operand,
  const D extends ReduceDims = undefined,
  const K extends boolean = false,
>(
  x: X & Unless<DimResult<ShapeIn<X>, D>>,
  dim?: D,
  options?: O & { readonly keepdim?: K },
) => Tensor<Reduced<ShapeIn<X>, D, K>>;

/** The same, as a method. */
export type ReductionMethod<O = unknown> = <
  T extends Tensor,
  const D extends ReduceDims = undefined,
  const K extends boolean = false,
>(
  this: T & Unless<DimResult<ShapeIn<T>, D>>,
  dim?: D,
  options?: O & { readonly keepdim?: K },
) => Tensor<Reduced<ShapeIn<T>, D, K>>;

/** As in PyTorch's reductions, an empty list of dimensions means all. */
export function foldedDims(op: string, dim: ReduceDims, ndim: number): number[] {
  const dims = normalizeDims(op, dim, ndim);
  return dims.length === 0 ? range(ndim) : dims;
}

/** Whether x is a float tensor without elements. */
export function isNothing(x: Tensor): boolean {
  return x.size === 0 && isFloat(x.dtype);
}
