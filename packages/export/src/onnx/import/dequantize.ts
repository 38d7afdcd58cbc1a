/** @file Quantized weights become floats when a file is read, so that they are parameters, and not computed at each call. */
import { ChainruleError, Tensor } from '@chainrule/autograd';
import { findOperator } from '../operators/index.js';
import type { Operator } from '../operators/operator.js';
import { Graph, LocalFunction, type Node } from './graph.js';
import { graphsIn } from './hoist.js';
import { Run, Scope } from './interpreter.js';
import type { Limits } from './limits.js';
import { Known } from './values.js';

/**
 * Computes each `DequantizeLinear` of numbers that its graph holds, if nothing else reads the integers. The floats take their
 * place, under their name.
 */
export function dequantizeWeights(main: Graph, limits: Limits): void {
  const readers = new Map<string, number>();
  const graphs = graphsIn(main);
  for (const { nodes, outputs } of graphs)
    for (const name of [...nodes.flatMap((n) => n.inputs), ...outputs.map((o) => o.name)])
      readers.set(name, (readers.get(name) ?? 0) + 1);
  for (const graph of graphs) {
    graph.nodes = graph.nodes.map((node) => {
      const [name = '', ...others] = node.inputs;
      const isOwn = (x: string): boolean => x === '' || graph.constants.get(x) instanceof Known;
      if (node.operator instanceof LocalFunction || node.operator.name !== 'DequantizeLinear')
        return node;
      if (readers.get(name) !== 1 || !isOwn(name) || !others.every(isOwn)) return node;
      const floats = result(node, graph, limits);
      if (floats === null) return node;
      graph.constants.set(name, floats);
      graph.types.set(name, 'float');
      return { ...node, operator: IDENTITY, inputs: [name], attributes: new Map() };
    });
  }
}

const IDENTITY = findOperator('', 'Identity') as Operator;

/** What a node gives that reads only constants of its graph; null if it fails, which a call will say. */
function result(node: Node, { constants, types }: Graph, limits: Limits): Known | null {
  const alone = new Graph();
  for (const name of node.inputs) {
    const value = constants.get(name);
    if (value !== undefined) alone.constants.set(name, value);
  }
  alone.nodes = [node];
  alone.outputs = [{ name: node.outputs[0] as string, kind: 'tensor', type: null, shape: null }];
  try {
    const run = new Run(false, limits);
    const frame = { run, attributes: new Map(), depth: 0 };
    const [value] = run.graph(alone, [], new Scope(null, types), frame);
    if (!(value instanceof Tensor)) return null;
    return new Known(value.dataSync(), value.shape, value.dtype);
  } catch (error) {
    if (error instanceof ChainruleError) return null;
    throw error;
  }
}
