/** @file The gradient of a leaf: a cell to which backward passes add, so that its arrays are reused from step to step. */
import { ShapeError } from '../errors.js';
import { Cell } from '../graph/cells/cell.js';
import { isFloat } from '../graph/dtype.js';
import { mode, recording } from '../graph/mode.js';
import { runtime } from '../graph/runtime.js';
import { sameShape, show } from '../graph/shape.js';
import { borrowGrad, extraOf, touchGrad } from '../graph/cells/gradient.js';
import type { Storage } from '../graph/values/storage.js';
import type { Tensor } from '../graph/tensor.js';
import { filled, sumOf } from '../ops/build/primitive.js';

/** The gradient of a leaf: one cell from step to step, whose versions may have graphs of their own. */
class GradientCell extends Cell {
  /** The graphs that made its versions, if these can be differentiated again. */
  private graphs: WeakMap<Tensor, Tensor> | null = null;

  constructor(gradient: Tensor, differentiable: boolean) {
    super(gradient);
    this.label = 'the gradient of an earlier backward()';
    this.note(gradient, differentiable);
    recording.cells.delete(this); // never an input of a recording: it starts with what a pass gives it
  }

  /** Sets the next gradient; `differentiable` if its graph may be differentiated again. */
  setNext(gradient: Tensor, differentiable: boolean): void {
    this.assign(gradient);
    this.note(gradient, differentiable);
  }

  private note(gradient: Tensor, differentiable: boolean): void {
    if (differentiable && gradient.needsGrad)
      (this.graphs ??= new WeakMap()).set(this.current, gradient);
  }

  override clear(): void {
    this.graphs = null;
    super.clear();
  }

  override advance(value: Storage, owned: boolean): void {
    this.graphs = null; // the version may be the same node with another value
    super.advance(value, owned);
  }

  override get startsAlone(): boolean {
    return false;
  }

  override get live(): Tensor | null {
    const version = super.live;
    if (version === null || this.graphs === null) return version;
    return this.graphs.get(version) ?? version;
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

function setGradient(leaf: Tensor, gradient: Tensor, differentiable: boolean): void {
  const extra = extraOf(leaf);
  if (extra.grad instanceof GradientCell) extra.grad.setNext(gradient, differentiable);
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
