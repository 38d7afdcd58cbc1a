/**
 * @file Evaluating: collect the unevaluated graph, find its plan by structure, run it, and only then change anything.
 *
 * What a run leaves behind: its roots keep their values in arrays that the garbage collector owns (large ones that
 * nobody reads yet stay where they are: `lent.ts`); cells take their new versions; everything else exists only inside
 * the run. A value that is needed again later is computed once more and remembered by the plan that dropped it
 * (`Plan.remember`), so that this happens once and not at every step. Values that require grad, evaluated without their
 * backward pass, leave behind what that pass will read until the next such run.
 */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import { pendingCells, type Cell } from '../graph/cell.js';
import { placement, type DeviceName } from '../graph/device.js';
import { allocate, itemSize, type TypedArray } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { MOST_PENDING } from '../graph/pending.js';
import { runtime } from '../graph/runtime.js';
import { isHost, type Storage } from '../graph/storage.js';
import { checkReadable } from '../graph/reading.js';
import type { Tensor } from '../graph/tensor.js';
import { counterOp, isNumber, numberOf } from '../graph/version.js';
import { exceeds } from './bound.js';
import { collect, type Collected } from './collect.js';
import { lastRun } from './lastRun.js';
import { borrow, lend, takeBack } from './lent.js';
import { userLine } from './userLine.js';
import { rowsOf } from './rows.js';
import { NOTHING, PlanCache, planning, type Plan } from './plan.js';
import type { Backend, Executable, HostBackend, Meter, Program } from './program.js';

/** The engine's state; `backends/index.ts` chooses the backend. */
export const engine: {
  backend: HostBackend | null;
  /** The backends of devices other than the CPU, once they have been opened. */
  readonly devices: Map<DeviceName, Backend>;
  readonly plans: PlanCache;
  /** Above 0 while a transform builds nodes: the pending graph is then left to grow. */
  building: number;
  /** Is told of every program that runs, for tests and profiles. */
  onRun: ((program: Program, why: string) => void) | null;
  /** While `profile` runs. */
  meter: Meter | null;
} = {
  backend: null,
  devices: new Map(),
  plans: new PlanCache(),
  building: 0,
  onRun: null,
  meter: null,
};

/** Nodes that hold a value only until the next run of values that require grad, and those values. */
let holding: { readonly node: Tensor; readonly value: Storage }[] = [];

/**
 * Computes the values of `tensors`, and of every cell with a pending version, in one run. First values
 * of cells beyond 64 MiB in all are left to what reads them.
 *
 * Values are computed when they are read; call this to choose the moment, or to compute several in one run. Results
 * of more than 64 KiB stay in the engine's memory until they are read (16 MiB in total: then the oldest are dropped,
 * and computed again if they are read after all).
 * @example
 * const [mean, deviation] = [x.mean(), x.std()];
 * evaluate(mean, deviation); // one pass over x
 */
export function evaluate(...tensors: readonly Tensor[]): void {
  for (const t of tensors) checkArgument('evaluate', 'each argument', t, kinds.tensor);
  if (mode.tracing !== null) return;
  const asked = tensors.map((t) => t.current);
  runAll(() => [...asked, ...pendingVersions()], 'evaluate');
}

/**
 * @internal The versions of cells that wait for a run; of first values no more than 64 MiB, as whoever made a layer and
 * dropped it owes nobody the memory for it. The others are computed when something reads them.
 */
export function pendingVersions(): Tensor[] {
  const versions: Tensor[] = [];
  let bytes = 0;
  for (const cell of pendingCells) {
    const isFirst = cell.isNew && cell.startsAlone && !cell.hasNext;
    if (isFirst) bytes += cell.size * itemSize[cell.dtype];
    if (isFirst && bytes > MOST_PENDING.bytes) cell.revert();
    else versions.push(cell.current);
  }
  return versions;
}

/** @internal How the runs so far found their plans. */
export function planningSoFar(): { walked: number; made: number; found: number } {
  return { walked: planning.walked, made: planning.made, found: engine.plans.hits };
}

/** @internal Where the graph behind `roots` runs: where it lies, else where new tensors are made. */
export function deviceOf(roots: readonly Tensor[]): DeviceName {
  if (engine.devices.size === 0) return 'cpu';
  const placed = roots.find(({ home }) => home !== null);
  if (placed?.home != null) return placed.home;
  return roots.some(({ sizes: shape }) => shape.length > 0) ? placement.chosen : 'cpu';
}

/** @internal The backend that runs the graph behind `roots`. */
export function backendFor(roots: readonly Tensor[]): Backend {
  return engine.devices.get(deviceOf(roots)) ?? backendInUse();
}

/** @internal The backend of the CPU that is in use. */
export function backendInUse(): HostBackend {
  if (engine.backend === null) throw new Error('no backend is loaded');
  return engine.backend;
}

/** @internal The graph behind `roots` as it is run: places that are known to change are operands. */
export function collectToRun(roots: readonly Tensor[], also: readonly Tensor[] = NONE): Collected {
  return collect(roots, {
    also,
    settle: mode.tracing === null ? engine.plans.places.settle : null,
  });
}

