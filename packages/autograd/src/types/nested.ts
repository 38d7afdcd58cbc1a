/** @file The shape of nested arrays, in types. */
import type { Shape } from '../graph/shape.js';

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
