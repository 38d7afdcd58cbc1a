/** @file Special functions. Integers and booleans become float32. */
import { digammaForm, lgammaForm, sincForm } from '../../kernels/elements/gammaForms.js';
import { logitForm, xlogyForm } from '../../kernels/elements/logarithmic.js';
import { byPosition, checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { toFloat } from '../../graph/dtype.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { clamp } from './arithmetic.js';
import {
  binary,
  composite,
  floatOperand,
  operand,
  unary,
  type BroadcastingMethod,
  type BinaryOp,
  type Operand,
  type SameShape,
  type UnaryOp,
} from '../build/define.js';
import { derivativeFamily, vectorFamily } from './derivativeFamily.js';
import { add, castNode, choose } from '../build/element.js';
import { log } from './exponential.js';
import { div, mul, reciprocal, sub } from '../build/fieldOperations.js';
import {
  digamma as digammaOf,
  lgamma as lgammaOf,
  polygamma as polygammaOf,
} from './gammaFunction.js';
import { softplusOf } from './logistic.js';
import { eq, gt, isNan, le, logicalAnd } from '../build/relations.js';
import { sincDerivative } from './sincFunction.js';

export { erf, erfc, erfinv } from './gaussian.js';

/** `1 / (1 + e⁻ˣ)`, accurate in both tails. PyTorch: `torch.sigmoid`. */
export { sigmoidOf as sigmoid } from './logistic.js';

/**
 * `ln |Γ(x)|`; +Inf at 0, −1, −2, … and ±Inf. PyTorch: `torch.lgamma`.
 * @example lgamma(tensor([1, 5])) // [0, 3.1781]
 */
export const lgamma: UnaryOp = unary('lgamma', {
  reference: lgammaOf,
  vector: lgammaForm,
  derivative: (x) => digamma(x),
});

/**
 * The derivative of `lgamma`; −Inf at 0, +Inf at −0, NaN at −1, −2, …. PyTorch: `torch.digamma`.
 * @example digamma(tensor([1, 2])) // [-0.5772, 0.4228]
 */
export const digamma: UnaryOp = unary('digamma', {
  reference: digammaOf,
  vector: digammaForm,
  derivative: (x) => polygammaNode(x, 1),
});

const polygammaNode = derivativeFamily('polygamma', polygammaOf);
/** For larger orders n! exceeds float64, and the sum has as many terms as the order. */
const ORDER = kinds.wholeBetween(0, 170);

/**
 * The derivative of order `n` of `digamma`, for n ≥ 0. At 0, −1, −2, … +Inf for odd n, NaN for even n.
 * PyTorch: `torch.polygamma`, which gives NaN for negative x and n ≥ 2.
 * @throws {ChainruleError} unless n is a whole number from 0 to 170.
 * @example polygamma(1, tensor([1])) // [π²/6]
 */
export const polygamma = composite('polygamma', (n: number, x: Operand): Tensor => {
  checkArgument('polygamma', 'n', n, ORDER);
  return n === 0 ? digamma(x) : polygammaNode(inFloat('polygamma', x), n);
});

/**
 * `sin(πx) / (πx)`, and 1 at 0; NaN at ±Inf. Derivatives of any order are accurate around 0. PyTorch: `torch.sinc`.
 * @example sinc(tensor([0, 0.5])) // [1, 0.6366]
 */
export const sinc = vectorFamily('sinc', sincDerivative, sincForm) as SameShape;

/**
 * `ln(x / (1 − x))`, the inverse of `sigmoid`; ±Inf at 1 and 0, NaN outside of [0, 1]. With `{ eps }`, x is first
 * clamped to [eps, 1 − eps], and the derivative outside is 0. PyTorch: `torch.logit`.
 * @example logit(tensor([0.5, 0.9])) // [0, 2.1972]
 */
export const logit = composite(
  'logit',
  (x: Operand, given?: LogitOptions | number | null, options?: LogitOptions): Tensor => {
    const { eps = null } = logitOptions('logit', given, options);
    if (eps === null) return logitOp(x);
    return logitOp(clamp(inFloat('logit', x), eps, 1 - eps));
  },
) as SameShape<[options?: LogitOptions | number | null]>;

/** Options of `logit`. */
export interface LogitOptions {
  /** Inputs are first clamped to [eps, 1 − eps]. Default null: not at all. */
  readonly eps?: number | null;
}

const logitOptions = byPosition(
  defineOptions<LogitOptions>({ eps: kinds.orNull(kinds.between(0, 0.5)) }),
  'eps',
);

const logitOp = unary('logit', {
  vector: logitForm,
  reference: (x) => Math.log(x / (1 - x)),
  // NaN outside of the domain, as for the value.
  // Two terms: in the derivative of 1 / (x (1 − x)), infinities would meet near 0.
  derivative: (x, y) => choose(isNan(y), NaN, add(reciprocal(x), reciprocal(sub(1, x)))),
});

/**
 * `x · ln y`, and 0 where x is 0 unless y is NaN. The derivative with respect to x is 0 where x is 0 and y ≤ 0,
 * otherwise ln y; that with respect to y is 0 where both are 0 (in PyTorch NaN). PyTorch: `torch.xlogy`.
 * @example xlogy(tensor([0, 2]), tensor([0, 3])) // [0, 2.1972]
 */
export const xlogy: BinaryOp = binary('xlogy', {
  vector: xlogyForm,
  reference: (x, y) => (x === 0 && !Number.isNaN(y) ? 0 : x * Math.log(y)),
  dx: (x, y) => choose(logicalAnd(eq(x, 0), le(y, 0)), 0, log(y)),
  dy: (x, y) => choose(logicalAnd(eq(x, 0), eq(y, 0)), 0, div(x, y)),
  domain: 'float',
});

/** Options of `softplus`. */
export interface SoftplusOptions {
  /** The sharpness of the bend. Default 1. */
  readonly beta?: number;
  /** Where `beta · x` is above this, the result is x. Default 20. */
  readonly threshold?: number;
}

const softplusOptions = defineOptions<SoftplusOptions>({
  beta: kinds.finite,
  threshold: kinds.real,
});

/**
 * `ln(1 + e^(beta · x)) / beta`, a smooth `relu`; x itself where `beta · x > threshold`, as in PyTorch, and accurate
 * also in the left tail. PyTorch: `nn.functional.softplus`.
 * @example softplus(tensor([0, 100])) // [0.6931, 100]
 */
export const softplus = composite('softplus', (x: Operand, options?: SoftplusOptions): Tensor => {
  const { beta = 1, threshold = 20 } = softplusOptions('softplus', options);
  const node = floatOperand('softplus', x);
  const scaled = beta === 1 ? node : mul(node, beta);
  const smooth = beta === 1 ? softplusOf(scaled) : div(softplusOf(scaled), beta);
  return choose(gt(scaled, threshold), node, smooth);
}) as SameShape<[options?: SoftplusOptions]>;

function inFloat(op: string, x: Operand): Tensor {
  const node = operand(op, x);
  return castNode(node, toFloat(node.dtype));
}

/** The methods of this family. */
export interface SpecialMethods<S extends Shape = Shape> {
  erf(): Tensor<S>;
  erfc(): Tensor<S>;
  erfinv(): Tensor<S>;
  lgamma(): Tensor<S>;
  digamma(): Tensor<S>;
  sinc(): Tensor<S>;
  sigmoid(): Tensor<S>;
  logit(options?: LogitOptions | number | null): Tensor<S>;
  xlogy: BroadcastingMethod;
  softplus(options?: SoftplusOptions): Tensor<S>;
}
