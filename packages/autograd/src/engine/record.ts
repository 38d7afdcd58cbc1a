/** @file Recording a function for `compile`: run once on placeholders, noted, and all that it changed taken back. */
import { ChainruleError } from '../errors.js';
import { Cell, pendingCells } from '../graph/cell.js';
import { allocate, type TypedArray } from '../graph/dtype.js';
import { generator } from '../graph/generatorState.js';
import { mode, recording, withMode, type Guard } from '../graph/mode.js';
import { extraOf, type Tensor, valueOf } from '../graph/tensor.js';
import { counterOp, isNumber, numberOf, placeholder, placeholderOp } from '../graph/version.js';
import { flatten, isTensor } from '../tree.js';
import { collect, type Collected } from './collect.js';
import { backendInUse, engine, evaluate, keepFromNowOn, numberArray } from './evaluate.js';
import { Plan } from './plan.js';
import type { Backend } from './program.js';

/** Where an input of the plan comes from at each call. */
export type Source =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'seed' }
  /** An offset of the random generator, counted from its state at the call. */
  | { readonly kind: 'offset'; readonly relative: number }
  | { readonly kind: 'constant' };

/** A function as one plan. */
export interface Recording {
  readonly grad: boolean;
  readonly backend: Backend | null;
  /** The leaves of the arguments it was recorded with. */
  readonly expects: readonly unknown[];
  readonly guards: readonly Guard[];
  readonly plan: Plan;
  readonly sources: readonly Source[];
  readonly inputs: TypedArray[];
  /** What the plan gives: the new versions of `cells`, then the results. */
  readonly roots: readonly Tensor[];
  readonly cells: readonly Cell[];
  /** The root that each tensor of the result is; −1 − its place for an argument that is returned as it came. */
  readonly results: readonly number[];
  /** Whether the results follow from the arguments alone, and nothing else is changed. */
  readonly pure: boolean;
  readonly build: (leaves: readonly unknown[]) => unknown;
  /** The gradients afterwards: null where they are cleared; `target` is a place among the arguments or a tensor. */
  readonly grads: readonly { readonly target: Tensor | number; readonly cell: Cell | null }[];
  /** How far the random generator moves. */
  readonly draws: number;
  readonly nodes: readonly Tensor[];
  /** What the function asked to be called after each run. */
  readonly after: readonly (() => void)[];
}

/** What a gradient was before the recording. */
interface GradBefore {
  readonly grad: Cell | null;
  readonly live: boolean;
}

export function record(
  f: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  leaves: readonly unknown[],
): Recording {
  evaluate(); // every cell starts from a version with a value
  const stand = new Map<unknown, Tensor>();
  const placeholders = leaves.map((leaf) => placeholderFor(leaf, stand));
  const outer = { ...recording };
  Object.assign(recording, { guards: [], cells: new Set(), grads: new Map(), after: [] });
  const start = generator.offset;
  engine.building++;
  try {
    const given = substitute(args, placeholders, { next: 0 }) as unknown[];
    const result = withMode('compile', { tracing: 'compile' }, () => f(...given));
    return capture(result, leaves, placeholders, start);
  } finally {
    engine.building--;
    for (const cell of [...pendingCells]) cell.revert();
    for (const [leaf, before] of recording.grads as Map<Tensor, GradBefore>) {
      extraOf(leaf).grad = before.grad;
      if (before.live) before.grad?.restore();
    }
    generator.offset = start;
    const made = [...recording.cells] as Cell[];
    Object.assign(recording, outer);
    evaluate(...made); // cells made on the way, such as an optimizer's state, take their first values
  }
}

