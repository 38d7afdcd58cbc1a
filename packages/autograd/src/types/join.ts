/** @file Tensors joined, in types: one after the other along a dimension, or along a new one. */
import type { Shape } from '../graph/shape.js';
import type { DimResult, IsNamed, NameOf, NewDimResult } from './dims.js';
import type { IsOpen, ShapeIn, ShapeOf, Show } from './message.js';
import type { Sum } from './product.js';

/** A dimension as `cat` and `stack` take it: 0 by default. */
export type DimIn<D> = D extends number
  ? D
  : D extends { readonly dim: infer N extends number }
    ? N
    : number;

/** Two shapes joined along a dimension; null if they do not fit. */
type Joined<
  A extends Shape,
  B extends Shape,
  Name extends string,
  Front extends Shape = [],
  Out extends Shape = [],
> = A extends readonly [infer M extends number, ...infer RestA extends Shape]
  ? B extends readonly [infer N extends number, ...infer RestB extends Shape]
    ? IsNamed<Front, A, Name> extends true
      ? Joined<RestA, RestB, Name, [...Front, M], [...Out, Sum<M, N>]>
      : [M] extends [N]
        ? Joined<RestA, RestB, Name, [...Front, M], [...Out, M]>
        : number extends M
          ? Joined<RestA, RestB, Name, [...Front, M], [...Out, N]>
          : number extends N
            ? Joined<RestA, RestB, Name, [...Front, M], [...Out, M]>
            : null
    : null
  : B extends readonly []
    ? Out
    : null;

/** Whether it may have no elements: `cat` skips empty vectors. */
type MayBeEmpty<S extends Shape> = S extends readonly [infer N extends number]
  ? N extends 0
    ? true
    : number extends N
      ? true
      : false
  : false;

type JoinedAll<T extends readonly unknown[], Name extends string, Out extends Shape> =
  IsOpen<Out> extends true
    ? Shape
    : T extends readonly [infer First, ...infer Rest]
      ? IsOpen<ShapeIn<First>> extends true
        ? Shape
        : Joined<Out, ShapeIn<First>, Name> extends infer Both extends Shape
          ? JoinedAll<Rest, Name, Both>
          : true extends MayBeEmpty<Out> | MayBeEmpty<ShapeIn<First>>
            ? Shape
            : `${Show<Out>} and ${Show<ShapeIn<First>>} cannot be joined along dimension ${Name}`
      : T extends readonly []
        ? Out
        : Shape;

/** The shape of `cat(T, D)`; a message if the shapes do not fit. */
export type CatResult<T extends readonly unknown[], D> = T extends readonly [
  infer First,
  ...infer Rest,
]
  ? NameOf<DimIn<D>> extends infer Name extends string
    ? DimResult<ShapeIn<First>, DimIn<D>> extends infer Message extends string
      ? Message
      : JoinedAll<Rest, Name, ShapeIn<First>>
    : Shape
  : Shape;
/** The shape of a `cat`: that of the tensors `T` joined along the existing dimension `D`. */
export type Concatenated<T extends readonly unknown[], D> = ShapeOf<CatResult<T, D>>;

type With<
  S extends Shape,
  N extends number,
  Name extends string,
  Front extends Shape = [],
> = Name extends `${Front['length']}` | `-${[1, ...S]['length']}`
  ? [...Front, N, ...S]
  : S extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? With<Rest, N, Name, [...Front, First]>
    : Shape;

/** The message for the first shape that certainly differs from `S`; `S` if there is none. */
type AllLike<T extends readonly unknown[], S extends Shape> = T extends readonly [
  infer First,
  ...infer Rest,
]
  ? IsOpen<ShapeIn<First>> extends true
    ? S
    : Joined<[1, ...S], [1, ...ShapeIn<First>], '0'> extends null
      ? `stack takes equal shapes, ${Show<S>} and ${Show<ShapeIn<First>>} differ`
      : AllLike<Rest, S>
  : S;

/** The shape of `stack(T, D)`, for tensors that all have the shape of the first; a message if they do not. */
export type StackResult<T extends readonly unknown[], D> = T extends readonly [
  infer First,
  ...infer Rest,
]
  ? IsOpen<ShapeIn<First>> extends true
    ? Shape
    : AllLike<Rest, ShapeIn<First>> extends infer Message extends string
      ? Message
      : NewDimResult<ShapeIn<First>, DimIn<D>> extends infer Message extends string
        ? Message
        : NameOf<DimIn<D>> extends infer Name extends string
          ? With<ShapeIn<First>, T['length'], Name>
          : Shape
  : Shape;
/** The shape of a `stack`: that of the tensors `T` joined along a new dimension `D`. */
export type Stacked<T extends readonly unknown[], D> = ShapeOf<StackResult<T, D>>;
