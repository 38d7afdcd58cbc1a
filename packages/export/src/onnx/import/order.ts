/**
 * @file The order in which nodes run: that of the file, unless a node comes before one that it reads, as some programs write
 * it.
 */
import type { GraphProto, NodeProto } from '../schema/protos.js';

/** The nodes, each after those it reads, otherwise in the order of the file; unchanged if they form a cycle. */
export function inOrder(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const makers = new Map(nodes.flatMap((node, i) => node.output.map((name) => [name, i] as const)));
  const sources = nodes.map((node) => [...makersOf(node, makers)]);
  if (sources.every((list, i) => list.every((j) => j < i))) return nodes;
  const sorted: NodeProto[] = [];
  const state = nodes.map((): 'new' | 'open' | 'done' => 'new');
  for (let first = 0; first < nodes.length; first++) {
    // Depth-first: a node stays on the stack until all nodes that it reads are done.
    const stack = [first];
    while (stack.length > 0) {
      const i = stack.at(-1) as number;
      if (state[i] === 'new') {
        state[i] = 'open';
        const wanted = (sources[i] as number[]).filter((j) => state[j] !== 'done');
        if (wanted.some((j) => state[j] === 'open')) return nodes;
        stack.push(...wanted.reverse());
      } else {
        stack.pop();
        if (state[i] === 'open') sorted.push(nodes[i] as NodeProto);
        state[i] = 'done';
      }
    }
  }
  return sorted;
}

/** The nodes whose outputs a node reads, directly or in its inner graphs. */
function makersOf(node: NodeProto, makers: ReadonlyMap<string, number>): Set<number> {
  const found = new Set<number>();
  const read = (name: string): void => {
    const maker = makers.get(name);
    if (name !== '' && maker !== undefined) found.add(maker);
  };
  const inside = ({ node: nodes, input, initializer, output }: GraphProto): void => {
    const own = new Set([
      ...input.map(({ name }) => name ?? ''),
      ...initializer.map(({ name }) => name ?? ''),
      ...nodes.flatMap((child) => child.output),
    ]);
    const outer = (name: string): void => {
      if (!own.has(name)) read(name);
    };
    for (const child of nodes) {
      child.input.forEach(outer);
      for (const { g } of child.attribute) if (g !== undefined) inside(g);
    }
    for (const { name } of output) outer(name ?? '');
  };
  node.input.forEach(read);
  for (const { g } of node.attribute) if (g !== undefined) inside(g);
  return found;
}
