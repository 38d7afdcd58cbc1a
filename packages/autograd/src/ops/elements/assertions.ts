/** @file Assertions about values, checked when they are evaluated. */
import { checkArgument } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import type { Tensor } from '../../graph/tensor.js';
import { withinBounds } from '../build/between.js';
import { operand, type Operand } from '../build/primitive.js';
import type { ShapeIn } from '../../types/index.js';

/**
 * `x` itself, after a check that every element is in [low, high]; NaN is not. For conditions that depend on values: a
 * probability, an angle. Derivatives pass through. `what` names the value in the error. PyTorch: `torch._assert_async`.
 *
 * @throws {ChainruleError} for an element outside: at the call if the values are known, otherwise when evaluated, also
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
  return withinBounds(operand('assertBetween', x), low, high, what) as Tensor<ShapeIn<X>>;
}
