/** @file The signatures of the operations in shape.ts: the shapes they take and return, as far as the compiler knows them. */
import type { Tensor } from '../../graph/tensor.js';
import type {
  DimResult,
  Expanded,
  ExpandResult,
  NewDimResult,
  Flattened,
  Given,
  Permuted,
  PermuteResult,
  Reshaped,
  ReshapeResult,
  ShapeIn,
  ShapeOf,
  Squeezed,
  Transposed,
  TransposeResult,
  Unless,
  Unsqueezed,
} from '../../types/index.js';
import type { Operand } from '../build/define.js';
import type { Listed } from '../build/lists.js';

/** Options of `flatten`. */
export interface FlattenOptions {
  /** The first of the dimensions to merge. Default 0. */
  readonly startDim?: number;
  /** The last of the dimensions to merge. Default −1. */
  readonly endDim?: number;
}

export type Reshape = <X extends Operand, const R extends Listed>(
  x: X & Unless<ReshapeResult<ShapeIn<X>, Given<R>>>,
  ...shape: R
) => Tensor<Reshaped<ShapeIn<X>, Given<R>>>;

export type ReshapeMethod = <T extends Tensor, const R extends Listed>(
  this: T & Unless<ReshapeResult<ShapeIn<T>, Given<R>>>,
  ...shape: R
) => Tensor<Reshaped<ShapeIn<T>, Given<R>>>;

export type Permute = <X extends Operand, const R extends Listed>(
  x: X & Unless<PermuteResult<ShapeIn<X>, Given<R>>>,
  ...dims: R
) => Tensor<Permuted<ShapeIn<X>, Given<R>>>;

export type PermuteMethod = <T extends Tensor, const R extends Listed>(
  this: T & Unless<PermuteResult<ShapeIn<T>, Given<R>>>,
  ...dims: R
) => Tensor<Permuted<ShapeIn<T>, Given<R>>>;

export type Expand = <X extends Operand, const R extends Listed>(
  x: X & Unless<ExpandResult<ShapeIn<X>, Given<R>>>,
  ...size: R
) => Tensor<Expanded<ShapeIn<X>, Given<R>>>;

export type ExpandMethod = <T extends Tensor, const R extends Listed>(
  this: T & Unless<ExpandResult<ShapeIn<T>, Given<R>>>,
  ...size: R
) => Tensor<Expanded<ShapeIn<T>, Given<R>>>;

export interface Flatten {
  <X extends Operand, From extends number = 0, To extends number = -1>(
    x: X,
    startDim?: From,
    endDim?: To,
  ): Tensor<Flattened<ShapeIn<X>, From, To>>;
  <X extends Operand>(x: X, startDim?: number | FlattenOptions, endDim?: number): Tensor;
}

export interface FlattenMethod {
  <T extends Tensor, From extends number = 0, To extends number = -1>(
    this: T,
    startDim?: From,
    endDim?: To,
  ): Tensor<Flattened<ShapeIn<T>, From, To>>;
  (startDim?: number | FlattenOptions, endDim?: number): Tensor;
}

export type Squeeze = <
  X extends Operand,
  const D extends number | readonly number[] | undefined = undefined,
>(
  x: X & Unless<DimResult<ShapeIn<X>, D>>,
  dim?: D,
) => Tensor<Squeezed<ShapeIn<X>, D>>;

export type Unsqueeze = <X extends Operand, D extends number>(
  x: X & Unless<NewDimResult<ShapeIn<X>, D>>,
  dim: D,
) => Tensor<Unsqueezed<ShapeIn<X>, D>>;

export type Transpose = <X extends Operand, D extends number, E extends number>(
  x: X & Unless<DimResult<ShapeIn<X>, D>> & Unless<DimResult<ShapeIn<X>, E>>,
  dim0: D,
  dim1: E,
) => Tensor<Transposed<ShapeIn<X>, D, E>>;

export type TransposeMethod = <T extends Tensor, D extends number, E extends number>(
  this: T & Unless<DimResult<ShapeIn<T>, D>> & Unless<DimResult<ShapeIn<T>, E>>,
  dim0: D,
  dim1: E,
) => Tensor<Transposed<ShapeIn<T>, D, E>>;

export type TransposeMatrix = <X extends Operand>(
  x: X & Unless<TransposeResult<ShapeIn<X>>>,
) => Tensor<ShapeOf<TransposeResult<ShapeIn<X>>>>;
