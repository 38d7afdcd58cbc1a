/**
 * @file Moves matrix products that depend on the elements of a sequence alone out of a loop: one product computes those of
 * all steps.
 *
 * Operations of a step on its element before and after such a product move with it, as long as no carry is involved.
 */
import { recording, type LoopName } from '../../graph/mode.js';
import type { Primitive } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { Placeholder } from '../../graph/version.js';
import { reshapeNode } from '../../ops/build/broadcast.js';
import { isLoop } from '../../engine/compile/products.js';
import { matmulOf } from '../../ops/linalg/products/matmul.js';
import { callOf } from '../call.js';
import { rewrite } from '../rewrite.js';
import {
  bodyDependencies,
  isHooked,
  isOffset,
  type BodyGraph,
  type BodyDependencies,
} from './body.js';
import { recordInBody } from './recordInBody.js';

/** A body and its sequences, which may include the moved products. */
interface Hoisted {
  readonly graph: BodyGraph;
  readonly sequences: readonly Tensor[];
  /** The nodes that change from step to step, if they were determined meanwhile. */
  readonly found?: BodyDependencies;
}

/** The same loop with fewer products in its steps. */
export function hoist(name: LoopName, graph: BodyGraph, sequences: readonly Tensor[]): Hoisted {
  const steps = sequences[0]?.sizes[0] ?? 0;
  if (steps < 2) return { graph, sequences };
  const found = bodyDependencies(graph);
  const { depends } = found;
  const own = nodesOfElement(graph, depends);
  const ends = liveOut(graph, depends, own);
  if (ends.length === 0) return { graph, sequences, found };
  const stacks = new Map<Tensor, Tensor>();
  graph.xs.forEach((x, k) => stacks.set(x, sequences[k] as Tensor));
  const hoistedSequences = ends.map((node) => allSteps(node, stacks, own, steps));
  const placeholders = ends.map(
    (y) => new Placeholder(y.sizes, y.dtype, { requiresGrad: y.needsGrad }),
  );
  const outputs = recordInBody(name, () =>
    rewrite(
      graph.outputs,
      ends,
      placeholders.map((node) => ({ node, batched: false })),
      0,
      { since: graph.since },
    ).map(({ node }) => node),
  );
  const left = bodyDependencies({ ...graph, xs: [...graph.xs, ...placeholders], outputs }).depends;
  const stays = graph.xs.map((x) => left.has(x));
  return {
    graph: { ...graph, xs: [...graph.xs.filter((_, k) => stays[k]), ...placeholders], outputs },
    sequences: [...sequences.filter((_, k) => stays[k]), ...hoistedSequences],
  };
}

/** The nodes of a step that depend on its element alone; true if a product by an outside matrix is part of one. */
function nodesOfElement(
  { xs }: BodyGraph,
  depends: ReadonlySet<Tensor>,
): ReadonlyMap<Tensor, boolean> {
  const own = new Map<Tensor, boolean>();
  for (const x of xs) if (!isHooked(x)) own.set(x, false);
  for (const node of depends) {
    if (xs.includes(node) || node.inputs.length === 0 || isOffset(node)) continue;
    if (callOf(node) !== null || node.cell !== null || isHooked(node)) continue;
    if (!node.inputs.every((x) => own.has(x) || !depends.has(x))) continue;
    own.set(node, isProduct(node, depends) || node.inputs.some((x) => own.get(x) === true));
  }
  return own;
}

/**
 * Whether a node is a product of rows by an outside matrix that has the same bits as part of a larger product. A product that
 * runs as a loop in some layout does not: it sums in an order of its own. For exporters the graph is the same at all sizes.
 */
function isProduct(
  { op, inputs, sizes: shape, attrs }: Tensor,
  depends: ReadonlySet<Tensor>,
): boolean {
  const [a, b] = inputs;
  const [rows = 0, columns = 0] = shape;
  if (op !== (matmulOf.primitive as unknown) || a === undefined || b === undefined) return false;
  if (shape.length !== 2 || attrs?.['transA'] !== false) return false;
  if (rows === 0) return false;
  if (recording.regions === null && isLoop(rows, columns, a.size / rows, 'row')) return false;
  return depends.has(a) && !depends.has(b);
}

/** Those of these nodes that the rest of the step reads. */
function liveOut(
  { outputs }: BodyGraph,
  depends: ReadonlySet<Tensor>,
  own: ReadonlyMap<Tensor, boolean>,
): Tensor[] {
  const ends = new Set(outputs.filter((y) => own.get(y) === true));
  for (const node of depends) {
    if (own.has(node)) continue;
    for (const x of node.inputs) if (own.get(x) === true) ends.add(x);
  }
  return [...ends];
}

/** A node that depends on a step's element alone, for all steps: `[steps, …]`. */
function allSteps(
  node: Tensor,
  stacks: Map<Tensor, Tensor>,
  own: ReadonlyMap<Tensor, boolean>,
  steps: number,
): Tensor {
  const known = stacks.get(node);
  if (known !== undefined) return known;
  const batched = node.inputs.map((x) => own.has(x));
  const inputs = node.inputs.map((x, i) =>
    batched[i] === true ? allSteps(x, stacks, own, steps) : x.current,
  );
  const made = batchOf(node, inputs, batched, steps);
  stacks.set(node, made);
  return made;
}

function batchOf(
  { op, attrs, sizes: shape, ndim }: Tensor,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  steps: number,
): Tensor {
  const [a, b] = inputs;
  const { transA, transB } = (attrs ?? {}) as { transA?: boolean; transB?: boolean };
  const product = op === (matmulOf.primitive as unknown) && ndim === 2 && transA === false;
  if (!product || a === undefined || b === undefined || batched[1] === true)
    return (op as Primitive).batch(inputs, batched, attrs ?? {}, steps);
  const [, rows = 0, columns = 0] = a.sizes;
  const all = reshapeNode(a, [steps * rows, columns]);
  return reshapeNode(matmulOf([all, b], { transA: false, transB: transB === true }), [
    steps,
    ...shape,
  ]);
}
