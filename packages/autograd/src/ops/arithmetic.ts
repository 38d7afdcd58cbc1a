/** @file Arithmetic of elements: sums, products, quotients, powers. */
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { binary, unary, type BinaryOp, type Operand, type UnaryOp } from './define.js';
import { add } from './element.js';

export { add };

/**
 * `x − y`, element by element. PyTorch: `torch.sub`; int32 wraps around.
 * @example sub(tensor([3, 5]), 1) // [2, 4]
 */
export const sub: BinaryOp = binary('sub', {
  reference: (x, y) => x - y,
  integer: (x, y) => (x - y) | 0,
  dx: () => 1,
  dy: () => -1,
  domain: 'number',
});

/**
 * `x · y`, element by element. PyTorch: `torch.mul`; int32 wraps around.
 * The derivative follows the strong zero: where the cotangent is 0 the result is 0, also if the other factor is infinite.
 */
export const mul: BinaryOp = binary('mul', {
  reference: (x, y) => x * y,
  integer: Math.imul,
  dx: (_x, y) => y,
  dy: (x) => x,
});

/**
 * `x / y`, element by element, always a float: integers and booleans become float32. Division by zero gives ±Inf, 0/0 NaN.
 * PyTorch: `torch.div`.
 */
export const div: BinaryOp = binary('div', {
  reference: (x, y) => x / y,
  dx: (_x, y) => reciprocal(y),
  dy: (_x, y, out) => neg(div(out, y)),
  domain: 'float',
});

/** `−x`. PyTorch: `torch.neg`; refuses booleans. */
export const neg: UnaryOp = unary('neg', { reference: (x) => -x, derivative: () => -1, domain: 'number' });

/** `1 / x`; ±Inf at ±0. PyTorch: `torch.reciprocal`. */
export const reciprocal: UnaryOp = unary('reciprocal', {
  reference: (x) => 1 / x,
  derivative: (_x, y) => neg(square(y)),
});

/** `x²`. PyTorch: `torch.square`; int32 wraps around. */
export function square(x: Operand): Tensor {
  return mul(x, x);
}

/** The methods of this family. */
export interface ArithmeticMethods<S extends Shape = Shape> {
  add(other: Operand): Tensor;
  sub(other: Operand): Tensor;
  mul(other: Operand): Tensor;
  div(other: Operand): Tensor;
  neg(): Tensor<S>;
  reciprocal(): Tensor<S>;
  square(): Tensor<S>;
}
