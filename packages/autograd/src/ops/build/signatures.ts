/** @file Types of functions and methods whose result has the shape of their operands, broadcast. */
import type { Tensor } from '../../graph/tensor.js';
import type { Broadcast, BroadcastResult, DimResult, ShapeIn, Unless } from '../../types/index.js';
import { type Operand } from './primitive.js';

/** A function that keeps the shape. */
export type SameShape<Rest extends readonly unknown[] = []> = <X extends Operand>(
  x: X,
  ...rest: Rest
) => Tensor<ShapeIn<X>>;

/** A tensor or number `X` that has the dimension or dimensions `D`. */
export type Having<X, D> = X & Unless<DimResult<ShapeIn<X>, D>>;

/** A dimension or several, by position or as the option `dim`. */
export type DimOr<D, Options = unknown> = D | (Omit<Options, 'dim'> & { readonly dim?: D });

/** A function along a dimension, with a result of its own. */
export type Along<Result, Rest extends readonly unknown[] = []> = <
  X extends Operand,
  const D extends number,
>(
  x: Having<X, D>,
  dim: D,
  ...rest: Rest
) => Result;

/** A function along a dimension that keeps the shape. */
export type SameShapeAlong<Rest extends readonly unknown[] = []> = <
  X extends Operand,
  const D extends number,
>(
  x: Having<X, D>,
  dim: D,
  ...rest: Rest
) => Tensor<ShapeIn<X>>;

/** The same, as a method. */
export type SameShapeAlongMethod<Rest extends readonly unknown[] = []> = <
  T extends Tensor,
  const D extends number,
>(
  this: Having<T, D>,
  dim: D,
  ...rest: Rest
) => Tensor<ShapeIn<T>>;

/** A method along a dimension, with a result of its own. */
export type AlongMethod<Result, Rest extends readonly unknown[] = []> = <
  T extends Tensor,
  const D extends number,
>(
  this: Having<T, D>,
  dim: D,
  ...rest: Rest
) => Result;

/** A function of two operands that are broadcast. */
export type Broadcasting<Rest extends readonly unknown[] = []> = <
  X extends Operand,
  Y extends Operand,
>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
  ...rest: Rest
) => Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;

/** The same, as a method. It takes its subject as `this`, so that tensors of different shapes have one type of it. */
export type BroadcastingMethod<Rest extends readonly unknown[] = []> = <
  T extends Tensor,
  Y extends Operand,
>(
  this: T,
  other: Y & Unless<BroadcastResult<ShapeIn<T>, ShapeIn<Y>>>,
  ...rest: Rest
) => Tensor<Broadcast<ShapeIn<T>, ShapeIn<Y>>>;
