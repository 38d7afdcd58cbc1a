/** @file The cells that users make: parameters, and cells without gradient. */
import { defineOptions, refuseSurplus } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkInitial } from './assignable.js';
import { Cell } from './cell.js';

/** Options of `new Parameter`. */
export interface ParameterOptions {
  /** Whether gradients are recorded. Default true. */
  readonly requiresGrad?: boolean;
}

const parameterOptions = defineOptions<ParameterOptions>({ requiresGrad: kinds.flag });

/**
 * A learnable tensor of a module: a cell that requires grad. PyTorch: `nn.Parameter`.
 * @example
 * const p = new Parameter(tensor([1, 2]));
 * p.assign(p.mul(10));
 * p // [10, 20]
 */
export class Parameter<S extends Shape = Shape> extends Cell<S> {
  constructor(initial: Tensor<S>, options?: ParameterOptions) {
    const { requiresGrad = true } = parameterOptions('Parameter', options);
    super(checkInitial('Parameter', initial), requiresGrad);
  }
}

/**
 * A mutable tensor without gradient: a buffer, a counter, a learning rate. One that has a gradient is a `Parameter`.
 * @example
 * const count = cell(tensor(0));
 * count.assign(count.add(1));
 * count // 1
 */
export function cell<S extends Shape>(initial: Tensor<S>): Cell<S>;
export function cell<S extends Shape>(initial: Tensor<S>, surplus?: unknown): Cell<S> {
  refuseSurplus('cell', surplus);
  return new Cell(checkInitial('cell', initial));
}
