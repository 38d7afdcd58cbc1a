/** @file Broadcasting, in types: the shape of element-wise operations on two tensors. */
import type { Shape } from '../graph/shape.js';
import type { IsOpen, ShapeOf, Show } from './message.js';

/** The size to which two sizes broadcast; `never` if they do not. A `number` may turn out to be 1. */
type BroadcastDim<M extends number, N extends number> = number extends M
  ? N extends 1
    ? number
    : N
  : number extends N
    ? M extends 1
      ? number
      : M
    : M extends 1
      ? N
      : N extends 1
        ? M
        : M extends N
          ? M
          : never;

/** `A` and `B` aligned at their last dimension: the shape to which they broadcast, or null. */
type Aligned<A extends Shape, B extends Shape, Out extends Shape = []> = A extends readonly [
  ...infer Left extends Shape,
  infer M extends number,
]
  ? B extends readonly [...infer Right extends Shape, infer N extends number]
    ? [BroadcastDim<M, N>] extends [never]
      ? null
      : Aligned<Left, Right, [BroadcastDim<M, N>, ...Out]>
    : [...A, ...Out]
  : [...B, ...Out];

/** The shape to which two shapes broadcast; a message if they do not; any shape if a rank is not known. */
export type BroadcastResult<A extends Shape, B extends Shape> =
  IsOpen<A> extends true
    ? Shape
    : IsOpen<B> extends true
      ? Shape
      : Aligned<A, B> extends infer S extends Shape
        ? S
        : `shapes ${Show<A>} and ${Show<B>} do not broadcast`;

/** The shape to which two shapes broadcast, as in NumPy. */
export type Broadcast<A extends Shape, B extends Shape> = [B] extends [readonly []]
  ? A
  : [A] extends [readonly []]
    ? B
    : ShapeOf<BroadcastResult<A, B>>;

/** The shape to which three shapes broadcast. */
export type Broadcast3<A extends Shape, B extends Shape, C extends Shape> = Broadcast<
  Broadcast<A, B>,
  C
>;
