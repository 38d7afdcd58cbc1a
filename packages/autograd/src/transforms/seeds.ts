/** @file The start of a backward pass: checks what can be differentiated, and makes the first cotangents. */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { DTypeError, GradError, ShapeError } from '../errors.js';
import { sameShape, show } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { filled } from '../ops/build/primitive.js';
import { freedError, isFreed } from './freeGraph.js';

/** Refuses a tensor that cannot be differentiated. */
export function checkDifferentiable(op: string, root: Tensor): void {
  if (isFreed(root)) throw freedError(root);
  if (!root.needsGrad) {
    throw new GradError(
      `${op}: this tensor does not require grad: nothing it was computed from does, or it was computed inside noGrad ` +
        `or from detached tensors; make the leaves with { requiresGrad: true }`,
    );
  }
}

/** The cotangent of a root: the given one, or 1 for a single element. */
export function seedOf(op: string, root: Tensor, gradient: Tensor | null | undefined): Tensor {
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
