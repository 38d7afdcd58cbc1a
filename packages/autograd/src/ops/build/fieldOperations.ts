/** @file The four operations of a field and the functions that they need: all derivative rules build on these. */
import { refuseSurplus } from '../../arguments/index.js';
import { castNode } from './element.js';
import { binary, operand, unary, type BinaryOp, type Operand, type UnaryOp } from './define.js';
import type { ShapeIn } from '../../types/index.js';
import type { Tensor } from '../../graph/tensor.js';

/**
 * `x − y`, element by element, broadcast. PyTorch: `torch.sub`; int32 wraps around, two booleans are refused.
 * @example sub(tensor([3, 5]), 1) // [2, 4]
 */
export const sub: BinaryOp = binary('sub', {
  reference: (x, y) => x - y,
  integer: (x, y) => (x - y) | 0,
  dx: () => 1,
  dy: () => (t) => neg(t),
  domain: 'number',
});

/**
 * `x · y`, element by element, broadcast. PyTorch: `torch.mul`; int32 wraps around, booleans multiply as logical and.
 * In derivatives a cotangent of 0 gives 0, even if the other factor is infinite or NaN.
 * @example mul(tensor([3, 5]), 2) // [6, 10]
 */
export const mul: BinaryOp = binary('mul', {
  unit: 'either',
  reference: (x, y) => x * y,
  integer: Math.imul,
  dx: (_x, y) => y,
  dy: (x) => x,
});

/**
 * `x / y`, element by element, broadcast; always a float: integers and booleans become float32. Division by zero gives
 * ±Inf, 0/0 NaN. PyTorch: `torch.div`; for its rounding modes see `floorDivide` and `trunc`.
 * @example div(tensor([3, 5]), 2) // [1.5, 2.5]
 */
export const div: BinaryOp = binary('div', {
  unit: 'second',
  reference: (x, y) => x / y,
  // Not ct / y, which is NaN where a branch that was not taken divides 0 by 0.
  dx: (_x, y) => reciprocal(y),
  dy: (_x, y, out) => neg(div(out, y)),
  domain: 'float',
});

/**
 * `−x`. PyTorch: `torch.neg`; refuses booleans.
 * @example neg(tensor([1, -2])) // [-1, 2]
 */
export const neg: UnaryOp = unary('neg', {
  involution: true,
  reference: (x) => -x,
  derivative: () => (t) => neg(t),
  domain: 'number',
});

/**
 * `1 / x`, always a float; ±Inf at ±0. PyTorch: `torch.reciprocal`.
 * @example reciprocal(tensor([2, 4])) // [0.5, 0.25]
 */
export const reciprocal: UnaryOp = unary('reciprocal', {
  reference: (x) => 1 / x,
  derivative: (_x, y) => neg(square(y)),
});

const squareOp = unary('square', {
  reference: (x) => x * x,
  integer: (x) => Math.imul(x, x),
  derivative: (x) => mul(x, 2),
  domain: 'number',
});

/**
 * `x²`. PyTorch: `torch.square`; int32 wraps around, booleans become int32.
 * @example square(tensor([-2, 3])) // [4, 9]
 */
export function square<X extends Operand>(x: X): Tensor<ShapeIn<X>>;
export function square<X extends Operand>(x: X, surplus?: unknown): Tensor<ShapeIn<X>> {
  if (surplus !== undefined) refuseSurplus('square', surplus);
  const node = operand('square', x);
  return squareOp(node.dtype === 'bool' ? castNode(node, 'int32') : node) as Tensor<ShapeIn<X>>;
}
