/** @file What the compiler says of shapes that do not fit: a message is a type, and no tensor is assignable to it. */
import type { Shape } from '../graph/shape.js';

type Join<S extends Shape> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Rest extends readonly []
    ? `${N}`
    : `${N}, ${Join<Rest>}`
  : '';

/** `[2, 3]`, as it stands in messages. */
export type Show<S extends Shape> = `[${Join<S>}]`;

/**
 * What an argument must also be: anything where `Result` is a shape; where it is a message, that message, which no
 * tensor is. Inside generic functions, where a shape is not known yet, it asks for nothing. (The brackets see to that:
 * the condition does not distribute, so the compiler may resolve it early.)
 */
export type Unless<Result> = [Result] extends [string] ? Result : unknown;

/** The shape that was found; any where there is a message instead. */
export type ShapeOf<Result> = Result extends infer S extends Shape ? S : never;

/** True for a union of several, of which nothing can be said. */
export type IsUnion<T, U = T> = T extends U ? ([U] extends [T] ? false : true) : never;

/** True where the rank is not known: for `Shape`, for `any` and for one of several shapes. */
export type IsOpen<S extends Shape> = [number] extends [S['length']] ? true : IsUnion<S>;

/** The shape of an operand; that of a number is `[]`. */
export type ShapeIn<X> = X extends { readonly shape: infer S extends Shape } ? S : [];

/** What was written, without `readonly`: short in hovers. A shape of unknown rank is just a Shape. */
export type Literal<S extends Shape> = [number] extends [S['length']]
  ? Shape
  : { -readonly [D in keyof S]: S[D] };
