/**
 * @file Patterns of axes, in types: `'b c h w -> b (c h w)'` and a shape give a shape. A pattern that cannot be parsed gives
 * any shape.
 */
import type { Shape } from '../graph/shape.js';
import type { Product } from './product.js';

type Group = readonly string[];

type Trimmed<S extends string> = S extends ` ${infer R}`
  ? Trimmed<R>
  : S extends `${infer R} `
    ? Trimmed<R>
    : S;

/** Names between spaces; 1 is not an axis. */
type Words<S extends string> = S extends `${infer A} ${infer B}`
  ? [...Words<A>, ...Words<B>]
  : S extends '' | '1'
    ? []
    : [S];

/** The dimensions of one side, each with its axes. */
type Groups<S extends string, Out extends readonly Group[] = []> =
  Trimmed<S> extends infer T extends string
    ? T extends ''
      ? Out
      : T extends `(${infer G})${infer R}`
        ? Groups<R, [...Out, Words<G>]>
        : T extends `${infer W} ${infer R}`
          ? Groups<R, [...Out, Words<W>]>
          : [...Out, Words<T>]
    : Out;

/** The size of an axis: that of a whole dimension on the left, or a size that is given. */
type SizeOf<A extends string, L extends readonly Group[], S extends Shape, Z> = A extends keyof Z
  ? Z[A] extends number
    ? Z[A]
    : number
  : A extends `${infer N extends number}`
    ? N
    : L extends readonly [infer G, ...infer LRest extends readonly Group[]]
      ? S extends readonly [infer N extends number, ...infer SRest extends Shape]
        ? G extends readonly [A]
          ? N
          : SizeOf<A, LRest, SRest, Z>
        : number
      : number;

type Sizes<G extends Group, L extends readonly Group[], S extends Shape, Z> = {
  -readonly [I in keyof G]: SizeOf<G[I], L, S, Z>;
};

type Arranged<R extends readonly Group[], L extends readonly Group[], S extends Shape, Z> = {
  -readonly [I in keyof R]: Sizes<R[I], L, S, Z> extends infer N extends readonly number[]
    ? Product<N>
    : number;
};

/** The shape that a pattern gives a tensor of shape `S`, with the sizes `Z`; any shape if there is an ellipsis. */
export type Rearranged<S extends Shape, P extends string, Z> = string extends P
  ? Shape
  : number extends S['length']
    ? Shape
    : P extends `${string}...${string}`
      ? Shape
      : P extends `${infer Left}->${infer Right}`
        ? Groups<Left>['length'] extends S['length']
          ? Arranged<Groups<Right>, Groups<Left>, S, Z>
          : Shape
        : Shape;
