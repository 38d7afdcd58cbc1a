/** @file Trigonometric and hyperbolic functions; angles in radians. Integers and booleans become float32. */
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  acosForm,
  acoshForm,
  asinForm,
  asinhForm,
  atanForm,
  atan2Form,
  atanhForm,
  cosForm,
  coshForm,
  sinForm,
  sinhForm,
  tanForm,
} from '../../kernels/elements/trigonometry.js';
import {
  binary,
  unary,
  type BroadcastingMethod,
  type BinaryOp,
  type UnaryOp,
} from '../build/define.js';
import { abs } from './arithmetic.js';
import { add, choose } from '../build/element.js';
import { mul, neg, reciprocal, square, sub } from '../build/fieldOperations.js';
import { hypot, rsqrt } from './powers.js';
import { eq, gt, logicalAnd, logicalOr, lt } from '../build/relations.js';
import { byLarger } from './compensated.js';

export { tanh } from './logistic.js';

/**
 * The sine; NaN at ±Inf. PyTorch: `torch.sin`.
 * @example sin(tensor([0, Math.PI / 2])) // [0, 1]
 */
export const sin: UnaryOp = unary('sin', {
  reference: Math.sin,
  vector: sinForm,
  derivative: (x) => cos(x),
});

/**
 * The cosine; NaN at ±Inf. PyTorch: `torch.cos`.
 * @example cos(tensor([0, Math.PI])) // [1, -1]
 */
export const cos: UnaryOp = unary('cos', {
  reference: Math.cos,
  vector: cosForm,
  derivative: (x) => neg(sin(x)),
});

/**
 * The tangent; NaN at ±Inf. PyTorch: `torch.tan`.
 * @example tan(tensor([0, 1])) // [0, 1.5574]
 */
export const tan: UnaryOp = unary('tan', {
  reference: Math.tan,
  vector: tanForm,
  derivative: (_x, y) => add(square(y), 1),
});

/**
 * The angle in [−π/2, π/2] whose sine is x; NaN outside of [−1, 1]. PyTorch: `torch.asin`.
 * @example asin(tensor([0, 1])) // [0, 1.5708]
 */
export const asin: UnaryOp = unary('asin', {
  reference: Math.asin,
  vector: asinForm,
  derivative: (x) => rsqrt(oneMinusSquare(x)),
});

/**
 * The angle in [0, π] whose cosine is x; NaN outside of [−1, 1]. PyTorch: `torch.acos`.
 * @example acos(tensor([0, 1])) // [1.5708, 0]
 */
export const acos: UnaryOp = unary('acos', {
  reference: Math.acos,
  vector: acosForm,
  derivative: (x) => neg(rsqrt(oneMinusSquare(x))),
});

/**
 * `1 − x²`: as a product where the difference would cancel; as a difference where the product's derivative would cancel, or be
 * infinity times 0.
 */
function oneMinusSquare(x: Tensor): Tensor {
  const magnitude = abs(x);
  const plain = logicalOr(lt(magnitude, 0.5), eq(magnitude, 1));
  return choose(plain, sub(1, square(x)), mul(sub(1, x), add(x, 1)));
}

/**
 * The angle in [−π/2, π/2] whose tangent is x. PyTorch: `torch.atan`.
 * @example atan(tensor([0, 1])) // [0, 0.7854]
 */
export const atan: UnaryOp = unary('atan', {
  reference: Math.atan,
  vector: atanForm,
  derivative: (x) => {
    // For |x| > 1 in terms of 1/x: the square of x overflows long before the second derivative is 0.
    const far = gt(abs(x), 1);
    const inverse = square(reciprocal(x));
    return choose(far, mul(inverse, reciprocal(add(inverse, 1))), reciprocal(add(square(x), 1)));
  },
});

/**
 * The angle in [−π, π] of the point (x, y); the two broadcast. At the origin the angle is ±0 or ±π, according to
 * the signs of the zeros, and the derivative is 0. PyTorch: `torch.atan2`.
 * @example atan2(tensor([1, 1]), tensor([1, -1])) // [0.7854, 2.3562]
 */
export const atan2: BinaryOp = binary('atan2', {
  reference: Math.atan2,
  vector: atan2Form,
  dx: (y, x) => overSquares(x, y),
  dy: (y, x) => neg(overSquares(y, x)),
  domain: 'float',
});

/** `z / (z² + w²)`, and 0 at the origin; no square overflows or underflows before the quotient does. */
function overSquares(z: Tensor, w: Tensor): Tensor {
  const origin = logicalAnd(eq(z, 0), eq(w, 0));
  const { first, quotient, larger } = byLarger(choose(origin, 1, z), w);
  const inverse = reciprocal(mul(larger, add(square(quotient), 1)));
  return choose(origin, 0, choose(first, inverse, mul(quotient, inverse)));
}

/**
 * The hyperbolic sine. PyTorch: `torch.sinh`.
 * @example sinh(tensor([0, 1])) // [0, 1.1752]
 */
export const sinh: UnaryOp = unary('sinh', {
  reference: Math.sinh,
  vector: sinhForm,
  derivative: (x) => cosh(x),
});

/**
 * The hyperbolic cosine. PyTorch: `torch.cosh`.
 * @example cosh(tensor([0, 1])) // [1, 1.5431]
 */
export const cosh: UnaryOp = unary('cosh', {
  reference: Math.cosh,
  vector: coshForm,
  derivative: (x) => sinh(x),
});

/**
 * The inverse of `sinh`. PyTorch: `torch.asinh`.
 * @example asinh(tensor([0, 1])) // [0, 0.8814]
 */
export const asinh: UnaryOp = unary('asinh', {
  reference: Math.asinh,
  vector: asinhForm,
  derivative: (x) => reciprocal(hypot(x, 1)),
});

/**
 * The inverse of `cosh`, non-negative; NaN below 1. PyTorch: `torch.acosh`.
 * @example acosh(tensor([1, 2])) // [0, 1.3170]
 */
export const acosh: UnaryOp = unary('acosh', {
  reference: Math.acosh,
  vector: acoshForm,
  // A function of |x|, as in PyTorch, which has a derivative even where there is no value.
  derivative: (x) => mul(rsqrt(sub(abs(x), 1)), rsqrt(add(abs(x), 1))),
});

/**
 * The inverse of `tanh`; ±Inf at ±1, NaN outside. PyTorch: `torch.atanh`.
 * @example atanh(tensor([0, 0.5])) // [0, 0.5493]
 */
export const atanh: UnaryOp = unary('atanh', {
  reference: Math.atanh,
  vector: atanhForm,
  derivative: (x) => reciprocal(oneMinusSquare(x)),
});

/** The methods of this family. */
export interface TrigonometricMethods<S extends Shape = Shape> {
  sin(): Tensor<S>;
  cos(): Tensor<S>;
  tan(): Tensor<S>;
  asin(): Tensor<S>;
  acos(): Tensor<S>;
  atan(): Tensor<S>;
  atan2: BroadcastingMethod;
  sinh(): Tensor<S>;
  cosh(): Tensor<S>;
  tanh(): Tensor<S>;
  asinh(): Tensor<S>;
  acosh(): Tensor<S>;
  atanh(): Tensor<S>;
}
