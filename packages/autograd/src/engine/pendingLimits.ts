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

/**
 * What a node waits for that was made many runs ago and can be computed from values, such as a mask made before a loop: it gets
 * a value, or each step of the loop would evaluate all that reads it.
 */
export function overdue(node: Tensor): Tensor[] {
  const mark = nextMark();
  const found: Tensor[] = [];
  const stack = [node];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    let isReady = top !== node;
    for (const x of top.inputs) {
      if (x.value !== null || x.depth === 0) continue;
      isReady = false;
      if (x.mark === mark || runtime.runs - x.since <= PENDING_LIMITS.runs) continue;
      x.mark = mark;
      stack.push(x);
    }
    if (isReady) found.push(top);
  }
  return found;
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
