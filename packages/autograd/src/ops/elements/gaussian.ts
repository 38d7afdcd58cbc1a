/** @file The error functions as operations. Integers and booleans become float32. */
import {
  erfcForm,
  erfForm,
  expNegSquareForm,
  normalCdfForm,
  normalPdfForm,
} from '../../kernels/elements/gaussian.js';
import { erfinvForm } from '../../kernels/elements/quantiles.js';
import { unary, type UnaryOp } from '../build/define.js';
import {
  erf as erfOf,
  erfc as erfcOf,
  erfinv as erfinvOf,
  expNegSquare as expNegSquareOf,
  normalCdf as normalCdfOf,
} from './errorFunction.js';
import type { Tensor } from '../../graph/tensor.js';
import { abs } from './arithmetic.js';
import { derivativeFamily } from './derivativeFamily.js';
import { exp } from './exponential.js';
import { choose } from '../build/element.js';
import { gt, le, logicalAnd } from '../build/relations.js';
import { erfcxDerivative } from '../special/scaledTail.js';
import { div, mul, neg, square, sub } from '../build/fieldOperations.js';

/** `e^(−x²)`, without the error of a rounded square. */
const expNegSquare: UnaryOp = unary('expNegSquare', {
  reference: (x) => expNegSquareOf(x, 1),
  vector: expNegSquareForm,
  derivative: (x, y) => neg(mul(mul(x, 2), y)),
});

/** The density of the normal distribution, `e^(−x²/2) / √2π`. */
export const normalPdf: UnaryOp = unary('normalPdf', {
  reference: (x) => expNegSquareOf(x, 0.5) / Math.sqrt(2 * Math.PI),
  vector: normalPdfForm,
  derivative: (x, y) => neg(mul(x, y)),
});

/** Φ, the distribution function of the normal distribution: ½ erfc(−x/√2), with every digit of its left tail. */
export const normalCdf: UnaryOp = unary('normalCdf', {
  reference: normalCdfOf,
  vector: normalCdfForm,
  derivative: (x) => normalPdf(x),
});

/**
 * `2/√π ∫₀ˣ e^(−t²) dt`. PyTorch: `torch.erf`.
 * @example erf(tensor([0, 1])) // [0, 0.8427]
 */
export const erf: UnaryOp = unary('erf', {
  reference: erfOf,
  vector: erfForm,
  derivative: (x) => mul(expNegSquare(x), 2 / Math.sqrt(Math.PI)),
});

/**
 * `1 − erf(x)`, also accurate in the right tail. PyTorch: `torch.erfc`.
 * @example erfc(tensor([0, 1])) // [1, 0.1573]
 */
export const erfc: UnaryOp = unary('erfc', {
  reference: erfcOf,
  vector: erfcForm,
  derivative: (x) => mul(expNegSquare(x), -2 / Math.sqrt(Math.PI)),
});

/** `e^(x²) erfc(x)` and its derivatives. */
const scaledTail = derivativeFamily('scaledTail', erfcxDerivative);

/** `e^(y²)` where `erfc |y|` is known exactly: where that is small, the square of a rounded y is off by many units. */
export function expOfQuantile(y: Tensor, erfcOfY: Tensor): Tensor {
  const far = logicalAnd(gt(erfcOfY, 0), le(erfcOfY, 0.5));
  return choose(far, div(scaledTail(abs(y), 0), erfcOfY), exp(square(y)));
}

/**
 * The inverse of `erf`; ±Inf at ±1, NaN outside of [−1, 1]. PyTorch: `torch.erfinv`.
 * @example erfinv(tensor([0, 0.5, 1])) // [0, 0.4769, Infinity]
 */
export const erfinv: UnaryOp = unary('erfinv', {
  reference: erfinvOf,
  vector: erfinvForm,
  derivative: (x, y) => mul(expOfQuantile(y, sub(1, abs(x))), Math.sqrt(Math.PI) / 2),
});
