/** @file Checkpointing: what a function computes is not kept for the backward pass, but computed again there. */
import { checkArgument } from '../arguments/index.js';
import { refuseOptions } from '../arguments/options.js';
import * as kinds from '../arguments/kinds.js';
import { mode, refusePromise } from '../graph/mode.js';
import { flatten } from '../tree.js';
import { recordCall } from './recordedCall.js';

/**
 * Calls `f(…args)` so that the backward pass computes everything inside `f` again instead of keeping it: less memory
 * for more time. Values and gradients are the same to the last bit.
 *
 * `f` is called a single time. What is computed again is what it recorded, with the same random numbers; side
 * effects are not repeated. Gradients also flow to the parameters and tensors that `f` closes over. Nests with
 * itself and every other transform. PyTorch: `torch.utils.checkpoint.checkpoint`.
 * @example const h = checkpoint((x) => block.forward(x), x);
 */
export function checkpoint<A extends unknown[], R>(f: (...args: A) => R, ...args: A): R {
  checkArgument('checkpoint', 'f', f, kinds.callable);
  refuseOptions('checkpoint', args);
  if (!mode.grad) return refusePromise('checkpoint', f(...args));
  const { leaves, structure } = flatten(args);
  let results: ReturnType<typeof flatten> | null = null;
  const outputs = recordCall(
    'checkpoint',
    (xs) => {
      results = flatten(f(...(structure.rebuild(xs) as A)));
      return results.leaves;
    },
    leaves,
  );
  return (results as unknown as ReturnType<typeof flatten>).structure.rebuild(outputs) as R;
}
