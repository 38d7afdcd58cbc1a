/** @file How a function of one example draws random numbers while `vmap` records it. */
import type { Tensor } from './tensor.js';

/** @internal Numbers of their own for each example. */
export interface Draws {
  /** The number of examples, with those of such vmaps around. */
  readonly total: number;
  /** What one example sees of what `draw` draws for `count` of them, along a first dimension. */
  each(draw: (count: number) => Tensor): Tensor;
}

/** @internal Null where all examples draw the same numbers, or there are no examples. Set by `vmap`. */
export const draws: { each: Draws | null } = { each: null };
