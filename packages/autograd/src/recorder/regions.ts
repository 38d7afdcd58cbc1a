/** @file The regions of a recorded graph, from the calls of composites that were noted while it was recorded. */
import type { RecordedRegion } from '../graph/region.js';
import type { Tensor } from '../graph/tensor.js';
import { isTensor } from '../tree.js';
import type { NodeList } from './nodes.js';
import { replaceLeaves } from './paths.js';
import type { GraphNode, Region } from './recordedGraph.js';

/** The regions that have nodes or results in the graph. */
export function regionsOf(
  calls: readonly RecordedRegion[],
  list: NodeList,
  computed: readonly { readonly id: number; readonly node: GraphNode }[],
  returned: ReadonlySet<GraphNode>,
): Region[] {
  const users = new Map<GraphNode, GraphNode[]>();
  for (const node of list.nodes) {
    for (const x of node.inputs) {
      const known = users.get(x);
      if (known === undefined) users.set(x, [node]);
      else known.push(node);
    }
  }
  const made = new Map<number, Region>();
  calls.forEach((call, place) => {
    const nodes = within(computed, call.after, call.last);
    const own = new Set(nodes);
    const inputs = new Set(nodes.flatMap(({ inputs: xs }) => xs.filter((x) => !own.has(x))));
    const swap = (tree: unknown): unknown =>
      replaceLeaves(tree, isTensor, (t: Tensor) => list.find(t));
    const { name, path } = call;
    made.set(place, {
      index: made.size,
      name,
      path,
      args: swap(call.args) as unknown[],
      attributes: swap(call.attributes) as Readonly<Record<string, unknown>>,
      result: swap(call.result),
      nodes,
      inputs: [...inputs],
      outputs: nodes.filter(
        (node) => returned.has(node) || (users.get(node) ?? []).some((user) => !own.has(user)),
      ),
      parent: made.get(call.parent) ?? null,
    });
  });
  return [...made.values()];
}

/** The nodes that were made after one and up to another; `computed` is sorted. */
function within(
  computed: readonly { readonly id: number; readonly node: GraphNode }[],
  after: number,
  last: number,
): GraphNode[] {
  const from = firstAfter(computed, after);
  return computed.slice(from, firstAfter(computed, last)).map(({ node }) => node);
}

function firstAfter(computed: readonly { readonly id: number }[], id: number): number {
  let [low, high] = [0, computed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((computed[middle] as { id: number }).id > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
