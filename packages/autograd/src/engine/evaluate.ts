/**
 * @file Evaluation: collect the unevaluated graph, find its plan by structure, run it, and only then change anything.
 *
 * `commitValues.ts` decides what a run leaves behind; everything else exists only inside the run. A dropped value that is needed
 * again is computed once more and remembered by the plan that dropped it (`Plan.remember`), so that this happens once and not
 * at every step.
 */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import { pendingCells, type Cell } from '../graph/cells/cell.js';
import { itemSize } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { PENDING_LIMITS } from '../graph/pending.js';
import { runtime } from '../graph/runtime.js';
import type { Storage } from '../graph/values/storage.js';
import { checkReadable } from '../graph/values/reading.js';
import type { Tensor } from '../graph/tensor.js';
import { counterOp, isNumber } from '../graph/version.js';
import { exceedsPendingLimits, overdue } from './pendingLimits.js';
import { collect, type Collected } from './collect.js';
import { lastRun } from './lastRun.js';
import { backendFor, engine, onSecondDevice } from './engine.js';
import { revokeLoan } from './loans.js';
import { NO_SLOTS, type Plan } from './plan.js';
import type { Executable } from './program.js';
import {
  cellOf,
  leafValue,
  cellOutput,
  rootOutput,
  releaseSaved,
  commitValues,
} from './commitValues.js';
import { joinedScope, scopeWithin } from './loop.js';
import { madeAt } from './userLine.js';

/**
 * Computes the values of `tensors` and of every cell that was assigned, in one run. Initial values of cells
 * that exceed 64 MiB in total wait until they are read.
 *
 * Values are computed when they are read; call this to choose the moment, or to compute several in one run. Results of
 * more than 64 KiB stay in the engine's memory until they are read, up to 16 MiB in total: beyond that the oldest are
 * dropped, and computed again if they are read.
 *
 * @throws {ChainruleError} for anything but tensors, and whatever the operations refuse when they run. PyTorch has no
 * equivalent, since it computes at once.
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
 * @internal The pending versions of cells; of first values at most 64 MiB, since someone who made a layer and dropped it
 * should not pay memory for it. The others are computed when something reads them.
 */
export function pendingVersions(): Tensor[] {
  const versions: Tensor[] = [];
  let bytes = 0;
  for (const cell of pendingCells) {
    const isFirst = cell.isNew && cell.startsAlone && !cell.hasNext;
    if (isFirst) bytes += cell.size * itemSize[cell.dtype];
    if (isFirst && bytes > PENDING_LIMITS.bytes) cell.revert();
    else versions.push(cell.current);
  }
  return versions;
}

/** @internal The graph behind `roots` as it is run: positions that are known to change are operands. */
export function collectToRun(roots: readonly Tensor[], also: readonly Tensor[] = NONE): Collected {
  return collect(roots, {
    also,
    keepsViews: mode.tracing === null,
    resolve: mode.tracing === null ? engine.plans.positions.resolver : null,
  });
}

/**
 * @internal The same, after computing the first values of its cells and the data that is needed again, so that a step has the
 * same graph as those that follow it.
 */
export function collectReady(roots: () => readonly Tensor[]): Collected {
  const graph = collectToRun(roots());
  if (graph.initial.length + graph.dropped.length === 0) return graph;
  const early = [...graph.initial, ...droppedConstants(graph)];
  try {
    if (early.length > 0) computeFirst(early);
  } catch {
    // Cells that failed are no longer pending: whatever still refers to one reads it and gets the error itself.
    const { initial } = collectToRun(roots());
    if (initial.length > 0) computeFirst(initial);
  }
  return collectToRun(roots());
}

/** Nodes that are needed again and depend on nothing that learns: `const x = randn([64, 8])` before a loop. */
function droppedConstants({ dropped, nodes, gradLeaves }: Collected): Tensor[] {
  if (dropped.length === 0) return dropped;
  const learned = new Set(gradLeaves);
  for (const node of nodes)
    if (node.value === null && node.inputs.some((x) => learned.has(x))) learned.add(node);
  return dropped.filter((node) => !node.needsGrad && !learned.has(node));
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
    runOnDevice(roots, why);
    return;
  }
  runOnDevice(() => roots().filter((root) => !other(root)), why);
  runOnDevice(() => roots().filter(other), why);
}

/**
 * @internal Makes positions operands if an earlier graph was equal to this one, which has no plan, but for its positions.
 * Returns whether it did: the graph must then be collected again.
 */
export function makePositionsDynamic(graph: Collected): boolean {
  if (graph.slices.length === 0 || mode.tracing !== null) return false;
  return !engine.plans.has(graph.structure) && engine.plans.positions.update(graph);
}

