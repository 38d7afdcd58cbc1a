/** @file Dimensions by number, in types: counted from the front or, negative, from the end. */
import type { Shape } from '../graph/shape.js';
import type { IsUnion } from './message.js';

/** The two names of the dimension that `Rest` begins with, after those of `Front`. */
export type NamesOf<Front extends Shape, Rest extends Shape> =
  `${Front['length']}` | `-${Rest['length']}`;

/** Whether the dimension that `Rest` begins with is one of `Names`. */
export type IsNamed<Front extends Shape, Rest extends Shape, Names extends string> = [
  Extract<NamesOf<Front, Rest>, Names>,
] extends [never]
  ? false
  : true;

/** A dimension as a name; null where it is known only at run time. */
export type NameOf<D extends number> = number extends D
  ? null
  : IsUnion<D> extends false
    ? `${D}`
    : null;

/** Several dimensions as a union of names, in brackets; null where one is known only at run time. */
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

/** As `NamesIn`, of a dimension or a list of them. */
export type NamesFor<D> = [D] extends [number]
  ? NameOf<D> extends infer Name extends string
    ? [Name]
    : null
  : [D] extends [Shape]
    ? IsUnion<D> extends false
      ? NamesIn<D>
      : null
    : null;

/** The size of a dimension; `number` where that cannot be told. */
export type SizeAt<S extends Shape, D extends number, Front extends Shape = []> =
  NameOf<D> extends infer Name extends string
    ? S extends readonly [infer N extends number, ...infer Rest extends Shape]
      ? IsNamed<Front, S, Name> extends true
        ? N
        : SizeAt<Rest, D, [...Front, N]>
      : number
    : number;
