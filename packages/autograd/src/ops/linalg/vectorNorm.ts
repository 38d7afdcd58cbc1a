/** @file The p-norm over dimensions, with PyTorch's derivatives where it has a kink. */
import type { Tensor } from '../../graph/tensor.js';
import { abs, add, mul, pow, sqrt } from '../elements/arithmetic.js';
import { sumOver } from '../build/broadcast.js';
import { eq, ne, where } from '../elements/comparison.js';
import { castNode, strongMul } from '../build/element.js';
import { maxOver, minOver } from '../reductions/fold.js';
import { reducedShape } from '../../graph/shape.js';
import { filled } from '../build/primitive.js';

/**
 * `(Σ |x|ᵖ)^(1/p)` over `dims`; p = ∞ and −∞ are the largest and smallest |x|, p = 0 counts what is not 0.
 *
 * Where the norm is 0 its gradient is 0. Of equal largest |x| each gets an equal part.
 */
export function vectorNorm(
  x: Tensor,
  p: number,
  dims: readonly number[],
  keepdim: boolean,
): Tensor {
  const attrs = { dims, keepdim };
  // Counted so that it stays connected, with a gradient of 0.
  if (p === 0) return sumOver([add(castNode(ne(x, 0), x.dtype), strongMul(0, x))], attrs);
  if (p === Infinity || p === -Infinity) {
    // Of no elements the norm is 0, as a sum would be.
    if (p === Infinity && dims.some((d) => x.shape[d] === 0)) {
      return filled(0, reducedShape(x.shape, dims, keepdim), x.dtype);
    }
    return (p > 0 ? maxOver : minOver)([abs(x)], attrs);
  }
  if (p === 1) return sumOver([abs(x)], attrs);
  if (p === 2) {
    const square = sumOver([mul(x, x)], attrs);
    return awayFromZero(square, sqrt);
  }
  // |x|ᵖ has no slope at 0 for p > 1; below, what is 0 is left out of the derivative.
  const zero = eq(x, 0);
  const magnitude = abs(where(zero, filled(1, x.shape, x.dtype), x));
  const atZero = filled(p < 0 ? Infinity : 0, x.shape, x.dtype);
  const total = sumOver([where(zero, atZero, pow(magnitude, p))], attrs);
  return awayFromZero(total, (t) => pow(t, 1 / p), p > 0 ? 0 : Infinity);
}

/** `f(x)`, and `atZero` without slope where x is 0. */
function awayFromZero(x: Tensor, f: (x: Tensor) => Tensor, atZero = 0): Tensor {
  const zero = eq(x, 0);
  const one = filled(1, x.shape, x.dtype);
  return where(zero, filled(atZero, x.shape, x.dtype), f(where(zero, one, x)));
}