function runOnDevice(roots: () => readonly Tensor[], why: string): void {
  let graph = collectReady(roots);
  if (graph.roots.length === 0) return;
  if (makePositionsDynamic(graph)) graph = collectToRun(roots());
  if (mode.tracing === 'compile') checkConstant(graph, why);
  const forward =
    why !== 'backward' && graph.roots.some((root) => root.needsGrad && root.cell === null);
  if (forward && graph.calls.length > 0)
    graph = collectToRun(roots(), runtime.savedByCalls(graph.calls));
  const plan = engine.plans.find(graph);
  execute(graph, plan, why, forward ? plan.saved(graph) : null);
}

/** While a function is recorded, it may compute and read only what is the same at each call. */
function checkConstant({ leaves, nodes }: Collected, why: string): void {
  const changes = (x: Tensor): boolean => x.cell !== null || x.op === counterOp;
  if (leaves.some(changes) || nodes.some(changes)) checkReadable(why);
}

/**
 * @internal Runs a plan for a graph. `held` are slots to keep until the next run that holds any. The plan may compute more
 * roots than the graph has: new versions of the cells `more`, which are returned by value, and may read the leaves
 * `moreLeaves`.
 */
export function execute(
  graph: Collected,
  plan: Plan,
  why: string,
  held: readonly number[] | null = null,
  more: readonly Cell[] = NONE,
  moreLeaves: readonly Tensor[] = NONE,
): ExtraOutputs {
  const { roots } = graph;
  pinDropped(graph);
  const leaves = moreLeaves.length === 0 ? graph.leaves : [...graph.leaves, ...moreLeaves];
  const inputs = new Array<Storage>(leaves.length);
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as Tensor;
    if (leaf.cell === null) inputs[i] = leafValue(leaf);
    else leaf.cell.protect(leaf);
  }
  const backend = backendFor(roots);
  const cells = roots.map(cellOf);
  let executable: Executable;
  try {
    executable =
      engine.meter === null
        ? plan.compile(backend, held ?? NO_SLOTS)
        : plan.metered(backend, engine.meter, held ?? NO_SLOTS);
  } catch (error) {
    // A device reports what it cannot do before anything runs.
    for (const cell of [...cells, ...more]) cell?.revert();
    throw error;
  }
  const outputs: (Storage | null)[] = cells.map((cell, k) =>
    cell === null
      ? rootOutput(roots[k] as Tensor, why, backend, leaves)
      : cellOutput(cell, backend),
  );
  for (const cell of more) outputs.push(cellOutput(cell, backend));
  for (let k = plan.pinned.size + (held ?? NO_SLOTS).length; k > 0; k--) outputs.push(null);
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as Tensor;
    inputs[i] ??= leafValue(leaf); // of cells: after versions that will be overwritten have been copied
  }
  if (held !== null) releaseSaved(roots); // only now that the values held by the last run have been taken: they may be inputs
  runtime.runs++;
  engine.onRun?.(plan.program(held ?? NO_SLOTS), why);
  let values: Storage[];
  try {
    values = executable.run(inputs, outputs, (at) => graph.nodes[at]?.scope ?? '');
  } catch (error) {
    [...cells, ...more].forEach((cell, k) => {
      const array = outputs[k] ?? null;
      if (cell === null && array !== null) revokeLoan(array, backend);
      cell?.recycle(array);
      cell?.revert();
    });
    throw explain(error, graph.nodes[executable.at], why);
  }
  if (lastRun.enabled && why === 'backward') {
    lastRun.run = { program: plan.program(held ?? NO_SLOTS), inputs, nodes: graph.nodes };
  }
  commitValues(graph, plan, held ?? NO_SLOTS, cells, outputs, values, more.length, backend);
  const end = roots.length + more.length;
  return {
    values: values.slice(roots.length, end),
    owned: outputs.slice(roots.length, end).map((array) => array !== null),
  };
}

/** @internal Makes the plans that dropped a value which is needed again keep it from now on. */
export function pinDropped({ dropped }: Collected): void {
  for (const { plan, planIndex } of dropped) plan?.remember(planIndex);
}

/** The values of the cells that the graph does not have, and whether their arrays belong to the cells, to be reused. */
interface ExtraOutputs {
  readonly values: readonly Storage[];
  readonly owned: readonly boolean[];
}

const NONE: readonly never[] = [];

/** @internal Adds to an error of a kernel the place in the user's model where its node was made. */
export function explain(error: unknown, node: Tensor | undefined, why: string): unknown {
  if (!(error instanceof ChainruleError) || node === undefined) return error;
  const scope = joinedScope(node.scope, scopeWithin(error));
  if (scope !== '') error.message += ` (in ${scope})`;
  const line = madeAt(node);
  if (line !== '') error.message += `; found at ${why}, the operation was created ${line}`;
  return error;
}

runtime.evaluate = run;
runtime.limit = (node) => {
  if (engine.building > 0 || mode.tracing !== null || !exceedsPendingLimits(node)) return;
  run([node, ...overdue(node)], 'evaluation'); // into arrays of their own: the graph behind them should be freed
};
