/** @file `backward()` and `grad(outputs, inputs)`: PyTorch's way to ask for gradients. */
import { checkArgument, defineOptions, kinds } from '../arguments/index.js';
import { DTypeError, GradError, ShapeError } from '../errors.js';
import { collect, type Collected } from '../engine/collect.js';
import { collectReady, engine, execute, pendingVersions } from '../engine/evaluate.js';
import { Plan } from '../engine/plan.js';
import { Cell } from '../graph/cell.js';
import { isFloat } from '../graph/dtype.js';
import type { Storage } from '../graph/storage.js';
import { isTensor } from '../graph/isTensor.js';
import { mode, recording } from '../graph/mode.js';
import { runtime, type BackwardOptions } from '../graph/runtime.js';
import { sameShape, show } from '../graph/shape.js';
import { borrowGrad, extraOf, touchGrad, type Tensor } from '../graph/tensor.js';
import { constantOp } from '../graph/version.js';
import { filled, sumOf } from '../ops/build/primitive.js';
import { callOf } from './call.js';
import { free, freed, isFreed, leafOf, pullback } from './vjp.js';

/**
 * Adds the derivative of `loss` to `.grad` of every leaf that requires grad; loss and gradients are computed in one run.
 *
 * `gradient` is the cotangent: in the shape of `loss`, and 1 where `loss` has a single element and none is given.
 * Afterwards `loss` keeps its value and forgets how it was computed, unless `retainGraph` or `createGraph` is set.
 * PyTorch: `Tensor.backward`.
 *
 * @throws {GradError} if nothing behind `loss` requires grad, if it has several elements and no `gradient` is given,
 *   or if an earlier `backward()` has freed its graph. No `.grad` has changed then.
 */
export function backward(loss: Tensor, gradient?: Tensor | null, options?: BackwardOptions): void {
  const given = backwardOptions('backward', options);
  const { createGraph = false, retainGraph = createGraph } = given;
  const root = loss.current;
  if (mode.body !== null || (mode.tracing !== null && mode.tracing !== 'compile')) {
    const by = mode.body ?? mode.tracing;
    throw new GradError(`backward: not inside ${by}; use grad(f), which composes with it`);
  }
  checkDifferentiable('backward', root);
  const seed =
    gradient === null || gradient === undefined ? null : seedOf('backward', root, gradient);
  if (root.size !== 1 && seed === null) seedOf('backward', root, null);
  const known = seed === null && !createGraph && mode.tracing === null ? recall(root) : null;
  if (known !== true) {
    const found = pullback([root], [seed ?? seedOf('backward', root, null)], null, { createGraph });
    give(found, root, createGraph, known);
  }
  if (!retainGraph) free(root);
}

/**
 * Runs the plan that an earlier pass over a graph of this structure left, without building a backward graph. Returns
 * true if there was one, else the structure under which to leave one; null where the structure does not say it all.
 */
function recall(root: Tensor): true | Unknown | null {
  const graph = collectReady(() => [root, ...pendingVersions()]);
  if (!graph.plain || graph.roots[0] !== root) return null;
  graph.structure.push(BACKWARD);
  const before = new Set<Tensor>();
  for (const node of graph.gradLeaves) {
    const { extra } = leafOf(node);
    const live = extra?.grad?.live ?? null;
    if (extra !== null && (extra.hooks.length > 0 || live?.needsGrad === true)) return null;
    if (live?.value === null) return null; // a gradient that was assigned, and is computed in this run
    graph.structure.push(live === null ? 0 : 1);
    if (live !== null) before.add(live);
  }
  const plan = engine.plans.look(graph.structure);
  if (plan === null) return { graph, structure: graph.structure.copy(), before: [...before] };
  const leaves = plan.gradients.map((k) => leafOf(graph.gradLeaves[k] as Tensor));
  const cells = leaves.map((leaf) => (extraOf(leaf).grad ??= newGradient(leaf)));
  const { values, owned } = execute(graph, plan, 'backward', null, cells, [...before]);
  cells.forEach((cell, k) => cell.advance(values[k] as Storage, owned[k] === true));
  return true;
}

/** A forward graph whose structure has no plan yet, and the gradients so far that it would read. */
interface Unknown {
  readonly graph: Pick<Collected, 'roots' | 'leaves' | 'gradLeaves'>;
  readonly structure: Int32Array;
  readonly before: readonly Tensor[];
}

/** The cell of a gradient that is about to be computed. */
function newGradient(leaf: Tensor): Cell {
  const cell = new GradientCell(filled(0, leaf.sizes, leaf.dtype), false);
  cell.clear();
  return cell;
}

/** Ends the structure of a forward graph whose plan runs the backward pass too. */
const BACKWARD = -4;

