/** @file What a recorded function captures without its value: computed once, before it is replayed. */
import { runtime } from '../../graph/runtime.js';
import type { Tensor } from '../../graph/tensor.js';
import { counterOp } from '../../graph/version.js';

/**
 * Evaluates what is captured unevaluated and depends on cells or on random numbers. A tensor has one value: replayed, its
 * graph would give another one at each call. Other captured graphs stay, as they give the same, and are fused.
 *
 * @param nodes what is recorded, inputs first. @param since the oldest node that was made meanwhile.
 * @returns whether there was any: then the graph is to be collected again.
 */
export function evaluateCaptured(
  nodes: readonly Tensor[],
  roots: readonly Tensor[],
  since: number,
): boolean {
  const changing = new Set<Tensor>();
  const used = new Set<Tensor>();
  for (const node of nodes) {
    if (node.id >= since) for (const x of node.inputs) used.add(x);
    else if (node.cell !== null) continue;
    else if (node.inputs.some((x) => mayChange(x) || changing.has(x))) changing.add(node);
  }
  if (changing.size === 0) return false;
  for (const root of roots) used.add(root);
  runtime.evaluate(
    [...changing].filter((node) => used.has(node)),
    'compile',
  );
  return true;
}

function mayChange(x: Tensor): boolean {
  return x.cell !== null || x.op === counterOp;
}