/** @internal The same, after the first values of its cells have been computed. */
export function collectReady(roots: () => readonly Tensor[]): Collected {
  const graph = collectToRun(roots());
  if (graph.initial.length === 0) return graph;
  try {
    computeFirst(graph.initial);
  } catch {
    // Cells that failed wait no more: what still meets one reads it, and the failure is its own.
    const { initial } = collectToRun(roots());
    if (initial.length > 0) computeFirst(initial);
  }
  return collectToRun(roots());
}

function computeFirst(versions: readonly Tensor[]): void {
  const graph = collectToRun(versions);
  execute(graph, engine.plans.find(graph), 'initial values');
}

/** Computes `roots`. On an error no cell has changed, and pending versions are forgotten. */
export function run(roots: readonly Tensor[], why: string): void {
  runAll(() => roots, why);
}

function runAll(roots: () => readonly Tensor[], why: string): void {
  const now = roots();
  for (const root of now) if (isNumber(root)) root.value = leafValue(root);
  const other = onSecondDevice(now);
  if (other === null) {
    runOnOne(roots, why);
    return;
  }
  runOnOne(() => roots().filter((root) => !other(root)), why);
  runOnOne(() => roots().filter(other), why);
}

/** Which roots lie on another device than the first one does; null if none. Numbers go along with the first. */
function onSecondDevice(roots: readonly Tensor[]): ((root: Tensor) => boolean) | null {
  const placed = engine.devices.size === 0 ? undefined : roots.find(({ home }) => home !== null);
  const other = (root: Tensor): boolean => root.home !== null && root.home !== placed?.home;
  return placed !== undefined && roots.some(other) ? other : null;
}

/**
 * @internal Whether places in a graph without a plan are operands from now on, as they were others before: it is then to be
 * collected again.
 */
export function hasMoved(graph: Collected): boolean {
  if (graph.placed.length === 0 || mode.tracing !== null) return false;
  return !engine.plans.has(graph.structure) && engine.plans.places.move(graph);
}

function runOnOne(roots: () => readonly Tensor[], why: string): void {
  let graph = collectReady(roots);
  if (graph.roots.length === 0) return;
  if (hasMoved(graph)) graph = collectToRun(roots());
  if (mode.tracing === 'compile') checkSettled(graph, why);
  const forward =
    why !== 'backward' && graph.roots.some((root) => root.needsGrad && root.cell === null);
  if (forward && graph.calls.length > 0)
    graph = collectToRun(roots(), runtime.keptByCalls(graph.calls));
  const plan = engine.plans.find(graph);
  execute(graph, plan, why, forward ? plan.held(graph) : null);
}

/** While a function is recorded, only what is the same at each call can be computed and read. */
function checkSettled({ leaves, nodes }: Collected, why: string): void {
  const changes = (x: Tensor): boolean => x.cell !== null || x.op === counterOp;
  if (leaves.some(changes) || nodes.some(changes)) checkReadable(why);
}

/**
 * @internal Runs a plan for a graph. `held` are slots to keep until the next run that holds some. The plan may compute
 * more roots than the graph has, new versions of the cells `more`, which are returned by value, from more leaves.
 */
export function execute(
  graph: Collected,
  plan: Plan,
  why: string,
  held: readonly number[] | null = null,
  more: readonly Cell[] = NONE,
  moreLeaves: readonly Tensor[] = NONE,
): MoreValues {
  const { roots } = graph;
  keepFromNowOn(graph);
  const leaves = moreLeaves.length === 0 ? graph.leaves : [...graph.leaves, ...moreLeaves];
  // Some of what the last run held may be an input: taken before it is let go of.
  const inputs = new Array<Storage>(leaves.length);
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as Tensor;
    if (leaf.cell === null) inputs[i] = leafValue(leaf);
    else leaf.cell.protect(leaf);
  }
  if (held !== null) release();
  const backend = backendFor(roots);
  const cells = roots.map(cellOf);
  let executable: Executable;
  try {
    executable =
      engine.meter === null
        ? plan.on(backend, held ?? NOTHING)
        : plan.metered(backend, engine.meter, held ?? NOTHING);
  } catch (error) {
    // What a device cannot do it says before anything runs.
    for (const cell of [...cells, ...more]) cell?.revert();
    throw error;
  }
  const outputs: (Storage | null)[] = cells.map((cell, k) =>
    cell === null ? place(roots[k] as Tensor, why, backend, leaves) : outputOf(cell, backend),
  );
  for (const cell of more) outputs.push(outputOf(cell, backend));
  for (let k = plan.kept.size + (held ?? NOTHING).length; k > 0; k--) outputs.push(null);
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as Tensor;
    inputs[i] ??= leafValue(leaf); // of cells: after versions that will be overwritten have been copied
  }
  runtime.runs++;
  engine.onRun?.(plan.program(held ?? NOTHING), why);
  let values: Storage[];
  try {
    values = executable.run(inputs, outputs, (at) => graph.nodes[at]?.scope ?? '');
  } catch (error) {
    [...cells, ...more].forEach((cell, k) => {
      const array = outputs[k] ?? null;
      if (cell === null && array !== null) takeBack(array, backend);
      cell?.giveBack(array);
      cell?.revert();
    });
    throw explain(error, graph.nodes[executable.at], why);
  }
  if (lastRun.wanted && why === 'backward') {
    lastRun.kept = { program: plan.program(held ?? NOTHING), inputs, nodes: graph.nodes };
  }
  settle(graph, plan, held ?? NOTHING, cells, outputs, values, more.length, backend);
  const end = roots.length + more.length;
  return {
    values: values.slice(roots.length, end),
    owned: outputs.slice(roots.length, end).map((array) => array !== null),
  };
}