/** Hands the cotangents to their leaves, and runs forward and backward pass together. */
function give(
  found: ReadonlyMap<Tensor, Tensor>,
  root: Tensor,
  createGraph: boolean,
  unknown: Unknown | null,
): void {
  const before: { leaf: Tensor; grad: Cell | null; live: boolean }[] = [];
  try {
    // Versions of gradients need no grad, and must not be evaluated one by one because much is pending behind them.
    engine.building++;
    try {
      for (const [leaf, ct] of found) {
        const grad = leaf.extra?.grad ?? null;
        before.push({ leaf, grad, live: grad !== null && grad.live !== null });
        accumulate(leaf, ct, createGraph);
      }
    } finally {
      engine.building--;
    }
    if (mode.tracing !== null) return;
    const gradients = [...found.keys()].map((leaf) => (extraOf(leaf).grad as Cell).current);
    const last = new Set(gradients);
    const graph = collect([root, ...pendingVersions().filter((v) => !last.has(v)), ...gradients]);
    if (graph.roots.length === 0) return;
    const learnt = unknown === null ? null : learn(graph, unknown, gradients);
    if (learnt === null) execute(graph, engine.plans.find(graph), 'backward');
    else execute({ ...graph, leaves: learnt.inputs }, learnt.plan, 'backward');
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
 * A plan for all graphs of the forward structure. Its inputs are the leaves of the forward graph and the gradients so
 * far; what else the backward part reads must be numbers of its rules.
 */
function learn(
  { nodes, leaves, roots }: Collected,
  { graph: forward, structure, before }: Unknown,
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
  const places = new Map(forward.gradLeaves.map((leaf, k) => [leafOf(leaf).extra?.grad, k]));
  const targets = gradients.map((g) => places.get(g.cell) ?? -1);
  if (targets.includes(-1)) return null;
  const plan = engine.plans.add(new Plan(structure, { nodes, roots }, inputs));
  plan.gradients = targets;
  return { plan, inputs };
}

/** The sum of the gradient so far and a new one. */
function accumulate(leaf: Tensor, ct: Tensor, createGraph: boolean): void {
  const extra = extraOf(leaf);
  const so = borrowGrad(leaf);
  touchGrad(leaf);
  recording.contributions?.set(leaf, [...(recording.contributions.get(leaf) ?? []), ct]);
  const sum = so === null ? ct : withGrad(createGraph, () => sumOf([so, ct]) as Tensor);
  if (extra.grad instanceof GradientCell && !extra.grad.isGraph && !createGraph)
    extra.grad.assign(sum);
  else extra.grad = gradientCell(sum, createGraph);
}

/** A cell for a gradient; one that is differentiated again is its own node. */
function gradientCell(gradient: Tensor, differentiable: boolean): Cell {
  return new GradientCell(gradient, differentiable);
}

/** The gradient of a leaf: reused from step to step, unless it has a graph of its own. */
class GradientCell extends Cell {
  override label = 'the gradient of an earlier backward()';
  private readonly graph: Tensor | null;

  constructor(gradient: Tensor, differentiable: boolean) {
    super(gradient);
    this.graph = differentiable && gradient.needsGrad ? gradient : null;
    recording.cells.delete(this); // never an input of a recording: it starts with what a pass gives it
  }

  /** Whether it is a node of the graph that made it, to be differentiated again. */
  get isGraph(): boolean {
    return this.graph !== null;
  }

  override get startsAlone(): boolean {
    return false;
  }

  override get live(): Tensor | null {
    return super.live === null ? null : (this.graph ?? super.live);
  }
}

function withGrad<R>(enabled: boolean, f: () => R): R {
  const outer = mode.grad;
  mode.grad = enabled;
  try {
    return f();
  } finally {
    mode.grad = outer;
  }
}

/** Options of `grad` and `backward`. */
export interface GradOptions {
  /** Cotangents of the outputs; 1 for outputs of one element where absent. */
  readonly gradOutputs?: readonly (Tensor | null | undefined)[];
  /** Whether the gradients may be differentiated again. Default false. */
  readonly createGraph?: boolean;
  /** Whether the graph may be differentiated once more. Default: as `createGraph`. */
  readonly retainGraph?: boolean;
  /** Give null for inputs that the outputs do not depend on, instead of an error. Default false. */
  readonly allowUnused?: boolean;
}

const backwardOptions = defineOptions<BackwardOptions>({
  retainGraph: kinds.flag,
  createGraph: kinds.flag,
});
const gradOptions = defineOptions<GradOptions>({
  ...backwardOptions.table,
  gradOutputs: kinds.listOf(
    kinds.kind<Tensor | null | undefined>(
      'be a tensor or null',
      (x) => x === null || x === undefined || isTensor(x),
    ),
  ),
  allowUnused: kinds.flag,
});

/**
 * The derivatives of `outputs`, weighted by `gradOutputs`, with respect to `inputs`; no `.grad` changes.
 * PyTorch: `torch.autograd.grad`.
 */
export function gradOf(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[] {
  const {
    gradOutputs = [],
    createGraph = false,
    allowUnused = false,
  } = gradOptions('grad', options);
  const ys = tensorsIn('outputs', outputs);
  const xs = tensorsIn('inputs', inputs);
  const roots = ys.map((y) => y.current);
  for (const root of roots) checkDifferentiable('grad', root);
  for (const x of xs) {
    if (!x.needsGrad) throw new GradError('grad: one of the inputs does not require grad');
  }
  const seeds = roots.map((root, k) => seedOf('grad', root, gradOutputs[k]));
  const targets = xs.map((x) => leafOf(x.current));
  const found = pullback(roots, seeds, new Set(targets), { createGraph });
  return targets.map((target, k) => {
    const g = found.get(target) ?? null;
    if (g === null && !allowUnused) {
      throw new GradError(
        `grad: the outputs do not depend on input ${k}; pass { allowUnused: true } to get null for it`,
      );
    }
    return g;
  });
}

const tensors = kinds.oneOrMore(kinds.tensor);

/** One tensor, or several. */
function tensorsIn(name: string, given: Tensor | readonly Tensor[]): readonly Tensor[] {
  const list = checkArgument('grad', name, given, tensors);
  return isTensor(list) ? [list] : list;
}

function checkDifferentiable(op: string, root: Tensor): void {
  if (isFreed(root)) throw freed(root);
  if (!root.needsGrad) {
    throw new GradError(
      `${op}: this tensor does not require grad: nothing it was computed from does, or it was computed inside noGrad ` +
        `or from detached tensors; make the leaves with { requiresGrad: true }`,
    );
  }
}

function seedOf(op: string, root: Tensor, gradient: Tensor | null | undefined): Tensor {
  if (gradient === null || gradient === undefined) {
    if (root.size !== 1) {
      throw new GradError(
        `${op}: a tensor of shape ${show(root.sizes)} has no single derivative; reduce it first (sum() or mean()), or give ` +
          `a gradient of that shape`,
      );
    }
    return filled(1, root.sizes, root.dtype);
  }
  const seed = checkArgument(op, 'the gradient', gradient, kinds.tensor).current;
  if (!sameShape(seed.sizes, root.sizes)) {
    throw new ShapeError(
      `${op}: the gradient has shape ${show(seed.sizes)}, the tensor ${show(root.sizes)}; they must be equal`,
    );
  }
  if (seed.dtype !== root.dtype) {
    throw new DTypeError(
      `${op}: the gradient is ${seed.dtype}, the tensor ${root.dtype}; they must be equal`,
    );
  }
  return seed;
}

/** The nodes of a forward graph that its backward graph reads: found by building that graph once and throwing it away. */
function readByBackward(roots: readonly Tensor[]): Set<Tensor> {
  const read = new Set<Tensor>();
  const differentiable = roots.filter((root) => root.needsGrad);
  const newest = Math.max(...roots.map((root) => root.id));
  const found = pullback(
    differentiable,
    differentiable.map((root) => filled(1, root.sizes, root.dtype)),
    null,
    { trial: true },
  );
  const seen = new Set<Tensor>();
  const stack = [...found.values()];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.id <= newest) read.add(node);
    else stack.push(...node.inputs);
  }
  return read;
}

runtime.backward = backward;
runtime.readByBackward = readByBackward;
runtime.keptByCalls = (results) => {
  const calls = new Set(results.map(callOf));
  return Array.from(calls).flatMap((call) =>
    call?.rules.kind === undefined ? [] : call.outputs.filter(({ value }) => value === null),
  );
};
runtime.assignGrad = (leaf, gradient) => {
  const g = gradient.current;
  if (!sameShape(g.sizes, leaf.sizes) || g.dtype !== leaf.dtype || !isFloat(g.dtype)) {
    throw new ShapeError(
      `grad: the gradient of a ${leaf.dtype} tensor of shape ${show(leaf.sizes)} cannot be ${g.dtype} of shape ${show(g.sizes)}`,
    );
  }
  const extra = extraOf(leaf);
  // The cell goes on: its arrays are used again, also where every step assigns a clipped gradient.
  if (extra.grad instanceof GradientCell && !extra.grad.isGraph && !g.needsGrad)
    extra.grad.assign(g);
  else extra.grad = gradientCell(g, g.needsGrad);
};
