/** @file The signatures of the operations in shape.ts: the shapes they take and return, as far as the compiler knows them. */
import type { Shape } from '../../graph/shape.js';
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
  UnflattenResult,
  Unless,
  Unsqueezed,
} from '../../types/index.js';
import type { Having, Operand } from '../build/define.js';
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

type FlattenFrom<From, To> = From | { readonly startDim?: From; readonly endDim?: To };

export type Flatten = <X extends Operand, From extends number = 0, To extends number = -1>(
  x: Having<Having<X, From>, To>,
  startDim?: FlattenFrom<From, To>,
  endDim?: To,
) => Tensor<Flattened<ShapeIn<X>, From, To>>;

export type FlattenMethod = <T extends Tensor, From extends number = 0, To extends number = -1>(
  this: Having<Having<T, From>, To>,
  startDim?: FlattenFrom<From, To>,
  endDim?: To,
) => Tensor<Flattened<ShapeIn<T>, From, To>>;

export type Unflatten = <X extends Operand, const D extends number, const R extends Shape>(
  x: X & Unless<UnflattenResult<ShapeIn<X>, D, R>>,
  dim: D,
  sizes: R,
) => Tensor;

export type UnflattenMethod = <T extends Tensor, const D extends number, const R extends Shape>(
  this: T & Unless<UnflattenResult<ShapeIn<T>, D, R>>,
  dim: D,
  sizes: R,
) => Tensor;

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
  x: Having<Having<X, D>, E>,
  dim0: D,
  dim1: E,
) => Tensor<Transposed<ShapeIn<X>, D, E>>;

export type TransposeMethod = <T extends Tensor, D extends number, E extends number>(
  this: Having<Having<T, D>, E>,
  dim0: D,
  dim1: E,
) => Tensor<Transposed<ShapeIn<T>, D, E>>;

type Dims = number | readonly number[];

export type Movedim = <X extends Operand, const D extends Dims, const E extends Dims>(
  x: Having<Having<X, D>, E>,
  source: D,
  destination: E,
) => Tensor;

export type MovedimMethod = <T extends Tensor, const D extends Dims, const E extends Dims>(
  this: Having<Having<T, D>, E>,
  source: D,
  destination: E,
) => Tensor;

export type TransposeMatrix = <X extends Operand>(
  x: X & Unless<TransposeResult<ShapeIn<X>>>,
) => Tensor<ShapeOf<TransposeResult<ShapeIn<X>>>>;
