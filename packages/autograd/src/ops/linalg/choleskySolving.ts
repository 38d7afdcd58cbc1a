/** @file Systems with a known Cholesky factor. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import type { Tensor } from '../../graph/tensor.js';
import { composite } from '../build/define.js';
import { identityLike, triangularOf } from './solving.js';
import { alignBatches, checkSystem, matrix, square } from './systems.js';

/** Which triangle holds the factor. */
export interface TriangleOption {
  /** Whether the factor is the upper one, `A = Uᵀ U`. Default false. */
  readonly upper?: boolean;
}

const triangleOption = defineOptions<TriangleOption>({ upper: kinds.flag });

function solved(b: Tensor, l: Tensor, upper: boolean): Tensor {
  const first = triangularOf([l, b], { upper, transposed: upper, unit: false });
  return triangularOf([l, first], { upper, transposed: !upper, unit: false });
}

/**
 * The X with `A X = B`, from B `[…, n, k]` and the Cholesky factor L of `A = L Lᵀ`; only one triangle is read.
 * PyTorch: `torch.cholesky_solve`.
 * @example linalg.choleskySolve(tensor([[4], [9]]), tensor([[2, 0], [0, 3]])) // [[1], [1]]
 */
export const choleskySolve = composite(
  'linalg.choleskySolve',
  (B: Tensor, L: Tensor, options?: TriangleOption): Tensor => {
    const op = 'linalg.choleskySolve';
    const { upper = false } = triangleOption(op, options);
    const [l, b] = [square(op, L), matrix(op, B)];
    checkSystem(op, l, b, -2);
    const [factor, right] = alignBatches(op, l, b);
    return solved(right, factor, upper);
  },
);

/**
 * The inverse of `A = L Lᵀ`, from the Cholesky factor L; only one triangle is read. PyTorch:
 * `torch.cholesky_inverse`.
 * @example linalg.choleskyInverse(tensor([[2, 0], [0, 4]])) // [[0.25, 0], [0, 0.0625]]
 */
export const choleskyInverse = composite(
  'linalg.choleskyInverse',
  (L: Tensor, options?: TriangleOption): Tensor => {
    const { upper = false } = triangleOption('linalg.choleskyInverse', options);
    const l = square('linalg.choleskyInverse', L);
    return solved(identityLike(l), l, upper);
  },
);
