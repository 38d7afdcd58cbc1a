/** @file The logarithm of the determinant. */
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite } from '../build/define.js';
import { choose } from '../build/element.js';
import { lt } from '../build/relations.js';
import { narrowNode } from '../shape/movement.js';
import { slogdetOf } from './determinant.js';
import { square } from './systems.js';

/**
 * The logarithm of the determinant of `A […, n, n]`: NaN if that is negative, −Inf if it is 0. PyTorch: `torch.logdet`.
 * @example logdet(tensor([[2, 0], [0, 0.5]])) // 0
 */
export const logdet = composite('logdet', (A: Tensor): Tensor => {
  const packed = slogdetOf([square('logdet', A)]);
  const part = (i: number): Tensor =>
    reshapeNode(narrowNode(packed, packed.ndim - 1, i, 1), packed.sizes.slice(0, -1));
  return choose(lt(part(0), 0), NaN, part(1));
});

/** The methods of this family. */
export interface LogdetMethods {
  logdet(): Tensor;
}
