/** @file Reductions, in types: the shape without the dimensions that were reduced. */
import type { Shape } from '../graph/shape.js';
import type { IsNamed, NamesFor } from './dims.js';
import type { IsOpen, ShapeOf } from './message.js';

/** `S` without the dimensions of these names, or with 1 in their place. */
type Folded<
  S extends Shape,
  Names extends string,
  Keep extends boolean,
  Front extends Shape = [],
  Out extends Shape = [],
> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? Folded<
      Rest,
      Names,
      Keep,
      [...Front, N],
      IsNamed<Front, S, Names> extends true ? (Keep extends true ? [...Out, 1] : Out) : [...Out, N]
    >
  : Out;

/** `S` with 1 for every size. */
type Ones<S extends Shape> = { -readonly [D in keyof S]: 1 };

type ReducedResult<S extends Shape, D, Keep extends boolean> = boolean extends Keep
  ? Shape
  : [D] extends [null | undefined | readonly []]
    ? Keep extends true
      ? IsOpen<S> extends true
        ? Shape
        : Ones<S>
      : []
    : IsOpen<S> extends true
      ? Shape
      : NamesFor<D> extends [infer Names extends string]
        ? Folded<S, Names, Keep>
        : Shape;

/** The shape after a reduction over `D`: a dimension, a list of them, or all for null and undefined. */
export type Reduced<S extends Shape, D = undefined, Keep extends boolean = false> = ShapeOf<
  ReducedResult<S, D, Keep>
>;
