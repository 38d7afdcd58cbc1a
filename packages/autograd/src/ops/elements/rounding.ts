/** @file Rounding to whole numbers and to decimals. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { composite, floatOperand, type Operand, type SameShape } from '../build/define.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { roundEven, trunc } from '../build/wholeNumbers.js';

export { ceil, floor, trunc } from '../build/wholeNumbers.js';

/** Options of `round`. */
export interface RoundOptions {
  /** The number of decimals to keep; negative numbers round to tens, hundreds … Default 0. */
  readonly decimals?: number;
}

const roundOptions = defineOptions<RoundOptions>({ decimals: kinds.wholeBetween(-308, 308) });

/**
 * The nearest whole number, halves to even: 0.5 and 2.5 become 0 and 2 (`Math.round` gives 1 and 3).
 * The derivative is 0 everywhere. Integers stay as they are, booleans are refused. PyTorch: `torch.round`.
 * @example round(tensor([0.5, 1.5, -1.2])) // [0, 2, -1]
 */
export const round = composite('round', (x: Operand, options?: RoundOptions): Tensor => {
  const { decimals = 0 } = roundOptions('round', options);
  if (decimals === 0) return roundEven(x);
  const node = floatOperand('round', x);
  const scale = 10 ** Math.abs(decimals);
  return decimals > 0
    ? div(roundEven(mul(node, scale)), scale)
    : mul(roundEven(div(node, scale)), scale);
}) as SameShape<[options?: RoundOptions]>;

/**
 * The fractional part of x, with its sign: `x − trunc(x)`; only for floats. NaN at ±Inf. PyTorch: `torch.frac`.
 * @example frac(tensor([1.5, -1.25])) // [0.5, -0.25]
 */
export const frac = composite('frac', (x: Operand): Tensor => {
  const node = floatOperand('frac', x);
  return sub(node, trunc(node));
}) as SameShape;

/** The methods of this family. */
export interface RoundingMethods<S extends Shape = Shape> {
  floor(): Tensor<S>;
  ceil(): Tensor<S>;
  trunc(): Tensor<S>;
  round(options?: RoundOptions): Tensor<S>;
  frac(): Tensor<S>;
}
