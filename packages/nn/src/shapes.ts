/** @file Literal shapes through layers: a wrong last dimension is underlined, one not known is let through. */
import type { Shape } from '@chainrule/autograd';

/** Nothing to ask of a shape whose last dimension may be `N`; else a type no tensor has, which says what was wrong. */
export type LastDimension<S extends Shape, N extends number> = S extends readonly [
  ...Shape,
  infer L extends number,
]
  ? number extends L | N
    ? unknown
    : number extends L
      ? unknown
      : number extends N
        ? unknown
        : L extends N
          ? unknown
          : { readonly wrongShape: `the last dimension is ${L}, the layer takes ${N}` }
  : unknown;

/** The shape with another last dimension. */
export type WithLast<S extends Shape, N extends number> = S extends readonly [
  ...infer B extends Shape,
  number,
]
  ? readonly [...B, N]
  : Shape;
