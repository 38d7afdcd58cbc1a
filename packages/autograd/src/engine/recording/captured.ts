/** @file Values that a recorded function captures unevaluated: computed once, before it is replayed. */
import { runtime } from '../../graph/runtime.js';
import type { Tensor } from '../../graph/tensor.js';
import { counterOp } from '../../graph/version.js';

/**
 * Evaluates captured nodes that are unevaluated and depend on cells or on random numbers. A tensor has one value: if its
 * graph were replayed, it would have another one at each call. Other captured graphs stay in the plan, as they always give
 * the same value, and are fused.
 *
 * @param nodes the recorded graph, inputs first. @param since the id of the oldest node made during the recording.
 * @returns whether there were any: then the graph must be collected again.
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
