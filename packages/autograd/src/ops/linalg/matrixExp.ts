/** @file The exponential of matrices. */
import { ShapeError } from '../../errors.js';
import type { Value } from '../../graph/primitive.js';
import { show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { composite, floatOperand } from '../build/define.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { concatNode, narrowNode } from '../shape/movement.js';
import { copyNumbers, type Matrix } from './kernels/denseKernels.js';
import { exponential, WORKSPACE_MATRICES } from './kernels/exponentialKernel.js';
import { eachMatrix, transposed } from './solving.js';

/**
 * `exp(A)`. Its derivative in the direction t is the upper right block of `exp [[A, t], [0, A]]` (R. Mathias, "A chain rule for
 * matrix functions", 1996).
 */
const matrixExpOf: PrimitiveOp<Record<never, never>> = primitive('matrixExp', {
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes,
  vjp: (_i, ct, [a]) => along(transposed(a as Tensor), ct),
  jvp: ([t], [a]) => along(a as Tensor, t as Tensor),
  batch: ([a]) => matrixExpOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    const size = n * n;
    let room: Matrix[] | null = null;
    eachMatrix(
      a as Value,
      (m, i, more) => {
        room ??= Array.from({ length: WORKSPACE_MATRICES }, (_, k) =>
          more.subarray(k * size, (k + 1) * size),
        );
        copyNumbers(out.data, i * size, exponential(m, n, room), 0, size);
      },
      WORKSPACE_MATRICES * size,
    );
  },
});

/** The derivative of the exponential at `a` along `t`. */
function along(a: Tensor, t: Tensor): Tensor {
  const last = a.ndim - 1;
  const n = a.sizes[last]!;
  if (a.size === 0) return t;
  const upper = concatNode([a, t], last);
  const lower = concatNode([zerosOf(a), a], last);
  const both = matrixExpOf([concatNode([upper, lower], last - 1)]);
  return narrowNode(narrowNode(both, last - 1, 0, n), last, n, n);
}

/**
 * The exponential `Σ Aᵏ/k!` of square matrices, by scaling, Padé's approximation and squaring (N. J. Higham, "The
 * scaling and
 * squaring method for the matrix exponential revisited", 2005). PyTorch: `torch.linalg.matrix_exp`.
 * @throws {ShapeError} if A is not square.
 * @example matrixExp(tensor([[0, 1], [0, 0]])) // [[1, 1], [0, 1]]
 */
export const matrixExp = composite('matrixExp', (A: Tensor): Tensor => {
  const a = floatOperand('matrixExp', A);
  if (a.ndim < 2 || a.sizes.at(-1) !== a.sizes.at(-2))
    throw new ShapeError(`matrixExp: expected square matrices […, n, n], got ${show(a.sizes)}`);
  return matrixExpOf([a]);
});
