/** @file Turns what a recorded function did into a plan: where its inputs come from, its results, and what it changed. */
import { ChainruleError } from '../../errors.js';
import { pendingCells, type Cell } from '../../graph/cells/cell.js';
import { allocate } from '../../graph/dtype.js';
import { generator } from '../../graph/generatorState.js';
import { extraOf, isRecorded } from '../../graph/cells/gradient.js';
import { mode, recording, type CellLifetime } from '../../graph/mode.js';
import { makeNode } from '../../graph/node.js';
import { storageOf } from '../../graph/values/reading.js';
import { Tensor } from '../../graph/tensor.js';
import {
  counterOp,
  isNumber,
  numberOf,
  placeholderOp,
  versionOp,
  type Placeholder,
} from '../../graph/version.js';
import { flatten } from '../../tree.js';
import { collect, type Collected } from '../collect.js';
import { backendFor, engine } from '../engine.js';
import { pinDropped } from '../evaluate.js';
import { evaluateCaptured } from './captured.js';
import { numberArray } from '../commitValues.js';
import { Plan } from '../plan.js';
import type {
  GradBefore,
  Gradient,
  Recording,
  Result,
  Source,
  ArgumentPlaceholders,
} from './recording.js';
import type { LeafFact } from './signature.js';

/** Makes a plan of what the function did. */
export function capture(result: unknown, argumentNodes: ArgumentPlaceholders): Recording {
  const { placeholders, start, since } = argumentNodes;
  for (const fact of argumentNodes.facts) if (fact.kind === 'value') fact.contents?.prune();
  const out = flatten(result);
  const roots: Tensor[] = [];
  const output = (node: Tensor): number => {
    const at = roots.indexOf(node);
    return at >= 0 ? at : roots.push(node) - 1;
  };
  const given = new Set(startingCells());
  const touched = recording.grads as Map<Tensor, GradBefore>;
  const passing = new Set(
    [...touched.keys()].filter((leaf) => isRecorded(leaf) && !out.leaves.includes(leaf)),
  );
  const elsewhere = new Set([...placeholders, ...passing].map((p) => p?.extra?.grad ?? null));
  const old = new Set(
    [...touched.keys()].flatMap((leaf) => {
      const grad = extraOf(leaf).grad;
      return grad !== null && grad.live === null ? [grad] : [];
    }),
  );
  const cells = [...pendingCells].filter(
    (cell) =>
      !old.has(cell) &&
      !elsewhere.has(cell) &&
      !argumentNodes.cells.has(cell) &&
      cell.live !== null &&
      (!given.has(cell) || cell.hasNext),
  );
  for (const cell of cells) output(cell.current);
  const gradients = [...touched.keys()].flatMap((leaf): Gradient[] => {
    if (passing.has(leaf)) return [];
    const grad = extraOf(leaf).grad;
    const live = grad?.live ?? null;
    const index = placeholders.indexOf(leaf as Placeholder);
    if (index >= 0)
      return [{ kind: 'argument', index, root: live === null ? null : output(live.current) }];
    return [{ kind: 'leaf', leaf, cell: live === null ? null : grad }];
  });
  const results = out.leaves.map((leaf): Result => {
    const node = leaf.current;
    const index = placeholders.indexOf(node as Placeholder);
    if (index >= 0) return { kind: 'argument', index };
    if (node.cell !== null && node.value !== null)
      return { kind: 'root', root: output(recompute(node)) };
    if (isNumber(node)) {
      const tensor = new Tensor(
        null,
        [],
        null,
        [],
        node.dtype,
        false,
        numberArray(node, numberOf(node)),
      );
      return { kind: 'constant', tensor };
    }
    const outside = node.value !== null || (node.id < since && node.cell === null);
    return outside ? { kind: 'constant', tensor: leaf } : { kind: 'root', root: output(node) };
  });
  const stops = new Set<Tensor>(placeholders.filter((p) => p !== null));
  for (const gradient of argumentNodes.gradients.values()) stops.add(gradient);
  for (const cell of given) stops.add(cell.first);
  roots.forEach((root, k) => {
    // A gradient or a new version that is an unchanged input.
    if (stops.has(root) || root.value !== null || isNumber(root)) roots[k] = recompute(root);
  });
  let graph = collect(roots, { stops, byPosition: true });
  if (evaluateCaptured(graph.nodes, roots, since))
    graph = collect(roots, { stops, byPosition: true });
  for (const leaf of graph.leaves) {
    if (leaf.op === placeholderOp && !stops.has(leaf))
      throw new ChainruleError('compile: a tensor of another recording was used');
  }
  const sources = graph.leaves.map((leaf) => sourceOf(leaf, argumentNodes));
  const constants = graph.leaves.filter((_leaf, k) => sources[k]?.kind === 'constant');
  const captured = new Set<unknown>(constants.filter((leaf) => leaf.needsGrad));
  for (const gradient of gradients) if (gradient.kind === 'leaf') captured.add(gradient.leaf);
  pinDropped(graph);
  return {
    grad: mode.grad,
    backend: backendFor(roots),
    facts: argumentNodes.facts,
    captured,
    leafFacts: leafFacts(graph.leaves, touched, placeholders),
    guards: recording.guards,
    plan: planFor(graph, roots),
    leaves: graph.leaves,
    sources,
    inputs: graph.leaves.map(
      (leaf) =>
        (leaf.value === null ? null : storageOf(leaf, 'compile')) ??
        (isNumber(leaf) ? numberArray(leaf, numberOf(leaf)) : allocate(leaf.dtype, leaf.size)),
    ),
    roots,
    cells,
    results,
    pure:
      gradients.length === 0 &&
      graph.leaves.every(({ cell, op }) => cell === null && op !== counterOp),
    structure: out.structure,
    gradients,
    marked: argumentNodes.facts.flatMap((fact, index) => {
      const requiresGrad = placeholders[index]?.needsGrad === true;
      const changed = fact.kind === 'tensor' && fact.requiresGrad !== requiresGrad;
      return changed ? [{ index, requiresGrad }] : [];
    }),
    draws: generator.offset - start,
    nodes: graph.nodes,
    since,
    after: recording.after,
    makesCells: [...recording.cells.values()].includes('unknown'),
  };
}

