/** @file How a loss combines the values of its elements. */
import {
  ChainruleError,
  checkArgument,
  display,
  type Kind,
  kinds,
  type Tensor,
} from '@chainrule/autograd';
import { checkBroadcast } from '../broadcast.js';

/** The mean of all elements, their sum, or each of them. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** How elements are combined. Default `'mean'`. */
  readonly reduction?: Reduction | undefined;
}

/** What `reduction` may be. */
export const reductionKind: Kind<Reduction> = kinds.oneOf('mean', 'sum', 'none');

/** Refuses arguments that are not tensors, by name. */
export function checkTensors(op: string, given: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(given)) checkArgument(op, name, given[name], kinds.tensor);
}

export function reduce(op: string, loss: Tensor, reduction: Reduction = 'mean'): Tensor {
  checkReduction(op, reduction);
  return reduction === 'mean' ? loss.mean() : reduction === 'sum' ? loss.sum() : loss;
}

export function checkReduction(op: string, reduction: string, ...more: readonly string[]): void {
  const known = ['mean', 'sum', 'none', ...more];
  if (!known.includes(reduction)) {
    throw new ChainruleError(
      `${op}: reduction must be one of '${known.join("', '")}', got ${display(reduction)}`,
    );
  }
}

/** The pairs of shapes that have been warned about, up to `MAX_WARNINGS`: more come only from a loop over shapes. */
const warned = new Set<string>();
const MAX_WARNINGS = 64;

/**
 * Refuses an input and a target whose shapes do not broadcast, and warns once for each pair of shapes that do but differ:
 * `[4, 1]` and `[4]` make sixteen errors.
 */
export function checkTarget(op: string, input: Tensor, target: Tensor): void {
  const [sizes, others] = [input.shape, target.shape];
  if (sizes.length === others.length && sizes.every((n, i) => n === others[i])) return;
  checkBroadcast(op, { input, target });
  const [own, other] = [`[${sizes.join(', ')}]`, `[${others.join(', ')}]`];
  const key = `${op} ${own} ${other}`;
  if (warned.has(key) || warned.size >= MAX_WARNINGS) return;
  warned.add(key);
  console.warn(
    `${op}: the target's shape ${other} differs from the input's ${own}; they broadcast, so elements are ` +
      `compared that may not belong together. Give both the same shape: target.reshape(${own}) or input.squeeze()`,
  );
}
