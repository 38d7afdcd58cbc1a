/** @file Special functions. Integers and booleans become float32. */
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { composite, floatOperand, type Operand } from './define.js';
import { choose } from './element.js';
import { gt } from './relations.js';
import { div, mul } from './fieldOperations.js';
import { softplusOf } from './logistic.js';

export { erf, erfc, erfinv } from './gaussian.js';

/** `1 / (1 + e⁻ˣ)`, exact in both tails. PyTorch: `torch.sigmoid`. */
export { sigmoidOf as sigmoid } from './logistic.js';

/** The methods of this family. */
export interface SpecialMethods<S extends Shape = Shape> {
  erf(): Tensor<S>;
  erfc(): Tensor<S>;
  erfinv(): Tensor<S>;
  sigmoid(): Tensor<S>;
  softplus(options?: SoftplusOptions): Tensor<S>;
}

/** The sharpness of `softplus`, and from where on it is x itself. */
export interface SoftplusOptions {
  /** 1 by default. */
  readonly beta?: number;
  /** 20 by default. */
  readonly threshold?: number;
}

/**
 * `ln(1 + e^(beta · x)) / beta`, a smooth `relu`; x itself where `beta · x > threshold`, as in PyTorch, and with every
 * digit of its left tail. PyTorch: `nn.functional.softplus`.
 * @example softplus(tensor([0, 100])) // [0.6931, 100]
 */
export const softplus = composite('softplus', (x: Operand, options: SoftplusOptions = {}): Tensor => {
  const { beta = 1, threshold = 20 } = options;
  const node = floatOperand('softplus', x);
  const scaled = beta === 1 ? node : mul(node, beta);
  const smooth = beta === 1 ? softplusOf(scaled) : div(softplusOf(scaled), beta);
  return choose(gt(scaled, threshold), node, smooth);
});
