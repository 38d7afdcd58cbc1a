/** @file Graphs that `backward` has dropped. */
import { GradError } from '../errors.js';
import { mode } from '../graph/mode.js';
import { show } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { placeholderOp, versionOp } from '../graph/version.js';

/** Losses that were differentiated while `compile` recorded: their graph is still needed to compute them. */
const backpropagated = new WeakSet<Tensor>();

/** Drops the graph of a loss that has been differentiated; a second `backward()` through it is an error. */
export function freeGraph(root: Tensor): void {
  if (root.isLeaf) return;
  if (mode.tracing === null) root.inputs = [];
  else backpropagated.add(root);
}

/** Whether `backward()` has dropped the graph of this node. */
export function isFreed(node: Tensor): boolean {
  if (mode.tracing !== null && backpropagated.has(node)) return true;
  return (
    node.op !== null &&
    node.op !== placeholderOp &&
    node.op !== versionOp &&
    node.cell === null &&
    node.inputs.length === 0 &&
    node.value !== null &&
    node.needsGrad
  );
}

export function freedError(node: Tensor): GradError {
  return new GradError(
    `backward: the graph behind this ${node.op?.name ?? 'tensor'} of shape ${show(node.sizes)} was freed by an earlier ` +
      `backward(); pass { retainGraph: true } to that one to differentiate again`,
  );
}
