/** @file Runs a solver outside of the graph, because each of its steps depends on values. */
import { ChainruleError, isCompiling, pureCallback, type Tensor } from '@chainrule/autograd';

/**
 * `pureCallback`, for the solver `name` that a user called. @throws {ChainruleError} inside `compile`, which replays without
 * reading values.
 */
export function byValues<R>(
  name: string,
  solve: (...args: Tensor[]) => R,
  like: R,
  ...args: readonly Tensor[]
): R {
  if (isCompiling()) {
    throw new ChainruleError(
      `${name}: its steps depend on values, which a function that compile records cannot read; call ${name} outside and ` +
        'pass its result to the compiled function as an argument (derivatives flow through both), or iterate with whileLoop',
    );
  }
  return pureCallback(solve, like, ...args);
}
