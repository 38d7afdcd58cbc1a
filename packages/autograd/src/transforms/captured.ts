/**
 * @file Derivatives of what a recorded function captures. A captured graph has one value, computed from the parameters as
 * they were during the recording; so has its derivative, whatever is assigned between the calls.
 */
import { mode, recording } from '../graph/mode.js';
import type { Tensor } from '../graph/tensor.js';
import { clone } from '../ops/elements/comparison.js';

/** Whether `compile`, which is recording, captures a node: whether it is older than the recording. */
export function isCaptured(node: Tensor): boolean {
  return mode.tracing === 'compile' && node.id <= recording.since;
}

/** Runs a rule of a captured node, with versions of cells replaced by the values they have now. */
export function withVersionValues<T>(rule: () => T): T {
  const outer = recording.hold;
  recording.hold = valueOfVersion as (version: unknown) => unknown;
  try {
    return rule();
  } finally {
    recording.hold = outer;
  }
}

/** The value of an older version of a cell, as a node through which gradients flow. */
function valueOfVersion(x: Tensor): Tensor {
  if (x.cell === null || x.value === null || x.id > recording.since) return x;
  let captured = recording.held.get(x) as Tensor | undefined;
  if (captured !== undefined) return captured;
  const [{ grad }, outer] = [mode, recording.hold];
  recording.hold = null;
  mode.grad = true;
  try {
    captured = clone(x);
    captured.value = x.value.slice();
    recording.held.set(x, captured);
    return captured;
  } finally {
    mode.grad = grad;
    recording.hold = outer;
  }
}
