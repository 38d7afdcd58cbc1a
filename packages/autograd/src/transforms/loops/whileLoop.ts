/** @file `whileLoop`: a loop that ends by a condition, as one node of the graph. */
import { checkArgument, defineOptions, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../errors.js';
import { generator } from '../../graph/generatorState.js';
import { show } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter } from '../../graph/version.js';
import { flatten, isTensor } from '../../tree.js';
import { withGraphBuilding } from '../variable.js';
import { mode, refusePromise } from '../../graph/mode.js';
import { closeBody } from './body.js';
import { checkTensors, checkMatches, namesOf, recordBody, placeholderFor } from './recordBody.js';
import type { Loose } from './scan.js';
import { callWhile } from './whileCall.js';

/** Options of `whileLoop`. */
export interface WhileLoopOptions {
  /** The largest number of steps; it is an error if the condition still holds after them. Default 2³¹ − 1. */
  readonly maxIterations?: number;
}

const whileOptions = defineOptions<WhileLoopOptions>({
  maxIterations: kinds.kind<number>(
    'be a whole number from 0 to 2³¹ − 1',
    (x) => Number.isInteger(x) && (x as number) >= 0 && (x as number) < 2 ** 31,
  ),
});

/**
 * A loop that ends by a condition, as one node: `carry = body(carry)` while `condition(carry)` holds. Returns the
 * last carry.
 *
 * The carry is a tensor or a tree of tensors, whose structure, shapes and dtypes stay the same. The condition is a
 * tensor with a single element, which holds if it is not 0. Both functions are called once, so they cannot read values
 * (a plain loop can). Random numbers are those of the loop written by hand, from the same seed; so are the draws after
 * it, except inside `compile` and `vmap`, and on WebGPU.
 *
 * Forward mode carries tangents beside the values. A backward pass runs the loop again, as a `scan` over the steps it
 * took; where their number cannot be read, because `compile` records or because it is on WebGPU, over `maxIterations`
 * steps, which must then be given. Under `vmap` the loop runs until the last example is done; examples that are done
 * keep their carries. JAX: `jax.lax.while_loop`; PyTorch: `torch.while_loop`.
 *
 * @throws {ShapeError} or {DTypeError} naming the tensor, if the body returns another carry or the condition is not
 * a single element.
 * @throws {ChainruleError} when evaluated, if the condition is NaN or still holds after `maxIterations` steps.
 * @example whileLoop((x: Tensor) => x.lt(100), (x) => x.mul(2), tensor(3)) // 192
 */
export function whileLoop<C>(
  condition: (carry: Loose<C>) => Tensor,
  body: (carry: Loose<C>) => Loose<C>,
  carry: C,
  options?: WhileLoopOptions,
): Loose<C> {
  checkArgument('whileLoop', 'the condition', condition, kinds.callable);
  checkArgument('whileLoop', 'the body', body, kinds.callable);
  checkTensors('whileLoop', 'the carry', carry);
  const { maxIterations = 2 ** 31 - 1 } = whileOptions('whileLoop', options);
  const first = flatten(carry);
  const names = namesOf('carry', carry);
  const begins = checkCondition(
    withGraphBuilding(mode.grad, () =>
      condition(first.structure.rebuild(first.leaves) as Loose<C>),
    ),
  );
  const carries = first.leaves.map((x) => placeholderFor(x));
  const { result, cells, since, start, draws } = recordBody('whileLoop', () => {
    const next = refusePromise('whileLoop', body(first.structure.rebuild(carries) as Loose<C>));
    return [next, checkCondition(condition(next))];
  });
  const [next, goesOn] = result as [Loose<C>, Tensor];
  const closed = closeBody({
    since,
    start,
    draws,
    carries: [...carries, ...cells.map(({ before }) => before)],
    xs: [],
    outputs: [
      goesOn,
      ...checkMatches('whileLoop', next, first, names),
      ...cells.map(({ after }) => after),
    ],
  });
  const base = counter(start, 'offset');
  const results = callWhile(
    closed,
    maxIterations,
    begins,
    [...first.leaves, ...cells.map(({ before }) => before)],
    base,
  );
  // In plain code the number of draws can be read; elsewhere later draws follow the largest possible number.
  if (draws > 0) {
    const count = results.at(-1) as Tensor;
    const steps =
      mode.tracing === null && count.home !== 'webgpu'
        ? valueOf(count, 'whileLoop')[0]
        : maxIterations;
    generator.offset = start + (steps as number) * draws;
  }
  cells.forEach(({ cell }, k) => cell.assign(results[carries.length + k] as Tensor));
  return first.structure.rebuild(results.slice(0, carries.length)) as Loose<C>;
}

function checkCondition(x: unknown): Tensor {
  if (!isTensor(x)) {
    throw new DTypeError(
      `whileLoop: the condition must return a tensor, got ${display(x)}; compare tensors: x.lt(10)`,
    );
  }
  if (x.size !== 1) {
    throw new ShapeError(
      `whileLoop: the condition must have a single element, got shape ${show(x.sizes)}; reduce it: all() or any()`,
    );
  }
  return x.ndim === 0 ? x.current : x.reshape([]).current;
}
