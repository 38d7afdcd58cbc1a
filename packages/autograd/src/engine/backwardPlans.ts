/**
 * @file Plans of backward passes, looked up by the structure of the forward graph alone: a training step whose structure is
 * known builds no backward graph.
 */
import type { Cell } from '../graph/cells/cell.js';
import type { Storage } from '../graph/values/storage.js';
import { extraOf } from '../graph/cells/gradient.js';
import type { Tensor } from '../graph/tensor.js';
import { constantOp } from '../graph/version.js';
import type { Collected } from './collect.js';
import { collectReady, execute, makePositionsDynamic, pendingVersions } from './evaluate.js';
import { engine } from './engine.js';
import { Plan } from './plan.js';

/** Ends the structure of a forward graph whose plan also runs the backward pass. */
const BACKWARD = -4;

/** A forward graph whose structure has no plan yet, and the existing gradients that such a plan would read. */
export interface UnplannedBackward {
  readonly graph: Pick<Collected, 'roots' | 'leaves' | 'gradLeaves'>;
  readonly structure: Int32Array;
  readonly gradients: readonly Tensor[];
}

/**
 * Runs the plan that an earlier pass over a graph of this structure left. Returns true if there was one; otherwise what
 * `runBackward` needs to leave one, or null where the structure does not determine the backward pass. `newGradient` makes the
 * cell of a leaf's first gradient.
 */
export function runKnownBackward(
  root: Tensor,
  newGradient: (leaf: Tensor) => Cell,
): true | UnplannedBackward | null {
  const graph = collectReady(() => [root, ...pendingVersions()]);
  if (!graph.plain || graph.roots[0] !== root) return null;
  const { structure, gradLeaves } = graph;
  structure.push(BACKWARD);
  const before = new Set<Tensor>();
  for (const node of gradLeaves) {
    const { extra } = node.cell ?? node;
    const live = extra?.grad?.live ?? null;
    if (extra !== null && (extra.hooks.length > 0 || live?.needsGrad === true)) return null;
    if (live?.value === null) return null; // a gradient that was assigned, and is computed in this run
    structure.push(live === null ? 0 : 1);
    if (live !== null) before.add(live);
  }
  const plan = engine.plans.get(structure);
  if (plan === null && makePositionsDynamic(graph)) return runKnownBackward(root, newGradient);
  if (plan === null) return { graph, structure: structure.copy(), gradients: [...before] };
  const cells = plan.gradients.map((k) => {
    const node = gradLeaves[k] as Tensor;
    const leaf = node.cell ?? node;
    return (extraOf(leaf).grad ??= newGradient(leaf));
  });
  const { values, owned } = execute(graph, plan, 'backward', null, cells, [...before]);
  cells.forEach((cell, k) => cell.advance(values[k] as Storage, owned[k] === true));
  return true;
}

/**
 * Runs a forward and a backward graph together; `gradients` are the last of its roots. If `unplanned` is given, the plan is
 * kept for all graphs of that forward structure.
 */
export function runBackward(
  graph: Collected,
  unplanned: UnplannedBackward | null,
  gradients: readonly Tensor[],
): void {
  if (graph.roots.length === 0) return;
  const learnt = unplanned === null ? null : planBackward(graph, unplanned, gradients);
  if (learnt === null) execute(graph, engine.plans.find(graph), 'backward');
  else execute({ ...graph, leaves: learnt.inputs }, learnt.plan, 'backward');
}

/**
 * Makes a plan for all graphs of the forward structure. Its inputs are the leaves of the forward graph and the existing
 * gradients; any other input of the backward part must be a number that its rules make.
 */
function planBackward(
  { nodes, leaves, roots }: Collected,
  { graph: forward, structure, gradients: before }: UnplannedBackward,
  gradients: readonly Tensor[],
): { readonly plan: Plan; readonly inputs: Tensor[] } | null {
  const firstGradient = roots.length - gradients.length;
  if (forward.roots.length !== firstGradient) return null;
  if (forward.roots.some((root, k) => roots[k] !== root)) return null;
  if (gradients.some((g, k) => roots[firstGradient + k] !== g)) return null;
  const inputs = [...forward.leaves, ...before];
  const known = new Set(inputs);
  if (leaves.some((leaf) => !known.has(leaf) && leaf.op !== constantOp)) return null;
  if (before.some((g) => nodes[g.slot] !== g)) return null;
  const places = new Map(
    forward.gradLeaves.map((node, k) => [(node.cell ?? node).extra?.grad, k] as const),
  );
  const targets = gradients.map((g) => places.get(g.cell) ?? -1);
  if (targets.includes(-1)) return null;
  const plan = engine.plans.add(new Plan(structure, { nodes, roots }, inputs));
  plan.gradients = targets;
  return { plan, inputs };
}
