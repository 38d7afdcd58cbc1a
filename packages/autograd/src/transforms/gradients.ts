/** @file The gradient of a leaf: a cell of its own that passes add to, whose arrays are used from step to step. */
import { ShapeError } from '../errors.js';
import { Cell } from '../graph/cells/cell.js';
import { isFloat } from '../graph/dtype.js';
import { mode, recording } from '../graph/mode.js';
import { runtime } from '../graph/runtime.js';
import { sameShape, show } from '../graph/shape.js';
import { borrowGrad, extraOf, touchGrad } from '../graph/cells/gradient.js';
import type { Tensor } from '../graph/tensor.js';
import { filled, sumOf } from '../ops/build/primitive.js';

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

/** The cell of a gradient that is about to be computed. */
export function newGradient(leaf: Tensor): Cell {
  const cell = new GradientCell(filled(0, leaf.sizes, leaf.dtype), false);
  cell.clear();
  return cell;
}

/** Adds a cotangent to the gradient of a leaf. */
export function accumulate(leaf: Tensor, ct: Tensor, createGraph: boolean): void {
  const so = borrowGrad(leaf);
  touchGrad(leaf);
  recording.contributions?.set(leaf, [...(recording.contributions.get(leaf) ?? []), ct]);
  const sum = so === null ? ct : withGrad(createGraph, () => sumOf([so, ct]) as Tensor);
  setGradient(leaf, sum, createGraph);
}

/** The cell goes on, as its arrays are used again, unless either gradient is a graph. */
function setGradient(leaf: Tensor, gradient: Tensor, differentiable: boolean): void {
  const extra = extraOf(leaf);
  if (extra.grad instanceof GradientCell && !extra.grad.isGraph && !differentiable)
    extra.grad.assign(gradient);
  else extra.grad = new GradientCell(gradient, differentiable);
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

runtime.assignGrad = (leaf, gradient) => {
  const g = gradient.current;
  if (!sameShape(g.sizes, leaf.sizes) || g.dtype !== leaf.dtype || !isFloat(g.dtype)) {
    throw new ShapeError(
      `grad: the gradient of a ${leaf.dtype} tensor of shape ${show(leaf.sizes)} cannot be ${g.dtype} of shape ${show(g.sizes)}`,
    );
  }
  setGradient(leaf, g, g.needsGrad);
};