/** Turns what the function did into a plan. */
function capture(
  result: unknown,
  leaves: readonly unknown[],
  placeholders: readonly (Tensor | null)[],
  start: number,
): Recording {
  const out = flatten(result);
  const roots: Tensor[] = [];
  const output = (node: Tensor): number => {
    const at = roots.indexOf(node);
    return at >= 0 ? at : roots.push(node) - 1;
  };
  const made = recording.cells as Set<Cell>;
  const grads = [...(recording.grads as Map<Tensor, GradBefore>).keys()].map((leaf) => {
    const at = placeholders.indexOf(leaf);
    const grad = extraOf(leaf).grad;
    return { target: at >= 0 ? at : leaf, cell: grad?.live === null ? null : grad };
  });
  const cleared = new Set((recording.grads as Map<Tensor, GradBefore>).keys());
  const live = new Set(grads.map(({ cell }) => cell));
  const old = new Set(
    [...cleared].flatMap((leaf) =>
      [extraOf(leaf).grad].filter((grad) => grad !== null && !live.has(grad)),
    ),
  );
  const cells = [...pendingCells].filter(
    (cell) => !old.has(cell) && cell.live !== null && (!made.has(cell) || cell.hasNext),
  );
  for (const cell of cells) output(cell.current);
  const results = out.leaves.map((leaf) => {
    const node = leaf.current;
    const argument = placeholders.indexOf(node);
    return argument >= 0 ? -1 - argument : output(node);
  });
  const stops = new Set<Tensor>(placeholders.filter((p) => p !== null));
  for (const cell of made) stops.add(cell.first);
  const graph = collect(
    roots.filter((root) => root.value === null),
    stops,
  );
  for (const root of roots) if (root.value !== null || isNumber(root)) throw constantResult();
  for (const leaf of graph.leaves) {
    if (leaf.op === placeholderOp && !stops.has(leaf))
      throw new ChainruleError('compile: a tensor of another recording was used');
  }
  const backend = backendInUse();
  keepFromNowOn(graph);
  const plan = planFor(graph, roots);
  return {
    grad: mode.grad,
    backend,
    expects: leaves,
    guards: [...recording.guards, ...graph.leaves.flatMap(requiresGradGuard)],
    plan,
    sources: graph.leaves.map((leaf) => sourceOf(leaf, placeholders, start)),
    inputs: graph.leaves.map(
      (leaf) =>
        (leaf.value === null ? null : valueOf(leaf, 'compile')) ??
        (isNumber(leaf) ? numberArray(leaf, numberOf(leaf)) : allocate(leaf.dtype, leaf.size)),
    ),
    roots,
    cells,
    results,
    pure:
      grads.length === 0 && graph.leaves.every(({ cell, op }) => cell === null && op !== counterOp),
    build: (tensors) => out.structure.rebuild(tensors),
    grads,
    draws: generator.offset - start,
    nodes: graph.nodes,
    after: recording.after,
  };
}

/** The plan of a recording: functions that do the same, such as the steps of two optimizers, share it. */
function planFor({ nodes, leaves, structure }: Collected, roots: readonly Tensor[]): Plan {
  structure.push(RECORDED);
  for (const root of roots) structure.push(root.slot);
  const graph = { nodes, roots: [...roots] };
  return (
    engine.plans.look(structure) ?? engine.plans.add(new Plan(structure.copy(), graph, leaves))
  );
}

/** Ends the structure of a recorded graph, which is no other's: its plan keeps nothing for later runs. */
const RECORDED = -5;

/** Whether a cell requires grad decided what was recorded. */
function requiresGradGuard({ cell }: Tensor): Guard[] {
  return cell === null ? [] : [{ read: () => cell.needsGrad, value: cell.needsGrad }];
}

function constantResult(): ChainruleError {
  return new ChainruleError(
    'compile: the function returns a tensor that it did not compute; return it from outside',
  );
}

function sourceOf(leaf: Tensor, placeholders: readonly (Tensor | null)[], start: number): Source {
  if (leaf.cell !== null) return { kind: 'cell', cell: leaf.cell };
  if (leaf.op === placeholderOp) return { kind: 'argument', index: placeholders.indexOf(leaf) };
  if (leaf.op === counterOp) {
    const { value, role } = leaf.attrs as unknown as { value: number; role: string };
    return role === 'seed' ? { kind: 'seed' } : { kind: 'offset', relative: value - start };
  }
  return { kind: 'constant' };
}

/** What stands for an argument; the same tensor given twice is one placeholder. */
function placeholderFor(leaf: unknown, stand: Map<unknown, Tensor>): Tensor | null {
  if (typeof leaf === 'number') return placeholder([], 'float64', false, true);
  if (!isTensor(leaf) || leaf instanceof Cell) return null;
  const known = stand.get(leaf);
  if (known !== undefined) return known;
  const made = placeholder(leaf.shape, leaf.dtype, leaf.needsGrad);
  stand.set(leaf, made);
  return made;
}

/** The arguments with placeholders in the places of tensors and numbers. */
function substitute(
  tree: unknown,
  placeholders: readonly (Tensor | null)[],
  at: { next: number },
): unknown {
  if (Array.isArray(tree)) return tree.map((x) => substitute(x, placeholders, at));
  if (typeof tree === 'object' && tree !== null && !isTensor(tree)) {
    const prototype: unknown = Object.getPrototypeOf(tree);
    if (prototype === Object.prototype || prototype === null) {
      return Object.fromEntries(
        Object.entries(tree).map(([key, x]) => {
          at.next++; // the key is a leaf of its own
          return [key, substitute(x, placeholders, at)];
        }),
      );
    }
  }
  return placeholders[at.next++] ?? tree;
}
