/** @file A graph that nobody observes does not grow without bound: which of it to evaluate, and when. */
import type { Tensor } from '../graph/tensor.js';
import { constantOp, counterOp } from '../graph/version.js';
import { nextMark } from './collect.js';

/** How many nodes back a pending node is old. */
const OLD = 5_000;

/** Leaves of more bytes than this are not held on to by a pending graph. */
const MANY_BYTES = 2 ** 26;

/**
 * What to evaluate behind a new tensor without grad whose pending graph has grown: the tensor itself if the inputs
 * it holds on to are large, else the old nodes that younger ones need.
 */
export function bound(node: Tensor): readonly Tensor[] {
  const { frontier, bytes } = survey(node);
  if (bytes > MANY_BYTES) return [node];
  node.oldest = Math.max(node.oldest, node.id - OLD);
  node.bytes = bytes;
  return frontier;
}

/** The bytes of the leaves behind a node, and the old nodes that younger ones depend on. */
function survey(node: Tensor): { frontier: Tensor[]; bytes: number } {
  const mark = nextMark();
  const stack = [node];
  const frontier: Tensor[] = [];
  let bytes = 0;
  node.mark = mark;
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const old = node.id - top.id > OLD;
    for (const x of top.inputs) {
      if (x.mark === mark) continue;
      x.mark = mark;
      if (x.value !== null) {
        bytes += x.cell === null ? x.value.byteLength : 0;
      } else if (x.op !== constantOp && x.op !== counterOp) {
        if (!old && node.id - x.id > OLD) frontier.push(x);
        stack.push(x);
      }
    }
  }
  return { frontier, bytes };
}
