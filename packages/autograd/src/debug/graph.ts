/** @file `graph(t)`: the computational graph behind a tensor, as data and as pictures. */
import { hostValue } from '../graph/values/hostValue.js';
import { checkArgument, defineOptions } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import type { Tensor } from '../graph/tensor.js';
import { constantOp, counterOp } from '../graph/version.js';
import { filled } from '../ops/build/primitive.js';
import { pullback } from '../transforms/vjp.js';
import type { GraphEdge, GraphNode } from './graphNode.js';
import { toDot, toMermaid } from './graphText.js';
import { toSVG } from './graphPicture.js';

/** The graph behind a tensor, to read or to draw. */
export interface Graph {
  /** The nodes; inputs come before what is computed from them. */
  readonly nodes: readonly GraphNode[];
  /** Which operation uses which value. */
  readonly edges: readonly GraphEdge[];
  /** The graph in the language of Graphviz, with a cluster for each scope. */
  toDot(): string;
  /** The graph in the language of Mermaid, with a subgraph for each scope. */
  toMermaid(): string;
  /** A picture, laid out in layers from top to bottom; scopes are frames. Labels are escaped. */
  toSVG(): string;
}

export type { GraphEdge, GraphNode } from './graphNode.js';

export interface GraphOptions {
  /** Whether to include the graph of the gradients. Default false. */
  readonly backward?: boolean;
}

const graphOptions = defineOptions<GraphOptions>({ backward: kinds.flag });

/**
 * The graph behind a tensor: the operations from which it was, or will be, computed. Nothing is evaluated.
 *
 * JavaScript numbers are not separate nodes but part of their operation's label. With `{ backward: true }` it includes the
 * graph of the gradients of every leaf that requires grad, as `backward()` would build it. Nodes that `backward()` has freed
 * are no longer shown.
 * @example writeFileSync('net.svg', graph(loss).toSVG())
 */
export function graph(t: Tensor, options?: GraphOptions): Graph {
  const { backward = false } = graphOptions('graph', options);
  const root = checkArgument('graph', 't', t, kinds.tensor).current;
  const roots = [root];
  const newest = root.id;
  if (backward && root.needsGrad) {
    const seed = filled(1, root.sizes, root.dtype);
    roots.push(...pullback([root], [seed], null, { trial: true }).values());
  }
  const found = walk(roots);
  const nodes = found.map((node) => describe(node, newest));
  const edges = found.flatMap((node) =>
    node.cell !== null
      ? []
      : [...new Set(node.inputs)]
          .filter((x) => !isFolded(x))
          .map((x) => ({ from: x.id, to: node.id })),
  );
  const drawn = { nodes: adopt(nodes, edges), edges };
  return {
    ...drawn,
    toDot: () => toDot(drawn),
    toMermaid: () => toMermaid(drawn),
    toSVG: () => toSVG(drawn),
  };
}

/** All nodes behind the roots except numbers, by ascending id; without recursion. */
function walk(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>(roots);
  const stack = [...seen];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.cell !== null) continue;
    for (const x of node.inputs) {
      if (seen.has(x) || isFolded(x)) continue;
      seen.add(x);
      stack.push(x);
    }
  }
  return [...seen].sort((x, y) => x.id - y.id);
}

/** Whether this is a number, or a number expanded to a shape: it becomes part of the label of the nodes that use it. */
function isFolded(x: Tensor): boolean {
  return numberIn(x) !== null;
}

function numberIn(x: Tensor): number | null {
  if (x.op === (constantOp as unknown) || x.op === (counterOp as unknown))
    return (x.attrs as { value: number }).value;
  const [y] = x.inputs;
  return x.op?.name === 'expand' && x.value === null && y !== undefined && x.inputs.length === 1
    ? numberIn(y)
    : null;
}

function describe(node: Tensor, newest: number): GraphNode {
  const { id, op, sizes: shape, dtype, scope, needsGrad: requiresGrad } = node;
  const backward = id > newest;
  const value = hostValue(node);
  const of = (node.cell?.extra ?? node.extra)?.grad?.live;
  const gradient = of === undefined || of === null ? null : hostValue(of);
  const rest = { id, shape, dtype, scope, requiresGrad, backward, value, gradient };
  if (node.cell !== null)
    return {
      ...rest,
      kind: 'parameter',
      label: node.cell.label || (node.needsGrad ? 'Parameter' : 'cell'),
    };
  if (op === null || op.name === 'placeholder')
    return { ...rest, kind: 'input', label: op === null ? 'tensor' : 'input' };
  const numbers = node.inputs.flatMap((x) =>
    x.op === (counterOp as unknown) ? [] : (numberIn(x) ?? []),
  );
  const label = [op.name, ...numbers.map((x) => String(Number(x.toPrecision(6))))].join(' ');
  return { ...rest, kind: 'operation', label };
}

/** Moves parameters into the scope of the only place that uses them. */
function adopt(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return nodes.map((node) => {
    if (node.kind === 'operation' || node.scope !== '') return node;
    const users = new Set(
      edges
        .filter((e) => e.from === node.id)
        .map((e) => byId.get(e.to))
        .filter((u) => u?.backward === false)
        .map((u) => u?.scope ?? ''),
    );
    const [only] = users;
    return users.size === 1 && only !== undefined ? { ...node, scope: only } : node;
  });
}
