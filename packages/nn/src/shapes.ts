/** @file Literal shapes through layers: what does not fit is underlined, what is not known is let through. */
import type { IsOpen, Shape, ShapeOf, Show } from '@chainrule/autograd';

/** The shape with another last dimension, which must have been `In`; a message if it was not. */
export type LastResult<S extends Shape, In extends number, Out extends number> =
  IsOpen<S> extends true
    ? Shape
    : S extends readonly [...infer Lead extends Shape, infer N extends number]
      ? number extends N
        ? [...Lead, Out]
        : number extends In
          ? [...Lead, Out]
          : N extends In
            ? [...Lead, Out]
            : `the last dimension of ${Show<S>} is ${N}, the layer takes ${In}`
      : `the layer takes [..., ${In}], not a single number`;

/** The shape with another last dimension. */
export type WithLast<S extends Shape, In extends number, Out extends number> = ShapeOf<
  LastResult<S, In, Out>
>;

/** `Result` if the channels may be those that a layer takes; a message if they are not. */
type Channels<S extends Shape, C extends number, In extends number, Result> = number extends C
  ? Result
  : number extends In
    ? Result
    : C extends In
      ? Result
      : `${Show<S>} has ${C} channels, the layer takes ${In}`;

/** The shape after a convolution over dimensions `Sizes`, with a batch or without; a message if it cannot be. */
export type ConvResult<
  S extends Shape,
  In extends number,
  Out extends number,
  Sizes extends Shape,
> =
  IsOpen<S> extends true
    ? Shape
    : S extends readonly [infer B extends number, infer C extends number, ...Sizes]
      ? Channels<S, C, In, [B, Out, ...Sizes]>
      : S extends readonly [infer C extends number, ...Sizes]
        ? Channels<S, C, In, [Out, ...Sizes]>
        : `the layer takes ${Show<[number, In, ...Sizes]>}, got ${Show<S>}`;
