/** @file How the function of one example draws random numbers while `vmap` records it. */
import type { Tensor } from './tensor.js';

/** @internal Draws different numbers for each example. */
export interface Draws {
  /** The number of examples, times that of enclosing vmaps of this kind. */
  readonly total: number;
  /** The numbers of one example, out of those that `draw` draws for `count` examples along a first dimension. */
  each(draw: (count: number) => Tensor): Tensor;
}

/** @internal Null where all examples draw the same numbers, or there are no examples. Set by `vmap`. */
export const draws: { each: Draws | null } = { each: null };
