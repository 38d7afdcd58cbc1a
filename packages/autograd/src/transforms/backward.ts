/** @file `backward()`: gradients of all leaves behind a loss, computed with it in one run. */
import { addAll, largest } from '../graph/lists.js';
import { byPosition, defineOptions } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { GradError } from '../errors.js';
import { runBackward, runKnownBackward, type UnplannedBackward } from '../engine/backwardPlans.js';
import { collect } from '../engine/collect.js';
import { collectToRun, makePositionsDynamic, pendingVersions } from '../engine/evaluate.js';
import { engine } from '../engine/engine.js';
import type { Cell } from '../graph/cells/cell.js';
import { mode } from '../graph/mode.js';
import { runtime, type BackwardOptions } from '../graph/runtime.js';
import { extraOf } from '../graph/cells/gradient.js';
import type { Tensor } from '../graph/tensor.js';
import { filled } from '../ops/build/primitive.js';
import { callOf } from './call.js';
import { accumulate, newGradient } from './gradients.js';
import { checkDifferentiable, seedOf } from './seeds.js';
import { freeGraph } from './freeGraph.js';
import { pullback } from './vjp.js';

/** The options of a backward pass. */
export const backwardOptions = defineOptions<BackwardOptions>({
  retainGraph: kinds.flag,
  createGraph: kinds.flag,
});

const readBackward = byPosition(
  defineOptions<BackwardOptions & { readonly gradient?: Tensor | null }>({
    ...backwardOptions.table,
    gradient: kinds.orNull(kinds.tensor),
  }),
  'gradient',
);

/**
 * Adds the derivative of `loss` to `.grad` of every leaf that requires grad; loss and gradients are computed in one
 * run.
 *
 * `gradient` is the cotangent, in the shape of `loss`; it defaults to 1 for a loss with a single element. The options may
 * stand in its place: `loss.backward({ retainGraph: true })`. Afterwards `loss` keeps its value and forgets how it was
 * computed, unless `retainGraph` or `createGraph` is set. PyTorch: `Tensor.backward`.
 *
 * @throws {GradError} if nothing behind `loss` requires grad, if it has several elements and no `gradient` is given,
 * or if an earlier `backward()` has freed its graph. No `.grad` has changed then.
 */
export function backward(
  loss: Tensor,
  given?: Tensor | null | BackwardOptions,
  options?: BackwardOptions,
): void {
  const read = readBackward('backward', given, options);
  const { gradient = null, createGraph = false, retainGraph = createGraph } = read;
  const root = loss.current;
  if (mode.body !== null || (mode.tracing !== null && mode.tracing !== 'compile')) {
    const by = mode.body ?? mode.tracing;
    throw new GradError(
      `backward: cannot be called inside ${by}; use grad(f), which composes with it`,
    );
  }
  checkDifferentiable('backward', root);
  const seed = gradient === null ? null : seedOf('backward', root, gradient);
  if (root.size !== 1 && seed === null) seedOf('backward', root, null);
  const known =
    seed === null && !createGraph && mode.tracing === null
      ? runKnownBackward(root, newGradient)
      : null;
  if (known !== true) {
    const cotangents = pullback([root], [seed ?? seedOf('backward', root, null)], null, {
      createGraph,
    });
    assignGradients(cotangents, root, createGraph, known);
  }
  if (!retainGraph) freeGraph(root);
}

/** Gives the cotangents to their leaves, and runs forward and backward pass together. */
function assignGradients(
  cotangents: ReadonlyMap<Tensor, Tensor>,
  root: Tensor,
  createGraph: boolean,
  unplanned: UnplannedBackward | null,
): void {
  const before: { leaf: Tensor; grad: Cell | null; live: boolean }[] = [];
  try {
    // Versions of gradients require no grad, and must not be evaluated early because much is pending behind them.
    engine.building++;
    try {
      for (const [leaf, ct] of cotangents) {
        const grad = leaf.extra?.grad ?? null;
        before.push({ leaf, grad, live: grad !== null && grad.live !== null });
        accumulate(leaf, ct, createGraph);
      }
    } finally {
      engine.building--;
    }
    if (mode.tracing !== null) return;
    const gradients = [...cotangents.keys()].map((leaf) => (extraOf(leaf).grad as Cell).current);
    const last = new Set(gradients);
    const roots = [root, ...pendingVersions().filter((v) => !last.has(v)), ...gradients];
    let graph = unplanned === null ? collectToRun(roots) : collect(roots, { keepsViews: true });
    if (unplanned === null && makePositionsDynamic(graph)) graph = collectToRun(roots);
    runBackward(graph, unplanned, gradients);
  } catch (error) {
    for (const { leaf, grad, live } of before) {
      extraOf(leaf).grad?.revert();
      extraOf(leaf).grad = grad;
      if (!live) grad?.clear();
    }
    throw error;
  }
}

/**
 * The nodes of a forward graph that its backward graph reads: found by building the backward graph once and discarding it.
 */
function savedForBackward(roots: readonly Tensor[]): Set<Tensor> {
  const read = new Set<Tensor>();
  const differentiable = roots.filter((root) => root.needsGrad);
  const newest = largest(roots.map((root) => root.id));
  const cotangents = pullback(
    differentiable,
    differentiable.map((root) => filled(1, root.sizes, root.dtype)),
    null,
    { trial: true },
  );
  const seen = new Set<Tensor>();
  const stack = [...cotangents.values()];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.id <= newest) read.add(node);
    else addAll(stack, node.inputs);
  }
  return read;
}

runtime.backward = backward;
runtime.savedForBackward = savedForBackward;
runtime.savedByCalls = (results) => {
  const calls = new Set(results.map(callOf));
  return Array.from(calls).flatMap((call) =>
    call?.rules.kind === undefined ? [] : call.outputs.filter(({ value }) => value === null),
  );
};
