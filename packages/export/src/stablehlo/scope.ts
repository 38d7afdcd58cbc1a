/** @file What a graph, or the body of a loop, is written in. */
import type { GraphNode } from '@chainrule/autograd/graph';
import type { Value, Writer } from './writer.js';

/** What a graph is written in. */
export interface Scope {
  readonly w: Writer;
  /** What nodes are; a body asks the scope around it. */
  readonly values: Map<GraphNode, Value>;
  /** The results of loops. */
  readonly loops: Map<GraphNode, readonly Value[]>;
  /** Where a step's random numbers begin; of the whole function the offset it is given. */
  readonly offset: Value | null;
  readonly seed: Value | null;
  /** What stands for a node once it is written, such as its mean over devices. */
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
