/** @file Complex tensors: two parts for users, pairs in a last dimension internally. */
import { passes, reading } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { toFloat } from '../../graph/dtype.js';
import { sameShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { operand, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { zerosOf } from '../build/primitive.js';
import { concatNode, narrowNode, padNode } from '../shape/movement.js';

/** A complex tensor: two tensors of the same shape and dtype. */
export interface Complex {
  /** The real parts. */
  readonly real: Tensor;
  /** The imaginary parts. */
  readonly imag: Tensor;
}

/** Whether this is a complex tensor. */
export function isComplex(x: unknown): x is Complex {
  return passes(complexKind, x);
}

const complexKind = kinds.kind<Complex>(
  'be { real, imag }',
  (x) => kinds.object.test(x) && 'real' in x && 'imag' in x,
);

/** Both parts as floats of one shape; a plain tensor is a real part without imaginary part. */
export function complexOperand(op: string, x: Operand | Complex): Complex {
  if (!isComplex(x)) {
    const real = realOperand(op, x);
    return { real, imag: zerosOf(real) };
  }
  const parts = reading(op, 'a part of the complex tensor', () => [x.real, x.imag] as const);
  const [real, imag] = [realOperand(op, parts[0]), realOperand(op, parts[1])];
  if (!sameShape(real.sizes, imag.sizes))
    throw new ShapeError(
      `${op}: the real part has shape ${show(real.sizes)}, the imaginary one ${show(imag.sizes)}; they must be equal`,
    );
  if (real.dtype !== imag.dtype)
    throw new DTypeError(
      `${op}: the real part is ${real.dtype}, the imaginary one ${imag.dtype}; they must be equal`,
    );
  return { real, imag };
}

/** A real tensor as floats. */
export function realOperand(op: string, x: Operand | Complex): Tensor {
  if (isComplex(x))
    throw new ChainruleError(
      `${op}: expected a real tensor, got a complex one; give its real part`,
    );
  const node = operand(op, x);
  return castNode(node, toFloat(node.dtype));
}

/** Both parts as pairs in a new last dimension. */
export function paired({ real, imag }: Complex): Tensor {
  const unsqueezed = (x: Tensor): Tensor => reshapeNode(x, [...x.sizes, 1]);
  return concatNode([unsqueezed(real), unsqueezed(imag)], real.ndim);
}

/** The two parts of pairs. */
export function parts(x: Tensor): Complex {
  return { real: partOf(x, 0), imag: partOf(x, 1) };
}

/** One part of pairs. */
export function partOf(x: Tensor, i: 0 | 1): Tensor {
  return reshapeNode(narrowNode(x, x.ndim - 1, i, 1), x.sizes.slice(0, -1));
}

/** The first n elements along a dimension, padded with zeros. */
export function resized(x: Tensor, dim: number, n: number): Tensor {
  const size = x.sizes[dim] as number;
  if (size === n) return x;
  if (size > n) return narrowNode(x, dim, 0, n);
  return padNode(
    x,
    x.sizes.map((s, d) => (d === dim ? n : s)),
    { start: x.sizes.map(() => 0), step: x.sizes.map(() => 1) },
  );
}
