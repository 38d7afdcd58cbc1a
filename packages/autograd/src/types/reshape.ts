/** @file Shapes made from other shapes, in types: reshaped, reordered, expanded. */
import type { Shape } from '../graph/shape.js';
import type { DimResult, IsNamed, NameOf, NamesFor, SizeAt } from './dims.js';
import type { IsOpen, Literal, ShapeOf, Show } from './message.js';
import type { Product } from './product.js';

/** A list of numbers that was given as an array or spread. */
export type Given<R> = R extends readonly [infer List extends Shape]
  ? Literal<List>
  : R extends Shape
    ? Literal<R>
    : Shape;

/** `To` without −1, and whether there was one. */
type WithoutOpen<To extends Shape, Out extends Shape = []> = To extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? N extends -1
    ? [...Out, ...Rest]
    : WithoutOpen<Rest, [...Out, N]>
  : null;

/** `S` without one size of `N`; null if there is none. */
type Removed<S extends Shape, N extends number, Out extends Shape = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? [First, N] extends [N, First]
    ? [...Out, ...Rest]
    : Removed<Rest, N, [...Out, First]>
  : null;

/** The sizes of `S` that remain when those of `To` are removed: gives a size for −1 without a division. */
type Left<S extends Shape, To extends Shape> = To extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? number extends N
    ? number
    : N extends 1
      ? Left<S, Rest>
      : N extends 0
        ? number
        : Removed<S, N> extends infer Fewer extends Shape
          ? Left<Fewer, Rest>
          : number
  : Product<S>;

type Replaced<To extends Shape, N extends number> = {
  [D in keyof To]: To[D] extends -1 ? N : To[D];
};

/** The shape after `reshape(To)`; a message if the numbers of elements are known and differ. */
export type ReshapeResult<S extends Shape, To extends Shape> = [number] extends [To['length']]
  ? Shape
  : WithoutOpen<To> extends infer Others extends Shape
    ? IsOpen<S> extends true
      ? Replaced<To, number>
      : Replaced<To, Left<S, Others>>
    : IsOpen<S> extends true
      ? To
      : number extends Product<S>
        ? To
        : number extends Product<To>
          ? To
          : Product<S> extends Product<To>
            ? To
            : `${Show<S>} has ${Product<S>} elements, ${Show<To>} has ${Product<To>}`;
/** Any shape, if the dimension `D` can be split into the sizes `To`; a message if it cannot. */
export type UnflattenResult<S extends Shape, D extends number, To extends Shape> =
  DimResult<S, D> extends infer Message extends string
    ? Message
    : ReshapeResult<[SizeAt<S, D>], To> extends infer Message extends string
      ? Message
      : Shape;

/** The shape after `reshape`, as far as the compiler knows it. */
export type Reshaped<S extends Shape, To extends Shape> = ShapeOf<ReshapeResult<S, To>>;

type PermutedSizes<S extends Shape, Order extends Shape> = Order extends readonly [
  infer D extends number,
  ...infer Rest extends Shape,
]
  ? [SizeAt<S, D>, ...PermutedSizes<S, Rest>]
  : [];

/** The shape with its dimensions in the order `Order`; a message where that has another length, or names what is not there. */
export type PermuteResult<S extends Shape, Order extends Shape> =
  IsOpen<S> extends true
    ? Shape
    : [number] extends [Order['length']]
      ? Shape
      : S['length'] extends Order['length']
        ? DimResult<S, Order> extends infer Message extends string
          ? Message
          : PermutedSizes<S, Order>
        : `${Show<Order>} names ${Order['length']} dimensions, ${Show<S>} has ${S['length']}`;
/** The shape after `permute`, as far as the compiler knows it. */
export type Permuted<S extends Shape, Order extends Shape> = ShapeOf<PermuteResult<S, Order>>;

type Exchanged<
  S extends Shape,
  A extends number,
  B extends number,
  Rest extends Shape = S,
  Front extends Shape = [],
> = Rest extends readonly [infer N extends number, ...infer Tail extends Shape]
  ? Exchanged<
      S,
      A,
      B,
      Tail,
      [
        ...Front,
        IsNamed<Front, Rest, `${A}`> extends true
          ? SizeAt<S, B>
          : IsNamed<Front, Rest, `${B}`> extends true
            ? SizeAt<S, A>
            : N,
      ]
    >
  : Front;

/** The shape with two dimensions exchanged. */
export type Transposed<S extends Shape, A extends number, B extends number> = ShapeOf<
  IsOpen<S> extends true ? Shape : null extends NameOf<A> | NameOf<B> ? Shape : Exchanged<S, A, B>
