/** @file The value of a tensor without its gradient. */
import { refuseSurplus } from '../../arguments/index.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { operand, primitive } from './primitive.js';

const detachOp = primitive('detach', {
  lowering: { kind: 'alias', transparent: true },
  differentiable: false,
  shape: ([x]) => (x as Tensor).sizes,
  batch: ([x]) => detach(x as Tensor),
});

/**
 * The value of `x` without its gradient: nothing flows back through it, forward mode sees a constant. PyTorch:
 * `detach`.
 * @example tensor([1, 2], { requiresGrad: true }).mul(2).detach().requiresGrad // false
 */
export function detach<S extends Shape>(x: Tensor<S>): Tensor<S>;
export function detach<S extends Shape>(x: Tensor<S>, surplus?: unknown): Tensor<S> {
  refuseSurplus('detach', surplus);
  return detachOp([operand('detach', x)]) as Tensor<S>;
}
