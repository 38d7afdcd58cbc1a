/** @file Recording a function for `compile`: run once on placeholders, noted, and all that it changed taken back. */
import { ChainruleError } from '../errors.js';
import { Cell, pendingCells } from '../graph/cell.js';
import { allocate } from '../graph/dtype.js';
import { generator } from '../graph/generatorState.js';
import { mode, recording, withMode, type CellLife, type Guard } from '../graph/mode.js';
import { runtime } from '../graph/runtime.js';
import type { Storage } from '../graph/storage.js';
import { extraOf, isRecorded } from '../graph/gradient.js';
import { makeNode } from '../graph/node.js';
import { storageOf } from '../graph/reading.js';
import { newestId, Tensor } from '../graph/tensor.js';
import {
  constant,
  counterOp,
  isNumber,
  isWhole,
  numberOf,
  Placeholder,
  placeholderOp,
  versionOp,
} from '../graph/version.js';
import { flatten, isTensor, type Structure } from '../tree.js';
import { collect, type Collected } from './collect.js';
import { backendFor, engine, evaluate, keepFromNowOn, numberArray } from './evaluate.js';
import { Plan } from './plan.js';
import type { Backend } from './program.js';
import { factsOf, substitute, type Fact, type LeafFact } from './signature.js';

/** Where an input of the plan comes from at each call. */
export type Source =
  | { readonly kind: 'argument'; readonly index: number }
  /** The gradient that an argument has. */
  | { readonly kind: 'gradient'; readonly index: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'seed' }
  /** An offset of the random generator, counted from its state at the call. */
  | { readonly kind: 'offset'; readonly relative: number }
  | { readonly kind: 'constant' };

/** What a tensor of the result is: a root of the plan, an argument as it came, or what was there before. */
export type Result =
  | { readonly kind: 'root'; readonly root: number }
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'constant'; readonly tensor: Tensor };

/** A gradient after a call; null where it is cleared. Of an argument it is a root of the plan, else a cell. */
export type Gradient =
  | { readonly kind: 'argument'; readonly index: number; readonly root: number | null }
  | { readonly kind: 'leaf'; readonly leaf: Tensor; readonly cell: Cell | null };

/** A function as one plan. */
export interface Recording {
  readonly grad: boolean;
  readonly backend: Backend;
  readonly facts: readonly Fact[];
  /** Tensors outside of the function that it keeps gradients of. */
  readonly captured: ReadonlySet<unknown>;
  /** What it reads and is no argument, as it was. */
  readonly leafFacts: readonly LeafFact[];
  readonly guards: readonly Guard[];
  readonly plan: Plan;
  /** The inputs of the plan as nodes of what was recorded, and where each comes from. */
  readonly leaves: readonly Tensor[];
  readonly sources: readonly Source[];
  readonly inputs: Storage[];
  /** What the plan gives: the new versions of `cells`, then the results. */
  readonly roots: readonly Tensor[];
  readonly cells: readonly Cell[];
  readonly results: readonly Result[];
  /** Whether the results follow from the arguments alone, and nothing else is changed. */
  readonly pure: boolean;
  readonly structure: Structure;
  readonly gradients: readonly Gradient[];
  /** Arguments that the function has asked to require grad, or not to. */
  readonly marked: readonly { readonly index: number; readonly requiresGrad: boolean }[];
  /** How far the random generator moves. */
  readonly draws: number;
  readonly nodes: readonly Tensor[];
  /** Older nodes were there before it was recorded. */
  readonly since: number;
  /** What the function asked to be called after each run. */
  readonly after: readonly (() => void)[];
  /**
   * Whether it made cells of which nobody has said how long they serve. What is made at the first call is there at the next,
   * and what is made at every call starts anew each time: either way this recording is for one call.
   */
  readonly makesCells: boolean;
}

/** What a gradient was before the recording. */
interface GradBefore {
  readonly grad: Cell | null;
  readonly live: boolean;
}

/** What stands for the arguments while a function is recorded. */
interface Stand {
  readonly placeholders: readonly (Placeholder | null)[];
  /** What stands for the gradients that arguments have, by the places of these. */
  readonly gradients: ReadonlyMap<number, Tensor>;
  /** The cells that hold these. */
  readonly cells: ReadonlySet<Cell | null>;
  readonly facts: readonly Fact[];
  /** The state of the random generator, and the oldest node of the recording. */
  readonly start: number;
  readonly since: number;
}

/**
 * Records `f` for `args`, whose leaves are `leaves`; `fixed` are tensors among them that stand for themselves, and
 * `recorder` is what users called to have it recorded.
 */
export function record(
  f: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  leaves: readonly unknown[],
  fixed: ReadonlySet<unknown> = new Set(),
  recorder = 'compile',
): Recording {
  evaluate(); // every cell starts from a version with a value
  const outer = { ...recording };
  Object.assign(recording, {
    guards: [],
    cells: new Map(),
    life: 'unknown',
    grads: new Map(),
    after: [],
  });
  const since = constant(0, 'float32').id;
  const stand = standFor(leaves, fixed, since, recorder);
  recording.since = newestId();
  let recorded: Recording;
  engine.building++;
  try {
    const given = substitute(args, stand.placeholders) as unknown[];
    const result = withMode(recorder, { tracing: 'compile', recorder }, () => f(...given));
    recorded = capture(result, stand);
  } finally {
    engine.building--;
    for (const cell of [...pendingCells]) cell.revert();
    for (const [leaf, before] of recording.grads as Map<Tensor, GradBefore>) {
      extraOf(leaf).grad = before.grad;
      if (before.live) before.grad?.restore();
      else before.grad?.clear();
    }
    generator.offset = stand.start;
    const made = startingCells();
    Object.assign(recording, outer);
    evaluate(...made); // cells made on the way, such as an optimizer's state, take their first values
  }
  // A tensor that is captured and given as an argument has one gradient.
  const twice = leaves.filter(
    (leaf) => recorded.captured.has(leaf) && !(leaf instanceof Cell) && !fixed.has(leaf),
  );
  return twice.length === 0
    ? recorded
    : record(f, args, leaves, new Set([...fixed, ...twice]), recorder);
}

