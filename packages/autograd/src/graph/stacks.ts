/** @file Where nodes were made, in debug mode. Beside the nodes: a graph is the same with and without. */
import type { Tensor } from './tensor.js';

/** @internal The stack at the creation of a node. */
export const stacks = new WeakMap<Tensor, string>();
