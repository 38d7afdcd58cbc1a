/** @file Assertions about values, checked when they are evaluated. */
import { checkArgument } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import type { DType } from '../../graph/dtype.js';
import { hostValue } from '../../graph/values/hostValue.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { betweenNode, checkBetween } from '../build/between.js';
import { operand, type Operand } from '../build/primitive.js';
import type { ShapeIn } from '../../types/index.js';

/**
 * `x` itself, after a check that every element is in [low, high]; NaN is not. For what only values can tell: a
 * probability, an angle. Derivatives pass through. `what` names the value in the error. PyTorch: `torch._assert_async`.
 *
 * @throws {ChainruleError} for an element outside: at once if the values are known, otherwise when evaluated, also
 * compiled and batched.
 * @example assertBetween(prediction, 0, 1, 'my loss: the probability').log()
 */
export function assertBetween<X extends Operand>(
  x: X,
  low: number,
  high: number,
  what = 'assertBetween: x',
): Tensor<ShapeIn<X>> {
  checkArgument('assertBetween', 'low', low, kinds.real);
  checkArgument('assertBetween', 'high', high, kinds.real);
  checkArgument('assertBetween', 'what', what, kinds.text);
  if (!(low <= high)) {
    throw new ChainruleError(`assertBetween: low must not exceed high, got ${low} and ${high}`);
  }
  const node = operand('assertBetween', x);
  const bounds = boundsIn(node.dtype, low, high);
  const known = node.cell === null ? hostValue(node) : null;
  const attrs = { what, low: bounds[0], high: bounds[1] };
  if (known !== null) checkBetween(known, attrs);
  return betweenNode([node, ...bounds.map((n) => constant(n, node.dtype))], attrs) as Tensor<
    ShapeIn<X>
  >;
}

/** The bounds in a dtype; integers are compared with whole numbers. */
function boundsIn(dtype: DType, low: number, high: number): [number, number] {
  if (dtype === 'float64') return [low, high];
  if (dtype === 'float32') return [Math.fround(low), Math.fround(high)];
  return [Math.max(Math.ceil(low), -2147483648), Math.min(Math.floor(high), 2147483647)];
}
