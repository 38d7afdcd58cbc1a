/** @file What the compiler reports for shapes that do not fit: a message is a type to which no tensor is assignable. */
import type { Shape } from '../graph/shape.js';

type Join<S extends Shape> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Rest extends readonly []
    ? `${N}`
    : `${N}, ${Join<Rest>}`
  : '';

/** `[2, 3]`, as shown in messages. */
export type Show<S extends Shape> = `[${Join<S>}]`;

/**
 * An additional type of an argument: `unknown`, which allows anything, if `Result` is a shape; the message if it is one, to
 * which no tensor is assignable. Inside generic functions, where a shape is not known yet, it requires nothing. (The brackets
 * ensure that: the condition does not distribute, so the compiler may resolve it early.)
 */
export type Unless<Result> = [Result] extends [string] ? Result : unknown;

/** The shape of a result; `never` if it is a message. */
export type ShapeOf<Result> = Result extends infer S extends Shape ? S : never;

/** True for a union of several types, about which nothing can be said. */
export type IsUnion<T, U = T> = T extends U ? ([U] extends [T] ? false : true) : never;

/** True if the rank is not known: for `Shape`, for `any` and for a union of shapes. */
export type IsOpen<S extends Shape> = [number] extends [S['length']] ? true : IsUnion<S>;

/** The shape of an operand; that of a number is `[]`. */
export type ShapeIn<X> = X extends { readonly shape: infer S extends Shape } ? S : [];

/** The shape as written, without `readonly`, which keeps hovers short. A shape of unknown rank is just a Shape. */
export type Literal<S extends Shape> = [number] extends [S['length']]
  ? Shape
  : { -readonly [D in keyof S]: S[D] };
