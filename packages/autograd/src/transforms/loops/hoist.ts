/**
 * @file Products by the elements of a sequence alone, taken out of a loop: of all steps they are one product.
 *
 * What a step makes of its element before and after such a product goes with it, as far as no carry comes in.
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
import { dependents, isOffset, type BodyGraph, type Dependents } from './body.js';
import { extend } from './extend.js';

/** A body and its sequences, of which some may be what was taken out. */
interface Hoisted {
  readonly graph: BodyGraph;
  readonly sequences: readonly Tensor[];
  /** What of its nodes changes from step to step, where that was found on the way. */
  readonly found?: Dependents;
}

/** The same loop with fewer products in its steps. */
export function hoist(name: LoopName, graph: BodyGraph, sequences: readonly Tensor[]): Hoisted {
  const steps = sequences[0]?.sizes[0] ?? 0;
  if (steps < 2) return { graph, sequences };
  const found = dependents(graph);
  const { depends } = found;
  const own = ownOf(graph, depends);
  const ends = frontier(graph, depends, own);
  if (ends.length === 0) return { graph, sequences, found };
  const stacks = new Map<Tensor, Tensor>();
  graph.xs.forEach((x, k) => stacks.set(x, sequences[k] as Tensor));
  const taken = ends.map((node) => allSteps(node, stacks, own, steps));
  const stand = ends.map((y) => new Placeholder(y.sizes, y.dtype, { requiresGrad: y.needsGrad }));
  const outputs = extend(name, () =>
    rewrite(
      graph.outputs,
      ends,
      stand.map((node) => ({ node, batched: false })),
      0,
      { since: graph.since },
    ).map(({ node }) => node),
  );
  const left = dependents({ ...graph, xs: [...graph.xs, ...stand], outputs }).depends;
  const stays = graph.xs.map((x) => left.has(x));
  return {
    graph: { ...graph, xs: [...graph.xs.filter((_, k) => stays[k]), ...stand], outputs },
    sequences: [...sequences.filter((_, k) => stays[k]), ...taken],
  };
}

/** What a hook is called for stays in the loop. */
function isHooked({ extra }: Tensor): boolean {
  return extra !== null && extra.hooks.length > 0;
}

/** What a step makes of its element alone; true where a product by something from outside is part of it. */
function ownOf({ xs }: BodyGraph, depends: ReadonlySet<Tensor>): ReadonlyMap<Tensor, boolean> {
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
 * Whether a node is a product of rows by a matrix from outside, which has the same bits as part of a larger one: a product
 * that is a loop in any layout is a sum in an order of its own. For exporters the graph is the same at all sizes.
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

/** What of it the rest of the step reads. */
function frontier(
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

/** A node of a step's own at all steps, `[steps, …]`. */
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
