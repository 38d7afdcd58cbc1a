/** @file From the nodes of the engine to those of a recorded graph. */
import { madeAt } from '../engine/userLine.js';
import type { Tensor } from '../graph/tensor.js';
import { constantOp, counterOp, numberOf } from '../graph/version.js';
import type { TypedArray } from '../graph/dtype.js';
import { isAlias } from './attributes.js';
import { loopNode, resultNode } from './loops.js';
import type { GraphNode, NodeFacts, OperationNode } from './recordedGraph.js';

/** The node whose elements a node has: skips operations that only rename it. */
export function resolve(node: Tensor, isEnd: (node: Tensor) => boolean): Tensor {
  let at = node;
  while (!isEnd(at) && at.op !== null && isAlias(at.op.name)) at = at.inputs[0] as Tensor;
  return at;
}

/** Builds the nodes of one graph. */
export class NodeList {
  readonly nodes: GraphNode[] = [];
  private readonly nodesByTensor = new Map<Tensor, GraphNode>();
  /** The computed nodes, with the number under which each was made. */
  readonly computed: { readonly id: number; readonly node: GraphNode }[] = [];
  private readonly inputOf: (leaf: Tensor, facts: NodeFacts) => GraphNode | null;
  private readonly start: number;
  private readonly isEnd: (node: Tensor) => boolean;

  /**
   * `inputOf` makes the nodes of inputs, and returns null for computed tensors; `start` is the offset of the generator at the
   * beginning.
   */
  constructor(
    inputOf: (leaf: Tensor, facts: NodeFacts) => GraphNode | null,
    start: number,
    isEnd: (node: Tensor) => boolean,
  ) {
    this.isEnd = isEnd;
    this.inputOf = inputOf;
    this.start = start;
  }

  /** The node of a tensor, if it is part of the graph. */
  find(t: Tensor): GraphNode | null {
    return this.nodesByTensor.get(resolve(t.current, this.isEnd)) ?? null;
  }

  /** Adds a node; `set` can assign it to a tensor. */
  push<N extends GraphNode>(make: (index: number) => N): N {
    const node = make(this.nodes.length);
    this.nodes.push(node);
    return node;
  }

  /** Assigns an existing node to a tensor. */
  set(t: Tensor, node: GraphNode): void {
    this.nodesByTensor.set(t, node);
  }

  /** Adds all nodes behind some tensors, oldest first; without recursion. */
  addAncestors(roots: readonly Tensor[]): void {
    const seen = new Set<Tensor>();
    const stack = roots.map((root) => resolve(root, this.isEnd));
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (!this.isEnd(node)) for (const x of node.inputs) stack.push(resolve(x, this.isEnd));
    }
    for (const node of [...seen].sort((x, y) => x.id - y.id)) this.add(node);
  }

  private add(t: Tensor): void {
    if (this.nodesByTensor.has(t)) return;
    const facts: NodeFacts = {
      index: this.nodes.length,
      shape: t.sizes,
      dtype: t.dtype,
      path: t.scope,
      madeAt: madeAt(t),
      inputs: [],
    };
    const given = this.inputOf(t, facts) ?? this.numberOf(t, facts);
    const node = given ?? this.operation(t, facts);
    if (given === null) this.computed.push({ id: t.id, node });
    this.nodes.push(node);
    this.nodesByTensor.set(t, node);
  }

  private numberOf(t: Tensor, facts: NodeFacts): GraphNode | null {
    if (t.op === (constantOp as unknown)) return { ...facts, kind: 'number', value: numberOf(t) };
    if (t.op !== (counterOp as unknown)) return null;
    return t.attrs?.['role'] === 'seed'
      ? { ...facts, kind: 'seed', relative: 0 }
      : { ...facts, kind: 'offset', relative: numberOf(t) - this.start };
  }

  private operation(t: Tensor, facts: NodeFacts): GraphNode {
    const inputs = t.inputs.map((x) => this.nodesByTensor.get(resolve(x, this.isEnd)) as GraphNode);
    const name = t.op?.name;
    if (name === 'loop') return loopNode(t.attrs ?? {}, inputs, facts);
    if (name === 'loopResult') return resultNode(t.attrs ?? {}, inputs, facts);
    return {
      ...facts,
      kind: 'operation',
      op: name,
      attributes: t.attrs ?? {},
      inputs,
    } as unknown as OperationNode;
  }
}

/** A tensor from outside the function, as a node. */
export function dataNode(facts: NodeFacts, value: TypedArray): GraphNode {
  return { ...facts, kind: 'data', data: () => value };
}
