/** @file Nodes of a graph inside arguments and results. */
import type { GraphNode } from '@chainrule/autograd/graph';

export function isNode(x: unknown): x is GraphNode {
  return typeof x === 'object' && x !== null && 'kind' in x && 'inputs' in x && 'index' in x;
}

/** A key that is equal for trees that differ only in nodes. */
export function plainKey(tree: unknown): string {
  return JSON.stringify(tree, (_, x: unknown) => {
    if (isNode(x)) return '@';
    return typeof x === 'number' ? String(x) : x;
  });
}

/** The nodes in a tree of arrays and objects. */
export function nodesIn(tree: unknown): GraphNode[] {
  if (isNode(tree)) return [tree];
  if (Array.isArray(tree)) return tree.flatMap(nodesIn);
  const isPlain =
    typeof tree === 'object' && tree !== null && Object.getPrototypeOf(tree) === Object.prototype;
  return isPlain ? Object.values(tree).flatMap(nodesIn) : [];
}
