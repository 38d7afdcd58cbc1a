/** @file The context in which a graph, or the body of a loop, is written. */
import type { GraphNode } from '@chainrule/autograd/graph';
import type { Value, Writer } from './writer.js';

/** The context of a graph. */
export interface Scope {
  readonly w: Writer;
  /** The values of nodes; a body has a map of its own. */
  readonly values: Map<GraphNode, Value>;
  /** The results of loops. */
  readonly loops: Map<GraphNode, readonly Value[]>;
  /** The offset of the first random number of a step; for the whole function, the offset that it receives. */
  readonly offset: Value | null;
  readonly seed: Value | null;
  /** Returns the value that represents a node once it is written, such as its mean over devices. */
  readonly finish: (node: GraphNode, value: Value) => Value;
  /** Writes nodes in order, in a scope like this one. */
  readonly write: (scope: Scope, nodes: readonly GraphNode[]) => void;
}

/** The value of a node. */
export function valueIn(scope: Scope, node: GraphNode): Value {
  const value = scope.values.get(node);
  if (value === undefined) throw new Error(`node ${node.index} was not written`);
  return value;
}
