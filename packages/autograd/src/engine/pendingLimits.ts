/** @file Keeps a graph that nobody reads from growing without bound: decides when a new node is evaluated unasked. */
import { PENDING_LIMITS, readCounter } from '../graph/pending.js';
import { runtime } from '../graph/runtime.js';
import type { Tensor } from '../graph/tensor.js';
import { nextMark } from './collect.js';

/** Whether more is pending behind a node than allowed. Bytes are counted exactly only where their upper bound is too high. */
export function exceedsPendingLimits(node: Tensor): boolean {
  if (node.depth >= PENDING_LIMITS.depth || runtime.runs - node.since > PENDING_LIMITS.runs)
    return true;
  node.bytes = readCounter.since(node.since);
  if (node.bytes > PENDING_LIMITS.bytes) node.bytes = pendingLeafBytes(node);
  return node.bytes > PENDING_LIMITS.bytes;
}

/** The bytes of the leaves that a pending node keeps alive. */
function pendingLeafBytes(node: Tensor): number {
  const mark = nextMark();
  const stack = [node];
  let bytes = 0;
  node.mark = mark;
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    for (const x of top.inputs) {
      if (x.mark === mark) continue;
      x.mark = mark;
      if (x.value === null) stack.push(x);
      else if (x.cell === null) bytes += x.value.byteLength;
    }
  }
  return bytes;
}
