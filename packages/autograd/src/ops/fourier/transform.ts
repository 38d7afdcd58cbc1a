/**
 * @file The primitive of Fourier transforms, and complex tensors: two parts for users, pairs in a last dimension
 * within.
 */
import { passes } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { toFloat } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import { sameShape, show, sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { operand, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { concatNode, narrowNode, padNode } from '../shape/movement.js';
import { planOf, rowsOf } from './plan.js';
import { realPlanOf } from './realPlan.js';

/** A complex tensor: two tensors of the same shape and dtype. */
export interface Complex {
  /** The real parts. */
  readonly real: Tensor;
  /** The imaginary parts. */
  readonly imag: Tensor;
}

interface TransformAttrs extends Record<string, number> {
  readonly dim: number;
  /** −1 for `e^(−2πi jk/n)`, 1 for the inverse. */
  readonly sign: number;
  readonly scale: number;
}

/**
 * Sums `Σ x[j] e^(± 2πi jk/n)` along `dim` of pairs `[…, 2]`, times a factor. A linear map, whose adjoint has the
 * other sign. Computed in float64.
 */
const fourierOf: PrimitiveOp<TransformAttrs> = primitive<TransformAttrs>('fft', {
  lowering: { kind: 'reference' },
  shape: ([x]) => (x as Tensor).sizes,
  vjp: (_i, ct, _inputs, _out, { dim, sign, scale }) =>
    fourierOf([ct], { dim, sign: -sign, scale }),
  jvp: 'linear',
  batch: ([x], _batched, { dim, sign, scale }) =>
    fourierOf([x as Tensor], { dim: dim + 1, sign, scale }),
  reference: ([x], out, { dim, sign, scale }) => {
    const { data, shape } = x as Value;
    const n = shape[dim] as number;
    const inner = sizeOf(shape.slice(dim + 1, -1));
    const outer = sizeOf(shape.slice(0, dim));
    if (out.data.length === 0) return;
    const [real, imag] = rowsOf(n);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        const first = 2 * (o * n * inner + j);
        let isReal = n % 2 === 0;
        for (let i = 0, at = first; i < n; i++, at += 2 * inner) {
          real[i] = data[at]!;
          imag[i] = data[at + 1]!;
          if (imag[i] !== 0) isReal = false;
        }
        // Of real numbers the two directions give conjugates.
        if (isReal) realPlanOf(n)(real, imag);
        else if (sign < 0) planOf(n)(real, imag);
        else planOf(n)(imag, real);
        const imagScale = isReal && sign > 0 ? -scale : scale;
        for (let i = 0, at = first; i < n; i++, at += 2 * inner) {
          out.data[at] = real[i]! * scale;
          out.data[at + 1] = imag[i]! * imagScale;
        }
      }
    }
  },
});

/** Pairs transformed along a dimension. */
export function transformed(x: Tensor, dim: number, sign: 1 | -1, scale: number): Tensor {
  return fourierOf([x], { dim, sign, scale });
}

/** Whether this is a complex tensor. */
export function isComplex(x: unknown): x is Complex {
  return passes(complexKind, x);
}

const complexKind = kinds.kind<Complex>(
  'be { real, imag }',
  (x) => kinds.object.test(x) && 'real' in x && 'imag' in x,
);

/** Both parts as floats of one shape; a tensor is a real part alone. */
export function complexOperand(op: string, x: Operand | Complex): Complex {
  if (!isComplex(x)) {
    const real = realOperand(op, x);
    return { real, imag: zerosOf(real) };
  }
  const [real, imag] = [realOperand(op, x.real), realOperand(op, x.imag)];
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

/** Pairs in a new last dimension. */
export function paired({ real, imag }: Complex): Tensor {
  const apart = (x: Tensor): Tensor => reshapeNode(x, [...x.sizes, 1]);
  return concatNode([apart(real), apart(imag)], real.ndim);
}

/** The parts of pairs. */
export function parts(x: Tensor): Complex {
  return { real: partOf(x, 0), imag: partOf(x, 1) };
}

/** One part of pairs. */
export function partOf(x: Tensor, i: 0 | 1): Tensor {
  return reshapeNode(narrowNode(x, x.ndim - 1, i, 1), x.sizes.slice(0, -1));
}

/** The first n elements along a dimension, zeros after what there is. */
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