/** The same elements as a new node, computed as part of the recording, not before, however much is pending. */
export function recompute(node: Tensor): Tensor {
  const outer = mode.grad;
  mode.grad = false;
  engine.building++;
  try {
    return makeNode(versionOp, [node], null, node.sizes, node.dtype);
  } finally {
    engine.building--;
    mode.grad = outer;
  }
}

/** The plan of a recording: functions that do the same, such as the steps of two optimizers, share it. */
export function planFor({ nodes, leaves, structure }: Collected, roots: readonly Tensor[]): Plan {
  structure.push(RECORDED);
  for (const root of roots) structure.push(root.slot);
  const known = engine.plans.get(structure);
  if (known !== null) return known;
  const graph = { nodes, roots: [...roots] };
  return engine.plans.add(new Plan(structure.copy(), graph, leaves, MAX_QUICK_RUNS));
}

/** The most quick runs of a recorded function: it is likely to run often. */
const MAX_QUICK_RUNS = 44;

/** Ends the structure of a recorded graph and tells it from all others: its plan keeps nothing for later runs. */
const RECORDED = -5;

/** Facts that decided what was recorded: whether leaves require grad, and the hooks of those that were given a gradient. */
function leafFacts(
  leaves: readonly Tensor[],
  touched: ReadonlyMap<Tensor, unknown>,
  placeholders: readonly (Tensor | null)[],
): LeafFact[] {
  const own = leaves.map((node) => node.cell ?? node).filter((leaf) => leaf.op === null);
  const hooked = [...touched.keys()].filter((leaf) => !placeholders.includes(leaf)); // arguments have facts of their own
  return [...new Set([...own, ...hooked])].map((leaf) => ({
    leaf,
    requiresGrad: leaf.needsGrad,
    hooks: touched.has(leaf) ? (leaf.extra?.hooks.slice() ?? []) : null,
  }));
}

function sourceOf(leaf: Tensor, { placeholders, gradients, start }: ArgumentPlaceholders): Source {
  if (leaf.cell !== null && recording.cells.get(leaf.cell) === 'passing')
    return { kind: 'constant' }; // the value with which it starts at each call
  if (leaf.cell !== null) return { kind: 'cell', cell: leaf.cell };
  if (leaf.op === placeholderOp) {
    for (const [index, gradient] of gradients)
      if (gradient === leaf) return { kind: 'gradient', index };
    return { kind: 'argument', index: placeholders.indexOf(leaf as Placeholder) };
  }
  if (leaf.op === counterOp) {
    const { value, role } = leaf.attrs as unknown as { value: number; role: string };
    return role === 'seed' ? { kind: 'seed' } : { kind: 'offset', relative: value - start };
  }
  return { kind: 'constant' };
}

/** The new cells that start from a value of their own; others start from a value computed at each call. */
export function startingCells(): Cell[] {
  const made = [...recording.cells] as [Cell, CellLifetime][];
  return made.flatMap(([cell, life]) =>
    life !== 'passing' && startsFromConstants(cell) ? [cell] : [],
  );
}

/** Whether the first value of a cell depends only on what is the same at each call. */
function startsFromConstants({ first }: Cell): boolean {
  const seen = new Set<Tensor>([first]);
  for (const node of seen) {
    if (node.op === placeholderOp || node.op === counterOp) return false;
    if (node.cell !== null && node !== first) return false;
    for (const x of node.inputs) seen.add(x);
  }
  return true;
}
