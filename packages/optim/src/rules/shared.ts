/** @file Formulas that several rules have in common. */
import { add, mul, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';

/** `g + weightDecay · p`: the gradient of an L2 penalty, where the group has one. */
export function penalized(
  g: Tensor,
  p: Tensor,
  s: { readonly weightDecay: Tensor },
  group: { readonly weightDecay: number },
): Tensor {
  return group.weightDecay === 0 ? g : add(g, mul(p, s.weightDecay));
}

/** The exponential average `m + weight · (x − m)`. */
export function average(m: Tensor, x: Tensor, weight: Tensor): Tensor {
  return add(m, mul(sub(x, m), weight));
}

/** The exponential average of squares, `keep · v + weight · g²`. */
export function averageSquare(v: Tensor, g: Tensor, keep: Tensor, weight: Tensor): Tensor {
  return add(mul(v, keep), mul(mul(g, g), weight));
}
