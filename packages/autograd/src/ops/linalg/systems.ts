/** @file Checks of the operands of matrix functions. */
import { DTypeError, ShapeError } from '../../errors.js';
import { broadcastShapes, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode } from '../build/broadcast.js';
import { floatOperand } from '../build/define.js';

/** A matrix or a batch of them, as floats. */
export function matrix(op: string, A: Tensor): Tensor {
  const a = floatOperand(op, A);
  if (a.ndim >= 2) return a;
  throw new ShapeError(`${op}: expected a matrix […, m, n], got ${show(a.sizes)}`);
}

/** Square matrices. */
export function square(op: string, A: Tensor): Tensor {
  const a = matrix(op, A);
  if (a.sizes.at(-1) === a.sizes.at(-2)) return a;
  throw new ShapeError(`${op}: expected square matrices […, n, n], got ${show(a.sizes)}`);
}

/** Refuses right-hand sides whose dimension `dim` differs from that of the square A. */
export function checkSystem(op: string, a: Tensor, b: Tensor, dim: -1 | -2): void {
  if (a.dtype !== b.dtype)
    throw new DTypeError(`${op}: the dtypes differ: ${a.dtype} and ${b.dtype}`);
  if (b.ndim < 2 || b.sizes.at(dim) !== a.sizes.at(-1)) {
    throw new ShapeError(
      `${op}: A ${show(a.sizes)} and B ${show(b.sizes)} do not fit (${a.sizes.at(-1)} ≠ ${b.sizes.at(dim) ?? 'none'})`,
    );
  }
}

/** Expands both to the same leading dimensions. */
export function alignBatches(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const lead: Shape = broadcastShapes(op, a.sizes.slice(0, -2), b.sizes.slice(0, -2));
  return [
    expandNode(a, [...lead, ...a.sizes.slice(-2)]),
    expandNode(b, [...lead, ...b.sizes.slice(-2)]),
  ];
}
