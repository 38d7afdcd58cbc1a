/** @file Rebuilds a recorded graph on other inputs: unchanged, or for many examples. */
import { mode } from '../graph/mode.js';
import { extraOf } from '../graph/cells/gradient.js';
import { makeNode } from '../graph/node.js';
import type { Tensor } from '../graph/tensor.js';
import { callOf, type Replacement, type Rewriting } from './call.js';
import {
  subgraphBetween,
  withGraphBuilding,
  detachValue,
  smallestId,
  variableOp,
} from './variable.js';

/**
 * Rebuilds the graph between `variables` and `outputs`, with `replacements` in place of the variables. A node with a batched
 * input is built by its batching rule, one with another new input as it was, and a node that depends on neither is kept.
 * `within` is the rewriting that this one is part of; `since` as in `subgraphBetween`. Returns each output's replacement, or the
 * output itself if nothing behind it is replaced.
 */
export function rewrite(
  outputs: readonly Tensor[],
  variables: readonly Tensor[],
  replacements: readonly Replacement[],
  size: number,
  {
    within,
    since = smallestId(variables),
  }: { within?: Rewriting | undefined; since?: number } = {},
): Replacement[] {
  const own = new Map<Tensor, Replacement>();
  variables.forEach((x, k) => own.set(x, replacements[k] as Replacement));
  const rewriting: Rewriting = {
    find: (node) => own.get(node) ?? within?.find(node),
    since: Math.min(since, within?.since ?? Infinity),
  };
  const grad = mode.grad;
  const label = mode.scope;
  try {
    for (const node of subgraphBetween(outputs, variables, { all: true, since: rewriting.since })
      .nodes) {
      if (own.has(node)) continue;
      mode.scope = node.scope;
      if (node.cell !== null) {
        // A version that was assigned meanwhile: what it is now, without the cell.
        const next = rewriting.find(node.inputs[0] as Tensor);
        if (next !== undefined)
          own.set(
            node,
            node.needsGrad ? restoreLeaf(next) : { ...next, node: detachValue(next.node) },
          );
        continue;
      }
      const call = callOf(node);
      if (call !== null) {
        const inputs = call.inputs.map((x) => rewriting.find(x) ?? { node: x, batched: false });
        const results = call.rules.rebuild(inputs, size, call, rewriting);
        call.outputs.forEach((output, k) => own.set(output, results[k] as Replacement));
        continue;
      }
      const found = node.inputs.map((x) => rewriting.find(x));
      if (found.every((r) => r === undefined)) continue;
      const inputs = node.inputs.map((x, i) => found[i]?.node ?? x);
      const batched = found.map((r) => r?.batched === true);
      const isLeaf = node.extra?.isLeaf === true;
      const made = withGraphBuilding(grad && node.needsGrad && !isLeaf, () =>
        rebuildNode(node, inputs, batched, size),
      );
      own.set(node, isLeaf && node.needsGrad ? restoreLeaf(made) : made);
    }
  } finally {
    mode.scope = label;
  }
  return outputs.map((y) => rewriting.find(y) ?? { node: y, batched: false });
}

/** Makes a computed leaf a leaf again. */
function restoreLeaf({ node, batched }: Replacement): Replacement {
  const leaf = withGraphBuilding(false, () => variableOp([node]));
  extraOf(leaf).isLeaf = true;
  leaf.needsGrad = true;
  return { node: leaf, batched };
}

function rebuildNode(
  node: Tensor,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
): Replacement {
  const { op, attrs, sizes: shape, dtype } = node;
  if (op === null) return { node, batched: false };
  if (batched.includes(true)) {
    return { node: op.batch(inputs, batched, attrs ?? {}, size), batched: true };
  }
  return { node: makeNode(op, inputs, attrs, shape, dtype), batched: false };
}
