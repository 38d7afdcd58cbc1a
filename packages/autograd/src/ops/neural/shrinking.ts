/** @file Activations that replace small elements; available only as functions. */
import { tanhshrinkForm } from '../../kernels/elements/logarithmic.js';
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import type { Tensor } from '../../graph/tensor.js';
import { neg, square } from '../elements/arithmetic.js';
import { twoProduct } from '../special/doubleDouble.js';
import {
  composite,
  floatOperand,
  operand,
  unary,
  type Operand,
  type SameShape,
  type SameShapeAlong,
} from '../build/define.js';
import { choose } from '../build/element.js';
import { ge, le } from '../build/relations.js';
import { tanh } from '../elements/trigonometric.js';
import { softmax } from './normalization/normalization.js';

/** Options of `hardshrink`. */
export interface HardshrinkOptions {
  /** Elements from −lambd to lambd become 0. Default 0.5. */
  readonly lambd?: number | undefined;
}

const readHardshrink = defineOptions<HardshrinkOptions>({ lambd: kinds.number });

/**
 * `x` where `|x| > lambd`, otherwise 0, with derivative 0; NaN stays NaN. A negative lambd leaves x unchanged.
 * PyTorch: `nn.functional.hardshrink`.
 * @example hardshrink(tensor([-1, 0.2, 2])) // [-1, 0, 2]
 */
export const hardshrink = composite(
  'hardshrink',
  (x: Operand, options?: HardshrinkOptions): Tensor => {
    const { lambd = 0.5 } = readHardshrink('hardshrink', options);
    const node = floatOperand('hardshrink', x);
    return choose(ge(node, -lambd), choose(le(node, lambd), 0, node), node);
  },
) as SameShape<[options?: HardshrinkOptions]>;

/**
 * `x − tanh(x)`, also accurate near 0, where PyTorch's difference cancels; the derivative is tanh². NaN stays NaN,
 * ±Inf stays ±Inf. PyTorch: `nn.functional.tanhshrink`.
 * @example tanhshrink(tensor([0, 1])) // [0, 0.2384]
 */
export const tanhshrink = unary('tanhshrink', {
  vector: tanhshrinkForm,
  reference: (x) => (Math.abs(x) < 1 ? differenceFromTanh(x) : x - Math.tanh(x)),
  derivative: (x) => square(tanh(x)),
});

/**
 * `x³/3 · (1 − D / cosh x)`, from `(x cosh x − sinh x) / cosh x`. The series of the numerator is `x³/3` times that of cosh
 * minus `D = Σ (1 − 3 / ((2k + 1)(2k + 3))) x^(2k) / (2k)!`.
 */
function differenceFromTanh(x: number): number {
  const xx = x * x;
  let lost = 0;
  let power = 1;
  for (let k = 1; k <= 10; k++) {
    power *= xx / ((2 * k - 1) * 2 * k);
    lost += power * (1 - 3 / ((2 * k + 1) * (2 * k + 3)));
  }
  const third = (x * xx + x * twoProduct(x, x).lo) / 3;
  return third - (third * lost) / Math.cosh(x);
}

/**
 * `x` above `threshold`, `value` at and below it, where the derivative is 0; NaN stays NaN. Integers stay integers.
 * PyTorch: `nn.functional.threshold`.
 * @example threshold(tensor([-1, 2]), 0.1, 20) // [20, 2]
 */
export const threshold = composite(
  'threshold',
  (x: Operand, threshold: number, value: number): Tensor => {
    checkArgument('threshold', 'threshold', threshold, kinds.number);
    checkArgument('threshold', 'value', value, kinds.number);
    const node = operand('threshold', x);
    return choose(le(node, threshold), value, node);
  },
) as SameShape<[threshold: number, value: number]>;

/** `softmax(−x)` along `dim`. PyTorch: `nn.functional.softmin`. @example softmin(tensor([0, 0]), 0) // [0.5, 0.5] */
export const softmin = composite('softmin', (x: Operand, dim: number): Tensor =>
  softmax(neg(floatOperand('softmin', x)), dim),
) as SameShapeAlong;
