/** @file `backward()` and `grad(outputs, inputs)`: PyTorch's way to ask for gradients. */
import { DTypeError, GradError, ShapeError } from '../errors.js';
import { engine, pendingVersions, run } from '../engine/evaluate.js';
import { Cell } from '../graph/cell.js';
import { isFloat } from '../graph/dtype.js';
import { mode, recording } from '../graph/mode.js';
import { runtime, type BackwardOptions } from '../graph/runtime.js';
import { sameShape, show } from '../graph/shape.js';
import { borrowGrad, extraOf, touchGrad, type Tensor } from '../graph/tensor.js';
import { filled, sumOf } from '../ops/primitive.js';
import { freed, isFreed, leafOf, pullback } from './vjp.js';

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
export function backward(
  loss: Tensor,
  gradient?: Tensor | null,
  options: BackwardOptions = {},
): void {
  const { createGraph = false, retainGraph = createGraph } = options;
  const root = loss.current;
  if (mode.tracing === 'vmap') {
    throw new GradError('backward: not inside vmap; use grad(f), which composes with it');
  }
  checkDifferentiable('backward', root);
  const seed = seedOf('backward', root, gradient);
  const found = pullback([root], [seed], null, { createGraph });
  const before = new Map<Tensor, Cell | null>();
  try {
    for (const [leaf, ct] of found) {
      before.set(leaf, leaf.extra?.grad ?? null);
      accumulate(leaf, ct, createGraph);
    }
    if (mode.tracing === null) run([root, ...pendingVersions()], 'backward');
  } catch (error) {
    for (const [leaf, grad] of before) extraOf(leaf).grad = grad;
    throw error;
  }
  if (!retainGraph && mode.tracing === null && root.op !== null && root.cell === null)
    root.inputs = [];
}

/** The sum of the gradient so far and a new one. */
function accumulate(leaf: Tensor, ct: Tensor, createGraph: boolean): void {
  const extra = extraOf(leaf);
  const so = borrowGrad(leaf);
  touchGrad(leaf);
  const sum = so === null ? ct : withGrad(createGraph, () => sumOf([so, ct]) as Tensor);
  if (extra.grad === null || createGraph) extra.grad = gradientCell(sum, createGraph);
  else extra.grad.assign(sum);
}

/** A cell for a gradient; one that is differentiated again is its own node. */
function gradientCell(gradient: Tensor, differentiable: boolean): Cell {
  return new GradientCell(gradient, differentiable);
}

/** The gradient of a leaf: reused from step to step, unless it has a graph of its own. */
class GradientCell extends Cell {
  private readonly graph: Tensor | null;

  constructor(gradient: Tensor, differentiable: boolean) {
    super(gradient);
    this.graph = differentiable && gradient.needsGrad ? gradient : null;
    recording.cells.delete(this); // never an input of a recording: it starts with what a pass gives it
  }

  override get live(): Tensor | null {
    return super.live === null ? null : (this.graph ?? super.live);
  }
}

function withGrad<R>(enabled: boolean, f: () => R): R {
  const outer = mode.grad;
  mode.grad = enabled;
  engine.building++;
  try {
    return f();
  } finally {
    mode.grad = outer;
    engine.building--;
  }
}

export interface GradOptions {
  /** Cotangents of the outputs; 1 for outputs of one element where absent. */
  readonly gradOutputs?: readonly (Tensor | null | undefined)[];
  readonly createGraph?: boolean;
  readonly retainGraph?: boolean;
  /** Give null for inputs that the outputs do not depend on, instead of an error. Default false. */
  readonly allowUnused?: boolean;
}

/**
 * The derivatives of `outputs`, weighted by `gradOutputs`, with respect to `inputs`; no `.grad` changes.
 * PyTorch: `torch.autograd.grad`.
 */
export function gradOf(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  { gradOutputs = [], createGraph = false, allowUnused = false }: GradOptions = {},
): (Tensor | null)[] {
  const ys = (Array.isArray(outputs) ? outputs : [outputs]) as readonly Tensor[];
  const xs = (Array.isArray(inputs) ? inputs : [inputs]) as readonly Tensor[];
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
        `${op}: a tensor of shape ${show(root.shape)} has no single derivative; reduce it first (sum() or mean()), or give ` +
          `a gradient of that shape`,
      );
    }
    return filled(1, root.shape, root.dtype);
  }
  const seed = gradient.current;
  if (!sameShape(seed.shape, root.shape)) {
    throw new ShapeError(
      `${op}: the gradient has shape ${show(seed.shape)}, the tensor ${show(root.shape)}; they must be equal`,
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
    differentiable.map((root) => filled(1, root.shape, root.dtype)),
    null,
    { hooks: false },
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
runtime.assignGrad = (leaf, gradient) => {
  const g = gradient.current;
  if (!sameShape(g.shape, leaf.shape) || g.dtype !== leaf.dtype || !isFloat(g.dtype)) {
    throw new ShapeError(
      `grad: the gradient of a ${leaf.dtype} tensor of shape ${show(leaf.shape)} cannot be ${g.dtype} of shape ${show(g.shape)}`,
    );
  }
  extraOf(leaf).grad = gradientCell(g, g.needsGrad);
};