>;

/** The shape of a matrix's transpose; a vector's is its own. */
export type TransposeResult<S extends Shape> =
  IsOpen<S> extends true
    ? Shape
    : S extends readonly [infer M extends number, infer N extends number]
      ? [N, M]
      : S extends readonly [] | readonly [number]
        ? S
        : `t takes at most 2 dimensions, ${Show<S>} has ${S['length']}`;

type Inserted<S extends Shape, Name extends string, Front extends Shape = []> = Name extends
  `${Front['length']}` | `-${[1, ...S]['length']}`
  ? [...Front, 1, ...S]
  : S extends readonly [infer N extends number, ...infer Rest extends Shape]
    ? Inserted<Rest, Name, [...Front, N]>
    : Shape;

/** The shape with a new dimension of size 1. */
export type Unsqueezed<S extends Shape, D extends number> = ShapeOf<
  IsOpen<S> extends true
    ? Shape
    : NameOf<D> extends infer Name extends string
      ? Inserted<S, Name>
      : Shape
>;

type WithoutOnes<
  S extends Shape,
  Names extends string | null,
  Front extends Shape = [],
  Out extends Shape = [],
> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? ([Names] extends [string] ? IsNamed<Front, S, Names> : true) extends true
    ? number extends N
      ? Shape
      : WithoutOnes<Rest, Names, [...Front, N], N extends 1 ? Out : [...Out, N]>
    : WithoutOnes<Rest, Names, [...Front, N], [...Out, N]>
  : Out;

/** The shape without dimensions of size 1: without those that `D` names, or all. */
export type Squeezed<S extends Shape, D = undefined> = ShapeOf<
  IsOpen<S> extends true
    ? Shape
    : [D] extends [undefined]
      ? WithoutOnes<S, null>
      : NamesFor<D> extends [infer Names extends string]
        ? WithoutOnes<S, Names>
        : Shape
>;

type Merged<
  S extends Shape,
  From extends string,
  To extends string,
  Front extends Shape = [],
  Out extends Shape = [],
  Inside extends Shape | null = null,
> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? Inside extends Shape
    ? IsNamed<Front, S, To> extends true
      ? [...Out, Product<[...Inside, N]>, ...Rest]
      : Merged<Rest, From, To, [...Front, N], Out, [...Inside, N]>
    : IsNamed<Front, S, From> extends true
      ? IsNamed<Front, S, To> extends true
        ? [...Out, N, ...Rest]
        : Merged<Rest, From, To, [...Front, N], Out, [N]>
      : Merged<Rest, From, To, [...Front, N], [...Out, N]>
  : Shape;

/** The shape with the dimensions `From` to `To` merged. */
export type Flattened<S extends Shape, From extends number = 0, To extends number = -1> = ShapeOf<
  IsOpen<S> extends true
    ? Shape
    : S extends readonly []
      ? [1]
      : NameOf<From> extends infer A extends string
        ? NameOf<To> extends infer B extends string
          ? Merged<S, A, B>
          : Shape
        : Shape
>;

type Kept<S extends Shape, To extends Shape> = To extends readonly [
  ...infer Lead extends Shape,
  infer N extends number,
]
  ? S extends readonly [...infer Rest extends Shape, infer M extends number]
    ? [...Kept<Rest, Lead>, N extends -1 ? M : N]
    : To
  : [];

/** Whether a shape can be expanded to another: sizes are equal, 1, or not known. */
type Stretches<S extends Shape, To extends Shape> = S extends readonly [
  ...infer Rest extends Shape,
  infer M extends number,
]
  ? To extends readonly [...infer Lead extends Shape, infer N extends number]
    ? [N] extends [M | -1]
      ? Stretches<Rest, Lead>
      : M extends 1
        ? Stretches<Rest, Lead>
        : number extends M | N
          ? Stretches<Rest, Lead>
          : false
    : false
  : true;

/** The shape `To`, with its −1 taken from `S`; a message if a size that is not 1 would change. */
export type ExpandResult<S extends Shape, To extends Shape> = [number] extends [To['length']]
  ? Shape
  : IsOpen<S> extends true
    ? Replaced<To, number>
    : Stretches<S, To> extends true
      ? Kept<S, To>
      : `${Show<S>} cannot be expanded to ${Show<To>}`;
/** The shape after `expand`: that of `S` expanded to `To`, where a size of −1 stays the same. */
export type Expanded<S extends Shape, To extends Shape> = ShapeOf<ExpandResult<S, To>>;
