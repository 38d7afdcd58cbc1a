/** @file Literal shapes through layers, as types: TypeScript reports shapes that do not fit, and accepts unknown ones. */
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

/** A shape, if the second dimension, behind the batch, may be `C` channels; a message if it cannot. */
export type ChannelResult<S extends Shape, C extends number> =
  IsOpen<S> extends true
    ? Shape
    : S extends readonly [number, infer N extends number, ...Shape]
      ? Channels<S, N, C, Shape>
      : `the layer takes [batch, ${C}, ...], got ${Show<S>}`;

/** A shape, if the last dimensions may be those that a layer normalizes, a size or a list of them; a message if not. */
export type TrailingResult<S extends Shape, Sizes> =
  IsOpen<S> extends true
    ? Shape
    : Sizes extends number
      ? Trailing<S, [Sizes], S, [Sizes]>
      : Sizes extends Shape
        ? number extends Sizes['length']
          ? Shape
          : Trailing<S, Sizes, S, Sizes>
        : Shape;

type Trailing<
  S extends Shape,
  Sizes extends Shape,
  Given extends Shape,
  Wanted extends Shape,
> = Sizes extends readonly [...infer Before extends Shape, infer N extends number]
  ? S extends readonly [...infer Lead extends Shape, infer M extends number]
    ? number extends N | M
      ? Trailing<Lead, Before, Given, Wanted>
      : [N] extends [M]
        ? Trailing<Lead, Before, Given, Wanted>
        : `the layer normalizes ${Show<Wanted>}, ${Show<Given>} ends differently`
    : `the layer normalizes ${Show<Wanted>}, ${Show<Given>} ends differently`
  : Shape;