/** The cells made meanwhile that start from a value of their own; others start from what is computed at the call. */
function startingCells(): Cell[] {
  const made = [...recording.cells] as [Cell, CellLife][];
  return made.flatMap(([cell, life]) =>
    life !== 'passing' && startsFromConstants(cell) ? [cell] : [],
  );
}

/** Whether the first value of a cell follows from nothing that is another at the next call. */
function startsFromConstants({ first }: Cell): boolean {
  const seen = new Set<Tensor>([first]);
  for (const node of seen) {
    if (node.op === placeholderOp || node.op === counterOp) return false;
    if (node.cell !== null && node !== first) return false;
    for (const x of node.inputs) seen.add(x);
  }
  return true;
}

function standFor(
  leaves: readonly unknown[],
  fixed: ReadonlySet<unknown>,
  since: number,
  recorder: string,
): Stand {
  const stand = new Map<unknown, Placeholder>();
  const gradients = new Map<number, Tensor>();
  const cells = new Set<Cell | null>();
  const placeholders = leaves.map((leaf, index) => {
    if (typeof leaf === 'number') return new Placeholder([], 'float64', { whole: isWhole(leaf) });
    if (!isTensor(leaf) || leaf instanceof Cell || fixed.has(leaf)) return null;
    const known = stand.get(leaf);
    if (known !== undefined) return known;
    const made = new Placeholder(leaf.sizes, leaf.dtype, {
      requiresGrad: leaf.needsGrad,
      leaf: leaf.isLeaf,
      home: leaf.current.home,
    });
    stand.set(leaf, made);
    // What is no leaf has its hooks called where its gradient goes on from it.
    if (leaf.extra !== null && leaf.needsGrad && leaf.isLeaf) {
      extraOf(made).hooks.push(...leaf.extra.hooks);
      if ((leaf.extra.grad?.live ?? null) !== null) {
        const gradient = new Placeholder(leaf.sizes, leaf.dtype, { home: leaf.current.home });
        gradients.set(index, gradient);
        // Inside what is recorded, as the gradient stands for one of an argument.
        withMode(recorder, { tracing: 'compile' }, () => runtime.assignGrad(made, gradient));
        cells.add(made.extra?.grad ?? null);
      }
    }
    return made;
  });
  const facts = factsOf(leaves, placeholders);
  return { placeholders, gradients, cells, facts, start: generator.offset, since };
}

/** Turns what the function did into a plan. */
function capture(result: unknown, stand: Stand): Recording {
  const { placeholders, start, since } = stand;
  for (const fact of stand.facts) if (fact.kind === 'value') fact.contents?.settle();
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
      !stand.cells.has(cell) &&
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
      return { kind: 'root', root: output(again(node)) };
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
  for (const gradient of stand.gradients.values()) stops.add(gradient);
  for (const cell of given) stops.add(cell.first);
  roots.forEach((root, k) => {
    // A gradient or a new version that is an input as it came.
    if (stops.has(root) || root.value !== null || isNumber(root)) roots[k] = again(root);
  });
  const graph = collect(roots, { stops, byPosition: true });
  for (const leaf of graph.leaves) {
    if (leaf.op === placeholderOp && !stops.has(leaf))
      throw new ChainruleError('compile: a tensor of another recording was used');
  }
  const sources = graph.leaves.map((leaf) => sourceOf(leaf, stand));
  const constants = graph.leaves.filter((_leaf, k) => sources[k]?.kind === 'constant');
  const captured = new Set<unknown>(constants.filter((leaf) => leaf.needsGrad));
  for (const gradient of gradients) if (gradient.kind === 'leaf') captured.add(gradient.leaf);
  keepFromNowOn(graph);
  return {
    grad: mode.grad,
    backend: backendFor(roots),
    facts: stand.facts,
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
    marked: stand.facts.flatMap((fact, index) => {
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

/** The same elements, as a node to be computed: as part of what is recorded, and not before, however much is pending. */
export function again(node: Tensor): Tensor {
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
  const graph = { nodes, roots: [...roots] };
  return (
    engine.plans.look(structure) ?? engine.plans.add(new Plan(structure.copy(), graph, leaves))
  );
}

/** Ends the structure of a recorded graph, which is no other's: its plan keeps nothing for later runs. */
const RECORDED = -5;

/** What decided what was recorded: whether leaves require grad, and the hooks of those that were given a gradient. */
function leafFacts(
  leaves: readonly Tensor[],
  touched: ReadonlyMap<Tensor, unknown>,
  placeholders: readonly (Tensor | null)[],
): LeafFact[] {
  const own = leaves.map((node) => node.cell ?? node).filter((leaf) => leaf.op === null);
  const hooked = [...touched.keys()].filter((leaf) => !placeholders.includes(leaf)); // those are facts of an argument
  return [...new Set([...own, ...hooked])].map((leaf) => ({
    leaf,
    requiresGrad: leaf.needsGrad,
    hooks: touched.has(leaf) ? (leaf.extra?.hooks.slice() ?? []) : null,
  }));
}

function sourceOf(leaf: Tensor, { placeholders, gradients, start }: Stand): Source {
  if (leaf.cell !== null && recording.cells.get(leaf.cell) === 'passing')
    return { kind: 'constant' }; // the value it starts from at each call
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