/** @internal What is needed again is dropped no more by the plans that computed it. */
export function keepFromNowOn({ again }: Collected): void {
  for (const { plan, planIndex } of again) plan?.remember(planIndex);
}

/** The values of more cells than the graph has, and whether their arrays are the cells' own, to be used again. */
interface MoreValues {
  readonly values: readonly Storage[];
  readonly owned: readonly boolean[];
}

const NONE: readonly never[] = [];

/** The cell whose current version a root is. */
function cellOf(root: Tensor): Cell | null {
  return root.cell !== null && root.cell.current === root ? root.cell : null;
}

/** Hands the values of a run to their nodes. */
function settle(
  { nodes, roots }: Collected,
  plan: Plan,
  held: readonly number[],
  cells: readonly (Cell | null)[],
  given: readonly (Storage | null)[],
  values: readonly Storage[],
  more: number,
  backend: Backend,
): void {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Tensor;
    if (node.value !== null || plan.instructions[i]?.op === null) continue;
    node.plan = plan;
    node.planIndex = i;
  }
  for (let k = 0; k < roots.length; k++) {
    const cell = cells[k] as Cell | null;
    const value = values[k] as Storage;
    if (cell === null && given[k] !== null) lend(roots[k] as Tensor, value, backend);
    else if (cell === null) keep(roots[k] as Tensor, value);
    else cell.commit(value, given[k] !== null);
  }
  let k = roots.length + more;
  for (const index of plan.kept) {
    const value = values[k++] as Storage;
    if (index < nodes.length) keep(nodes[index] as Tensor, value);
  }
  for (const index of held) {
    const node = nodes[index] as Tensor;
    const value = values[k++] as Storage;
    if (node.value !== null) continue; // kept for good
    node.value = value;
    holding.push({ node, value });
  }
}

function keep(node: Tensor, value: Storage): void {
  node.value = value;
  if (!isHost(value)) node.home = value.device;
  if (!node.needsGrad) node.inputs = [];
}

/** Lets go of what the last run held for its backward pass. */
function release(): void {
  for (const { node, value } of holding) {
    if (node.value === value) node.value = null;
  }
  holding = [];
}

/** Where a root goes that somebody wants computed and does not look at yet; null for an array of its own. */
function place(
  root: Tensor,
  why: string,
  backend: Backend,
  leaves: readonly Tensor[],
): Storage | null {
  return why === 'evaluate' && root.plan === null ? borrow(root, backend, leaves) : null;
}

/** Where a cell's new version goes: the array before last, at first one that the backend keeps for it. */
function outputOf(cell: Cell | null, backend: Backend): Storage | null {
  if (cell === null) return null;
  return spareOn(cell, backend) ?? (cell.isNew ? null : backend.allocate(cell.dtype, cell.size));
}

/** @internal The array a cell's next version may be written to, if it lies where the backend can write it. */
export function spareOn(cell: Cell, backend: Backend): Storage | null {
  const array = cell.spare();
  if (array === null) return null;
  // Single numbers stay on the host, whatever the device.
  if (isHost(array)) return backend.device === 'cpu' || array.length === 1 ? array : null;
  return array.device === backend.device ? array : null;
}

function leafValue(leaf: Tensor): Storage {
  return leaf.value ?? (isNumber(leaf) ? numberArray(leaf, numberOf(leaf)) : rowsOf(leaf));
}

/** @internal A number as the value of a leaf. */
export function numberArray({ dtype }: Tensor, x: number): TypedArray {
  const array = allocate(dtype, 1);
  array[0] = x;
  return array;
}

/** @internal An error of a kernel, with the place in the user's model where its node was made. */
export function explain(error: unknown, node: Tensor | undefined, why: string): unknown {
  if (!(error instanceof ChainruleError) || node === undefined) return error;
  if (node.scope !== '') error.message += ` (in ${node.scope})`;
  const stack = node.extra?.stack;
  if (stack !== undefined)
    error.message += `; found at ${why}, the operation was created ${userLine(stack)}`;
  return error;
}

runtime.evaluate = run;
runtime.bound = (node) => {
  if (engine.building > 0 || mode.tracing !== null || !exceeds(node)) return;
  run([node], 'evaluation'); // into an array of its own: what is behind it is to go
};
