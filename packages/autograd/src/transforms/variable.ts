/** @file The fresh nodes on which transforms call the user's function, and the part of a graph that depends on them. */
import { engine } from '../engine/engine.js';
import { isFloat } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { makeNode } from '../graph/node.js';
import type { Tensor } from '../graph/tensor.js';
import { primitive, type PrimitiveOp } from '../ops/build/primitive.js';

/** The same elements as another node: the variable with respect to which a transform differentiates. */
export const variableOp: PrimitiveOp<Record<never, never>> = primitive('variable', {
  lowering: { kind: 'alias', transparent: false },
  shape: ([x]) => (x as Tensor).sizes,
  vjp: (_i, ct) => ct,
  jvp: ([t]) => t as Tensor,
  batch: ([x]) => variableOp([x as Tensor]),
});

/** A new node for each tensor, to which gradients flow if it is a float. Its value can be read. */
export function makeVariables(tensors: readonly Tensor[]): Tensor[] {
  // It must not be evaluated before it is marked as requiring grad: its graph would be dropped.
  engine.building++;
  try {
    return tensors.map((t) => {
      const node = makeNode(variableOp.primitive, [t.current], null, t.sizes, t.dtype);
      node.needsGrad = isFloat(t.dtype);
      return node;
    });
  } finally {
    engine.building--;
  }
}

/** The same value, detached from its graph. */
export function detachValue(t: Tensor): Tensor {
  if (!t.needsGrad) return t;
  const outer = mode.grad;
  mode.grad = false;
  try {
    return makeNode(variableOp.primitive, [t], null, t.sizes, t.dtype);
  } finally {
    mode.grad = outer;
  }
}

/** The graph between some variables and the outputs computed from them. */
export interface Subgraph {
  /** The nodes that gradients flow through, by rising id: inputs come before the nodes that read them. */
  readonly nodes: readonly Tensor[];
  /** Nodes that require grad and are older than the variables, or are leaves: gradients flow on to them. */
  readonly captured: readonly Tensor[];
  /** Leaves that are computed in between: gradients flow to them and no further. */
  readonly leaves: readonly Tensor[];
}

/**
 * Walks from `outputs` back to `variables` without recursion. A node older than the first variable cannot depend on one, so
 * the graph before the variables is never walked; `since` says where it begins if some variables are older than the recorded
 * function. With `all`, nodes that gradients do not flow through are followed too, such as values assigned to a cell.
 */
export function subgraphBetween(
  outputs: readonly Tensor[],
  variables: readonly Tensor[],
  { all = false, since }: { all?: boolean; since?: number | undefined } = {},
): Subgraph {
  const first = since ?? smallestId(variables);
  const ends = new Set(variables);
  const seen = new Set<Tensor>();
  const captured: Tensor[] = [];
  const leaves: Tensor[] = [];
  const nodes: Tensor[] = [];
  const stack: Tensor[] = [];
  const visit = (node: Tensor): void => {
    if (seen.has(node) || ends.has(node) || (!all && !node.needsGrad)) return;
    seen.add(node);
    if (node.id < first || node.inputs.length === 0 || (node.cell !== null && !all)) {
      if (node.needsGrad) captured.push(node);
    } else if (!all && node.extra?.isLeaf === true) {
      leaves.push(node);
    } else {
      nodes.push(node);
      stack.push(node);
    }
  };
  for (const output of outputs) visit(output);
  for (let node = stack.pop(); node !== undefined; node = stack.pop())
    for (const x of node.inputs) visit(x);
  return { nodes: nodes.sort((x, y) => x.id - y.id), captured, leaves };
}

/** The smallest id among nodes. */
export function smallestId(nodes: readonly Tensor[]): number {
  return nodes.reduce((least, x) => Math.min(least, x.id), Infinity);
}

/** Whether the results of a transform can be differentiated from outside: then they keep their graph. */
export function isOuterDifferentiable(span: Subgraph, variables: readonly Tensor[]): boolean {
  return (
    mode.grad &&
    (span.captured.length + span.leaves.length > 0 ||
      variables.some((x) => x.inputs[0]?.needsGrad === true))
  );
}

/** Runs `f` as a transform that builds a graph: with or without recording gradients, and without limits on pending nodes. */
export function withGraphBuilding<R>(grad: boolean, f: () => R): R {
  const outer = mode.grad;
  mode.grad = grad;
  engine.building++;
  try {
    return f();
  } finally {
    mode.grad = outer;
    engine.building--;
  }
}
