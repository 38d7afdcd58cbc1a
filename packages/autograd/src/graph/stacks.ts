/** @file Where nodes were made, in debug mode. Beside the nodes: a graph is the same with and without. */
import type { Tensor } from './tensor.js';

/** @internal The stack at the creation of a node. */
export const stacks = new WeakMap<Tensor, string>();

/** @internal The stack, deep enough to reach the user's own code. */
export function captureStack(): string {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 256); // it may be frozen
  const { stack = '' } = new Error();
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return stack;
}
