/** @file Dimensions by number, in types: counted from the front or, negative, from the end. */
import type { Shape } from '../graph/shape.js';
import type { IsOpen, IsUnion, Show } from './message.js';

/** The two names, counted from the front and from the end, of the first dimension of `Rest`, which follows those of `Front`. */
export type NamesOf<Front extends Shape, Rest extends Shape> =
  `${Front['length']}` | `-${Rest['length']}`;

/** Whether the first dimension of `Rest` is one of `Names`. */
export type IsNamed<Front extends Shape, Rest extends Shape, Names extends string> = [
  Extract<NamesOf<Front, Rest>, Names>,
] extends [never]
  ? false
  : true;

/** A dimension as a name; null if it is known only at run time. */
export type NameOf<D extends number> = number extends D
  ? null
  : IsUnion<D> extends false
    ? `${D}`
    : null;

/** Several dimensions as a union of names, in brackets; null if one is known only at run time. */
type NamesIn<D extends Shape, Names extends string = never> = D extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? NameOf<First> extends infer Name extends string
    ? NamesIn<Rest, Names | Name>
    : null
  : number extends D['length']
    ? null
    : [Names];

/** Like `NamesIn`, for one dimension or a list of them. */
export type NamesFor<D> = [D] extends [number]
  ? NameOf<D> extends infer Name extends string
    ? [Name]
    : null
  : [D] extends [Shape]
    ? IsUnion<D> extends false
      ? NamesIn<D>
      : null
    : null;

/** The size of a dimension; `number` if it is not known. */
export type SizeAt<S extends Shape, D extends number, Front extends Shape = []> =
  NameOf<D> extends infer Name extends string
    ? S extends readonly [infer N extends number, ...infer Rest extends Shape]
      ? IsNamed<Front, S, Name> extends true
        ? N
        : SizeAt<Rest, D, [...Front, N]>
      : number
    : number;

/** The names of all dimensions; a tensor without dimensions also accepts 0 and −1. */
type AllNames<S extends Shape, Front extends Shape = []> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? NamesOf<Front, S> | AllNames<Rest, [...Front, N]>
  : Front extends readonly []
    ? '0' | '-1'
    : never;

type OutOfRange<S extends Shape, Missing extends string> = [Missing] extends [never]
  ? Shape
  : `there is no dimension ${Missing} in ${Show<S>}`;

/** The shape `S`, if `D`, a dimension or a list of them, can be in range; a message if a literal is out of range. */
export type DimResult<S extends Shape, D> =
  IsOpen<S> extends true
    ? Shape
    : NamesFor<D> extends [infer Names extends string]
      ? OutOfRange<S, Exclude<Names, AllNames<S>>>
      : Shape;

/** The same for the position of a new dimension, which may also come after the last. */
export type NewDimResult<S extends Shape, D> =
  IsOpen<S> extends true
    ? Shape
    : NamesFor<D> extends [infer Names extends string]
      ? OutOfRange<S, Exclude<Names, AllNames<[...S, 1]>>>
      : Shape;
