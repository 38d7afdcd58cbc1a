/** @file Writes a recording node by node: regions as one operator, operations by their rules, loops with their bodies. */
import type {
  GraphNode,
  LoopNode,
  OperationName,
  OperationNode,
  RecordedGraph,
} from '@chainrule/autograd/graph';
import { composition } from '../../compositions/recorded.js';
import { ARRAYS } from './arrays/arrays.js';
import { ELEMENTS } from './elements.js';
import type { Emitter } from './emitter.js';
import { refuse } from './refuse.js';
import { writeLoop, type Target } from './loops.js';
import type { Item } from './recordings.js';
import { REGIONS } from './regions/regions.js';
import { fixedAttributes, type Recorded } from './arrays/rule.js';
import { nodesIn } from './trees.js';

/** Writes all nodes that compute something. */
export function writeItems(target: Target, items: readonly Item[] = target.recordings.items): void {
  const { e } = target;
  const loops = new Map<LoopNode, readonly string[]>();
  const write = (node: GraphNode): void => {
    e.path = node.path.replaceAll('.', '/');
    if (node.kind === 'loop') loops.set(node, writeLoop({ ...target, write }, node));
    else if (node.kind === 'result') e.define(node, loops.get(node.loop)?.[node.result] as string);
    else if (node.kind === 'operation') e.define(node, operation(node, target));
  };
  for (const item of items) {
    if (item.kind === 'region') writeRegion(item, e);
    else write(item.all[0] as GraphNode);
  }
}

function writeRegion({ all }: Item & { kind: 'region' }, e: Emitter): void {
  const [region] = all as [(typeof all)[number]];
  e.path = region.path.replaceAll('.', '/');
  const names = REGIONS.get(region.name)?.write(e, region) ?? [];
  nodesIn(region.result).forEach((node, i) => {
    const name = names[i];
    if (name !== undefined && !e.isDefined(node)) e.define(node, name);
  });
}

function operation(node: OperationNode, target: Target): string {
  const { e, recordings } = target;
  const inputs = node.inputs.map((x) => e.value(x));
  const element = ELEMENTS[node.op as keyof typeof ELEMENTS];
  if (element !== undefined) return element(e, inputs, node);
  const rule = ARRAYS[node.op] as ((e: Emitter, op: Recorded<OperationName>) => string) | undefined;
  if (rule === undefined) return composed(node, inputs, target);
  const all = recordings.all(node).map((n) => (n as OperationNode).attributes);
  return rule(e, {
    node,
    inputs,
    all,
    attributes: fixedAttributes(node, all),
  });
}

/** Writes an operation as a composition of other operations. */
function composed(node: OperationNode, inputs: readonly string[], target: Target): string {
  const { e, recordings } = target;
  const graphs = recordings.all(node).map((n) => {
    const graph = composition(n as OperationNode);
    return graph ?? refuse(node, 'ONNX has no such operation');
  });
  const items = recordings.include(graphs);
  const [graph] = graphs as [RecordedGraph];
  graph.arguments.forEach((x, i) => {
    e.define(x, inputs[i] as string);
  });
  writeItems(target, items);
  return e.value((graph.outputs[0] as RecordedGraph['outputs'][number]).node);
}
