/** @file Keeps a graph that nobody reads from growing without bound: decides when a new node is evaluated unasked. */
import { MOST_PENDING, taken } from '../graph/pending.js';
import { runtime } from '../graph/runtime.js';
import type { Tensor } from '../graph/tensor.js';
import { nextMark } from './collect.js';

/** Whether more is pending behind a node than allowed. Bytes are counted exactly only where their upper bound is too high. */
export function exceeds(node: Tensor): boolean {
  if (node.depth >= MOST_PENDING.depth || runtime.runs - node.since > MOST_PENDING.runs)
    return true;
  node.bytes = taken.since(node.since);
  if (node.bytes > MOST_PENDING.bytes) node.bytes = bytesBehind(node);
  return node.bytes > MOST_PENDING.bytes;
}

/** The bytes of the leaves that a pending node keeps alive. */
function bytesBehind(node: Tensor): number {
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
