/**
 * @file The rounding error of a difference, and quotients by the larger of two numbers: parts of derivatives near the edges.
 */
import type { Tensor } from '../../graph/tensor.js';
import { add, choose } from '../build/element.js';
import { div, neg, sub } from '../build/fieldOperations.js';
import { ge, isFinite, isInf } from '../build/relations.js';
import { detach } from '../build/detach.js';

/** `x − y` as rounded, and its rounding error (D. E. Knuth's two-sum), which is a constant for derivatives. */
export function exactDifference(x: Tensor, y: Tensor): { difference: Tensor; rest: Tensor } {
  const difference = sub(x, y);
  const [a, b, d] = [detach(x), detach(y), detach(difference)];
  const taken = sub(a, d);
  const rest = add(sub(a, add(d, taken)), sub(taken, b));
  return { difference, rest: choose(isFinite(rest), rest, 0) };
}

/**
 * The quotient of two numbers by the one that is larger in absolute value, so at most 1; NaN where `x` is infinite, like
 * PyTorch's derivatives there.
 */
export function byLarger(
  x: Tensor,
  y: Tensor,
): { first: Tensor; quotient: Tensor; larger: Tensor } {
  const [a, b] = [detach(x), detach(y)];
  /** Whether the larger one is `x`. */
  const first = ge(size(a), size(b));
  const larger = choose(first, x, y);
  const quotient = div(choose(first, y, x), larger);
  return { first, quotient: choose(isInf(a), NaN, quotient), larger };
}

function size(x: Tensor): Tensor {
  return choose(ge(x, 0), x, neg(x));
}
