/** @file Tensors joined, in types: one after the other along a dimension, or along a new one. */
import type { Shape } from '../graph/shape.js';
import type { IsNamed, NameOf } from './dims.js';
import type { IsOpen, ShapeIn, ShapeOf } from './message.js';
import type { Sum } from './product.js';

/** A dimension as `cat` and `stack` take it: 0 by default. */
export type DimIn<D> = D extends number
  ? D
  : D extends { readonly dim: infer N extends number }
    ? N
    : number;

/** Two shapes joined along a dimension; any shape where they do not fit. */
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
          : Shape
    : Shape
  : B extends readonly []
    ? Out
    : Shape;

type JoinedAll<T extends readonly unknown[], Name extends string, Out extends Shape> =
  IsOpen<Out> extends true
    ? Shape
    : T extends readonly [infer First, ...infer Rest]
      ? IsOpen<ShapeIn<First>> extends true
        ? Shape
        : JoinedAll<Rest, Name, Joined<Out, ShapeIn<First>, Name>>
      : T extends readonly []
        ? Out
        : Shape;

/** The shape of `cat(T, D)`. */
export type Concatenated<T extends readonly unknown[], D> = ShapeOf<
  T extends readonly [infer First, ...infer Rest]
    ? NameOf<DimIn<D>> extends infer Name extends string
      ? JoinedAll<Rest, Name, ShapeIn<First>>
      : Shape
    : Shape
>;

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

/** The shape of `stack(T, D)`, of tensors that all have the shape of the first. */
export type Stacked<T extends readonly unknown[], D> = ShapeOf<
  T extends readonly [infer First, ...unknown[]]
    ? IsOpen<ShapeIn<First>> extends true
      ? Shape
      : NameOf<DimIn<D>> extends infer Name extends string
        ? With<ShapeIn<First>, T['length'], Name>
        : Shape
    : Shape
>;
