/** @file Writes the text of a whole program: `main`, which takes arguments and states, and returns results and states. */
import type { Shape } from '@chainrule/autograd';
import type { GraphNode, RecordedGraph } from '@chainrule/autograd/graph';
import { VERSION } from '../version.js';
import type { StableHLOPort } from './map.js';
import { writeNodes } from './program.js';
import { average, averaged } from './replicas.js';
import { elementType } from './rule.js';
import { valueIn, type Scope } from './scope.js';
import { typeOf, Writer, type ElementType, type Value } from './writer.js';

export interface Program {
  readonly mlir: string;
  readonly inputs: readonly StableHLOPort[];
  readonly outputs: readonly StableHLOPort[];
}

export function programOf(graph: RecordedGraph, replicas: number): Program {
  const w = new Writer();
  const means = replicas > 1 ? averaged(graph) : new Set<GraphNode>();
  const values = new Map<GraphNode, Value>();
  const inputs: StableHLOPort[] = [];
  const parameters: Value[] = [];
  const input = (
    kind: StableHLOPort['kind'],
    name: string,
    shape: Shape,
    type: ElementType,
  ): Value => {
    const value = { name: `%arg${parameters.length}`, shape, type };
    inputs.push({ kind, name, shape, type });
    parameters.push(value);
    return value;
  };
  for (const { key, shape, dtype, input: node } of graph.states) {
    if (node !== null) values.set(node, input('state', key, shape, elementType(dtype)));
  }
  for (const node of graph.arguments)
    values.set(node, input('argument', node.name, node.shape, elementType(node.dtype)));
  const draws = graph.nodes.some(({ kind }) => kind === 'seed' || kind === 'offset');
  const offset = draws ? input('offset', 'offset', [], 'ui64') : null;
  let seed = draws ? input('seed', 'seed', [], 'ui64') : null;
  if (seed !== null && replicas > 1) {
    // Seeds are below 2^53, so the higher bits can hold the number of the replica.
    const replica = w.convert(w.emit('stablehlo.replica_id', [], [], 'ui32'), 'ui64');
    seed = w.map('xor', seed, w.map('shift_left', replica, w.constant(53, 'ui64')));
  }
  const finish = (node: GraphNode, value: Value): Value =>
    means.has(node) ? average(w, value, replicas) : value;
  const scope: Scope = { w, values, loops: new Map(), offset, seed, finish, write: writeNodes };
  for (const node of graph.nodes) {
    // An input of the program may itself be averaged.
    const given = values.get(node);
    if (given !== undefined && means.has(node)) values.set(node, finish(node, given));
  }
  writeNodes(scope, graph.nodes);
  const outputs: StableHLOPort[] = [];
  const results: Value[] = [];
  const output = (kind: StableHLOPort['kind'], name: string, node: GraphNode): void => {
    const value = valueIn(scope, node);
    outputs.push({ kind, name, shape: value.shape, type: value.type });
    results.push(value);
  };
  for (const { name, node } of graph.outputs) output('output', name, node);
  for (const { key, next } of graph.states) if (next !== null) output('state', key, next);
  const head = parameters.map((p) => `${p.name}: ${typeOf(p)}`).join(', ');
  const types = results.map(typeOf).join(', ');
  const mlir = [
    `// Written by chainrule ${VERSION}.`,
    `module @chainrule attributes {mhlo.num_replicas = ${replicas} : i32, mhlo.num_partitions = 1 : i32} {`,
    `  func.func public @main(${head}) -> (${types}) {`,
    ...w.lines,
    `    "func.return"(${results.map((r) => r.name).join(', ')}) : (${types}) -> ()`,
    '  }',
    '}',
    '',
  ].join('\n');
  return { mlir, inputs, outputs };
}
