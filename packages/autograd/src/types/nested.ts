/** @file The shape of nested arrays, in types. */
import type { Shape } from '../graph/shape.js';
import type { IsUnion } from './message.js';

/** How deeply literals are examined: deeper ones are of unknown rank. */
type Levels = [0, 0, 0, 0, 0, 0, 0, 0];

type Nested<D, Left extends readonly 0[] = Levels> = Left extends readonly [
  0,
  ...infer Fewer extends readonly 0[],
]
  ? D extends readonly unknown[]
    ? number extends D['length']
      ? Nested<D[number], Fewer> extends infer Inner extends Shape
        ? [number] extends [Inner['length']]
          ? Shape
          : [number, ...Inner]
        : Shape
      : D extends readonly [infer First, ...unknown[]]
        ? Nested<First, Fewer> extends infer Inner extends Shape
          ? [number] extends [Inner['length']]
            ? Shape
            : [D['length'], ...Inner]
          : Shape
        : [0]
    : D extends number | boolean
      ? []
      : [number]
  : Shape;

/** The shape of an argument of `tensor`: for literals all sizes, for other arrays the rank. */
export type NestedShape<D> = 0 extends 1 & D
  ? Shape
  : Nested<D> extends infer S extends Shape
    ? S
    : Shape;

/** The rows in the rows `U`, without those that may have one of several types: nothing is known of them. */
type Inside<U> = U extends readonly unknown[]
  ? { [D in keyof U]: IsUnion<U[D]> extends true ? never : U[D] }[number]
  : never;

/** A message if the literal rows `U`, all of one level, differ in length, or contain rows and numbers. */
type Uneven<U, Left extends readonly 0[] = Levels> = Left extends readonly [
  0,
  ...infer Fewer extends readonly 0[],
]
  ? [U] extends [never]
    ? Shape
    : [U] extends [readonly unknown[]]
      ? number extends U['length']
        ? Shape
        : IsUnion<U['length']> extends true
          ? 'the rows of a tensor have the same length'
          : [U[number]] extends [number | boolean]
            ? Shape
            : Uneven<Inside<U>, Fewer>
      : number extends U
        ? Shape
        : [Extract<U, readonly unknown[]>] extends [never]
          ? Shape
          : 'a row of a tensor contains either numbers or rows'
  : Shape;

/** Any shape, or a message for an argument of `tensor` that is written out and ragged. */
export type NestedResult<D> = 0 extends 1 & D ? Shape : IsUnion<D> extends true ? Shape : Uneven<D>;
