/** @file The positions of grid points among the elements of one dimension, and the treatment of positions beyond its edges. */
import type { Tensor } from '../../../graph/tensor.js';
import { add, div, fmod, mul, neg, remainder, sub } from '../../elements/arithmetic.js';
import { choose } from '../../build/element.js';
import { filled } from '../../build/primitive.js';
import { eq, ge, le, logicalAnd, lt } from '../../build/relations.js';
import { floor } from '../../build/wholeNumbers.js';

export type GridPadding = 'zeros' | 'border' | 'reflection';

/** From −1 … 1, which are the centres or the edges of the corner elements, to positions among `size` elements. */
export function positionsOf(x: Tensor, size: number, alignCorners: boolean): Tensor {
  return alignCorners ? mul(add(x, 1), (size - 1) / 2) : mul(sub(mul(add(x, 1), size), 1), 0.5);
}

/** Positions moved between the first and the last element, unless zeros lie outside. */
export function inside(
  at: Tensor,
  size: number,
  padding: GridPadding,
  alignCorners: boolean,
): Tensor {
  if (padding === 'zeros') return at;
  const within =
    padding === 'border' ? at : alignCorners ? reflect(at, 0, size - 1) : reflect(at, -0.5, size);
  // On the edge the derivative is 0, as beyond it.
  return choose(le(within, 0), 0, choose(ge(within, size - 1), size - 1, within));
}

/** Reflected at `low` and `low + span` until it lies between them. */
function reflect(at: Tensor, low: number, span: number): Tensor {
  if (span === 0) return filled(0, at.sizes, at.dtype);
  const off = sub(at, low);
  const distance = choose(lt(off, 0), neg(off), off);
  const rest = fmod(distance, span);
  const odd = eq(remainder(floor(div(distance, span)), 2), 1);
  return add(choose(odd, sub(span, rest), rest), low);
}

/** True where a position is one of `size` elements; NaN is not. */
export function exists(at: Tensor, size: number): Tensor {
  return logicalAnd(ge(at, 0), le(at, size - 1));
}
