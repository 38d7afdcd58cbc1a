/** @file The p-norm over dimensions, with PyTorch's derivatives where it has a kink. */
import type { Tensor } from '../../graph/tensor.js';
import { abs, add, clamp, mul, pow, reciprocal, sqrt } from '../elements/arithmetic.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { eq, gt, logicalAnd, lt, ne, where } from '../elements/comparison.js';
import { detach } from '../build/detach.js';
import { exp2, log2 } from '../elements/exponential.js';
import { floor } from '../elements/rounding.js';
import { castNode, strongMul } from '../build/element.js';
import { maxOver, minOver } from '../reductions/fold.js';
import { reducedShape } from '../../graph/shape.js';
import { filled } from '../build/primitive.js';

/**
 * `(Σ |x|ᵖ)^(1/p)` over `dims`; p = ∞ and −∞ are the largest and smallest |x|, p = 0 counts nonzero elements.
 *
 * No digit is lost where a power overflows but the norm does not. Where the norm is 0 its gradient is 0. The
 * gradient is split evenly among equal largest |x|.
 * @example linalg.vectorNorm(tensor([3, -4]), 1) // 7
 */
export function vectorNorm(
  x: Tensor,
  p: number,
  dims: readonly number[],
  keepdim: boolean,
): Tensor {
  const attrs = { dims, keepdim };
  // The zero term keeps the count connected to x, with a gradient of 0.
  if (p === 0) return sumOver([add(castNode(ne(x, 0), x.dtype), strongMul(0, x))], attrs);
  if (p === Infinity || p === -Infinity) {
    // The norm of no elements is 0, as for a sum.
    if (p === Infinity && dims.some((d) => x.sizes[d] === 0)) {
      return filled(0, reducedShape(x.sizes, dims, keepdim), x.dtype);
    }
    return (p > 0 ? maxOver : minOver)([abs(x)], attrs);
  }
  if (p === 1) return sumOver([abs(x)], attrs);
  if (x.dtype === 'float32' && x.home !== 'webgpu' && (p === 2 || p > MAX_SINGLE_ORDER)) {
    const wide = castNode(x, 'float64');
    // A double holds the square of every float32.
    const norm = p === 2 ? unscaledNorm(wide, p, attrs) : vectorNorm(wide, p, dims, keepdim);
    return castNode(norm, 'float32');
  }
  // The norm is homogeneous: x is divided by a scale that the result is multiplied by, and which is a constant for derivatives.
  // So no power overflows or underflows unless the norm does.
  const scale = Math.abs(p) > MAX_ORDER ? largestOf(x, dims, p) : scaleOf(x, dims);
  const scaled = mul(x, reciprocal(scale));
  const back = keepdim ? scale : reshapeNode(scale, reducedShape(x.sizes, dims, false));
  return mul(unscaledNorm(scaled, p, attrs), back);
}

/** For larger orders, the powers and their quotients in second derivatives need the range of a double. */
const MAX_SINGLE_ORDER = 30;

/** For larger orders, already powers of numbers up to 2 overflow: the element that decides is scaled to 1. */
const MAX_ORDER = 500;

/** The |x| over `dims` that decides the norm, the largest or for negative orders the smallest; 1 where that is 0, infinite or NaN. */
function largestOf(x: Tensor, dims: readonly number[], p: number): Tensor {
  if (dims.some((d) => x.sizes[d] === 0)) return scaleOf(x, dims);
  const most = (p > 0 ? maxOver : minOver)([abs(detach(x))], { dims, keepdim: true });
  return where(logicalAnd(gt(most, 0), lt(most, Infinity)), most, 1);
}

/**
 * The largest power of two up to the largest |x| over `dims`, by which division is exact; 1 where that is 0, infinite or NaN.
 */
export function scaleOf(x: Tensor, dims: readonly number[]): Tensor {
  if (dims.some((d) => x.sizes[d] === 0))
    return filled(1, reducedShape(x.sizes, dims, true), x.dtype);
  const most = maxOver([abs(detach(x))], { dims, keepdim: true });
  const power = exp2(floor(log2(most)));
  const usual = logicalAnd(gt(most, 0), lt(most, Infinity));
  return where(
    usual,
    clamp(power, SMALLEST_NORMAL[x.dtype as 'float32'], 1 / SMALLEST_NORMAL[x.dtype as 'float32']),
    1,
  );
}

/** The smallest powers of two that are normal numbers, as are their reciprocals. */
const SMALLEST_NORMAL = { float32: 2 ** -126, float64: 2 ** -1022 } as const;

/** The norm of elements up to 2. */
function unscaledNorm(
  x: Tensor,
  p: number,
  attrs: { readonly dims: readonly number[]; readonly keepdim: boolean },
): Tensor {
  if (p === 2) {
    const square = sumOver([mul(x, x)], attrs);
    return awayFromZero(square, sqrt);
  }
  // |x|ᵖ has slope 0 at 0 for p > 1; for smaller p, zeros are left out of the derivative.
  const zero = eq(x, 0);
  const magnitude = abs(where(zero, filled(1, x.sizes, x.dtype), x));
  const atZero = filled(p < 0 ? Infinity : 0, x.sizes, x.dtype);
  const total = sumOver([where(zero, atZero, pow(magnitude, p))], attrs);
  return awayFromZero(total, (t) => pow(t, 1 / p), p > 0 ? 0 : Infinity);
}

/** `f(x)`; where x is 0, the constant `atZero`. */
function awayFromZero(x: Tensor, f: (x: Tensor) => Tensor, atZero = 0): Tensor {
  const zero = eq(x, 0);
  const one = filled(1, x.sizes, x.dtype);
  return where(zero, filled(atZero, x.sizes, x.dtype), f(where(zero, one, x)));
}
