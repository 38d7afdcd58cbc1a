/** @file What rounding takes from a difference, and quotients by the larger of two: what derivatives near the edges are made of. */
import type { Tensor } from '../../graph/tensor.js';
import { add, choose } from '../build/element.js';
import { div, neg, sub } from '../build/fieldOperations.js';
import { ge, isFinite, isInf } from '../build/relations.js';
import { detach } from '../build/detach.js';

/** `x − y` as it is rounded, and what is missing to it (D. E. Knuth's two-sum), a number without derivatives. */
export function exactDifference(x: Tensor, y: Tensor): { difference: Tensor; rest: Tensor } {
  const difference = sub(x, y);
  const [a, b, d] = [detach(x), detach(y), detach(difference)];
  const taken = sub(a, d);
  const rest = add(sub(a, add(d, taken)), sub(taken, b));
  return { difference, rest: choose(isFinite(rest), rest, 0) };
}

/**
 * The quotient of two numbers that is at most 1 in size, by the one that is larger in size; NaN where `x` is infinite, as
 * PyTorch's derivatives are there.
 */
export function byLarger(
  x: Tensor,
  y: Tensor,
): { first: Tensor; quotient: Tensor; larger: Tensor } {
  const [a, b] = [detach(x), detach(y)];
  /** Whether that is `x`. */
  const first = ge(size(a), size(b));
  const larger = choose(first, x, y);
  const quotient = div(choose(first, y, x), larger);
  return { first, quotient: choose(isInf(a), NaN, quotient), larger };
}

function size(x: Tensor): Tensor {
  return choose(ge(x, 0), x, neg(x));
}
