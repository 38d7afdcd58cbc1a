/** @file Writes a recorded graph as instructions: node by node, loops with their bodies. */
import { ChainruleError } from '@chainrule/autograd';
import type { GraphNode, OperationNode } from '@chainrule/autograd/graph';
import { composed, composition } from '../compositions/recorded.js';
import { castRules, elementRules } from './elements.js';
import { familyRules } from './families.js';
import { indexingRules } from './indexing.js';
import { linalgRules } from './linalg.js';
import { writeLoop } from './loops.js';
import { movementRules } from './movement.js';
import { patchRules } from './patches.js';
import { poolingRules } from './pooling.js';
import { productRules } from './products.js';
import { randomRules } from './random.js';
import { reductionRules } from './reductions.js';
import { fourierRules } from './fourier.js';
import { orderRules } from './orders.js';
import { elementType, Unwritable, type Rule, type Rules } from './rule.js';
import { valueIn, type Scope } from './scope.js';
import type { Value, Writer } from './writer.js';

const rules: Rules = {
  ...elementRules,
  ...castRules,
  ...familyRules,
  ...movementRules,
  ...reductionRules,
  ...productRules,
  ...indexingRules,
  ...poolingRules,
  ...patchRules,
  ...randomRules,
  ...linalgRules,
  ...fourierRules,
  ...orderRules,
};

/** The names of the operations that can be written. */
export const writable: readonly string[] = [...Object.keys(rules), ...composed];

/** Writes nodes in order; skips those that already have a value. */
export function writeNodes(scope: Scope, nodes: readonly GraphNode[]): void {
  for (const node of nodes) {
    if (scope.values.has(node)) continue;
    const value = valueOf(scope, node);
    if (value !== null) scope.values.set(node, scope.finish(node, value));
  }
}

function valueOf(scope: Scope, node: GraphNode): Value | null {
  const { w } = scope;
  switch (node.kind) {
    case 'number':
      return w.constant(node.value, elementType(node.dtype));
    case 'data':
      return writeData(w, node.data(), node.shape, elementType(node.dtype));
    case 'seed':
      return scope.seed;
    case 'offset':
      return node.relative === 0
        ? scope.offset
        : w.map('add', scope.offset as Value, w.constant(node.relative, 'ui64'));
    case 'loop':
      scope.loops.set(node, writeLoop(scope, node));
      return null;
    case 'result':
      return scope.loops.get(node.loop)?.[node.result] as Value;
    case 'operation':
      return writeOperation(scope, node);
    default:
      throw new Error(`a ${node.kind} was not passed in`);
  }
}

function writeOperation(scope: Scope, node: OperationNode): Value {
  const rule = rules[node.op] as Rule<OperationNode['op']> | undefined;
  if (rule === undefined) return writeComposition(scope, node);
  try {
    return rule(
      scope.w,
      node.inputs.map((x) => valueIn(scope, x)),
      node,
    );
  } catch (error) {
    if (error instanceof Unwritable) throw refusal(node, `${node.op}: ${error.message}`);
    throw error;
  }
}

/** Writes an operation as a composition of other operations. */
function writeComposition(scope: Scope, node: OperationNode): Value {
  const graph = composition(node);
  if (graph === null) throw refusal(node, `StableHLO has no ${node.op}`);
  const values = new Map<GraphNode, Value>();
  graph.arguments.forEach((x, i) => values.set(x, valueIn(scope, node.inputs[i] as GraphNode)));
  const inner: Scope = { ...scope, values, loops: new Map(), finish: (_node, value) => value };
  writeNodes(inner, graph.nodes);
  return valueIn(inner, (graph.outputs[0] as { node: GraphNode }).node);
}

/** An error that says which operation, where it was made, and what to do. */
function refusal(node: OperationNode, why: string): ChainruleError {
  const place = [
    node.path === '' ? '' : ` in ${node.path}`,
    node.madeAt === '' ? '' : `, made ${node.madeAt}`,
  ];
  return new ChainruleError(
    `exportStableHLO: ${why} (shape [${node.shape.join(', ')}]${place.join('')}); ` +
      'compute it outside and pass it as an argument, or write it with other operations',
  );
}

/** Elements as part of the text, as hexadecimal digits of their bytes. */
function writeData(
  w: Writer,
  data: ArrayLike<number> & {
    readonly buffer: ArrayBufferLike;
    readonly byteOffset: number;
    readonly byteLength: number;
  },
  shape: readonly number[],
  type: ReturnType<typeof elementType>,
): Value {
  const tensor = `tensor<${[...shape, type].join('x')}>`;
  const first = data[0];
  if (data.length === 0)
    return w.emit('stablehlo.constant', [], shape, type, `value = dense<> : ${tensor}`);
  // If all elements have the same bits, one number is enough.
  let equal = true;
  for (let i = 1; i < data.length && equal; i++) equal = Object.is(data[i], first);
  if (equal) return w.constant(first as number, type, shape);
  if (type === 'i1') {
    const nested = nest(
      Array.from(data, (x) => (x === 0 ? 'false' : 'true')),
      shape,
    );
    return w.emit('stablehlo.constant', [], shape, type, `value = dense<${nested}> : ${tensor}`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).toUpperCase().padStart(2, '0');
  return w.emit('stablehlo.constant', [], shape, type, `value = dense<"0x${hex}"> : ${tensor}`);
}

function nest(elements: readonly string[], shape: readonly number[]): string {
  const [n, ...rest] = shape;
  if (n === undefined) return elements[0] as string;
  const size = elements.length / n;
  const parts = Array.from({ length: n }, (_, i) =>
    nest(elements.slice(i * size, (i + 1) * size), rest),
  );
  return `[${parts.join(', ')}]`;
}
