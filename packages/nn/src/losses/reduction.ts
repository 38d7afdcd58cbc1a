/** @file What a loss does with the values of its elements. */
import { ChainruleError, kinds, type Kind, type Tensor } from '@chainrule/autograd';

/** The mean of all, their sum, or each of them. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction | undefined;
}

/** What `reduction` may be. */
export const reductionKind: Kind<Reduction> = kinds.oneOf('mean', 'sum', 'none');

export function reduce(op: string, loss: Tensor, reduction: Reduction = 'mean'): Tensor {
  checkReduction(op, reduction);
  return reduction === 'mean' ? loss.mean() : reduction === 'sum' ? loss.sum() : loss;
}

export function checkReduction(op: string, reduction: string, ...more: readonly string[]): void {
  const known = ['mean', 'sum', 'none', ...more];
  if (!known.includes(reduction)) {
    throw new ChainruleError(
      `${op}: reduction must be one of '${known.join("', '")}', got '${String(reduction)}'`,
    );
  }
}
