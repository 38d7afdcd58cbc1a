/** @file Reads the learning rates that a step uses. */
import { Tensor } from '@chainrule/autograd';
import type { OptimizerLike } from './options.js';

/** The learning rates of an optimizer's groups, as numbers. */
export function ratesOf({ paramGroups }: OptimizerLike): number[] {
  return paramGroups.flatMap(({ lr }) =>
    lr === undefined ? [] : [lr instanceof Tensor ? lr.item() : lr],
  );
}
