/** @file Exponentials and logarithms. */
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { logaddexpForm } from '../../kernels/elements/logarithmic.js';
import {
  binary,
  unary,
  type BroadcastingMethod,
  type BinaryOp,
  type UnaryOp,
} from '../build/define.js';
import { add, choose } from '../build/element.js';
import { mul, reciprocal, sub } from '../build/fieldOperations.js';
import { eq, gt } from '../build/relations.js';
import { exactDifference } from './compensated.js';
import { sigmoidDerivative, sigmoidOf } from './logistic.js';
import * as plain from './plainFunctions.js';

/**
 * `eˣ`. Integers and booleans become float32. PyTorch: `torch.exp`.
 * @example exp(tensor([0, 1])) // [1, 2.7183]
 */
export const exp: UnaryOp = unary('exp', { reference: Math.exp, derivative: (_x, y) => y });

/**
 * `2ˣ`. PyTorch: `torch.exp2`.
 * @example exp2(tensor([0, 3])) // [1, 8]
 */
export const exp2: UnaryOp = unary('exp2', {
  reference: plain.exp2,
  // 2ˣ·ln 2 stays finite a little longer than 2ˣ.
  derivative: (x, y) => choose(gt(x, 64), mul(exp2(sub(x, 1)), 2 * Math.LN2), mul(y, Math.LN2)),
});

/**
 * `eˣ − 1`, without cancellation near 0. PyTorch: `torch.expm1`.
 * @example expm1(tensor([0, 1])) // [0, 1.7183]
 */
export const expm1: UnaryOp = unary('expm1', {
  reference: Math.expm1,
  // Not y + 1, which loses every digit on the left.
  derivative: (x) => exp(x),
});

/**
 * The natural logarithm; −Inf at ±0, NaN below. PyTorch: `torch.log`.
 * @example log(tensor([1, Math.E])) // [0, 1]
 */
export const log: UnaryOp = unary('log', { reference: Math.log, derivative: (x) => reciprocal(x) });

/**
 * The base-2 logarithm; −Inf at ±0, NaN below. PyTorch: `torch.log2`.
 * @example log2(tensor([1, 8])) // [0, 3]
 */
export const log2: UnaryOp = unary('log2', {
  reference: Math.log2,
  derivative: (x) => reciprocal(mul(x, Math.LN2)),
});

/**
 * The base-10 logarithm; −Inf at ±0, NaN below. PyTorch: `torch.log10`.
 * @example log10(tensor([1, 1000])) // [0, 3]
 */
export const log10: UnaryOp = unary('log10', {
  reference: Math.log10,
  derivative: (x) => reciprocal(mul(x, Math.LN10)),
});

/**
 * `ln(1 + x)`, without cancellation near 0; −Inf at −1, NaN below. PyTorch: `torch.log1p`.
 * @example log1p(tensor([0, 1])) // [0, 0.6931]
 */
export const log1p: UnaryOp = unary('log1p', {
  reference: Math.log1p,
  derivative: (x) => reciprocal(add(x, 1)),
});

/**
 * `ln(eˣ + eʸ)`, without overflow; the larger of the two if one is −Inf. Where both are, the derivatives are 0, as
 * for `logsumexp`. PyTorch: `torch.logaddexp`.
 * @example logaddexp(tensor([1000]), 1000) // [1000.693]
 */
export const logaddexp: BinaryOp = binary('logaddexp', {
  vector: logaddexpForm,
  reference: (x, y) => {
    if (x === y) return x + (Number.isFinite(x) ? Math.LN2 : 0);
    return Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)));
  },
  dx: (x, y, sum) => shareOf(x, y, sum),
  dy: (x, y, sum) => shareOf(y, x, sum),
  domain: 'float',
});

/** `σ(x − y)`, corrected in the tails for the rounding of the difference; 0 of a sum of nothing. */
function shareOf(x: Tensor, y: Tensor, sum: Tensor): Tensor {
  const { difference, rest } = exactDifference(x, y);
  const share = add(sigmoidOf(difference), mul(sigmoidDerivative(difference), rest));
  return choose(eq(sum, -Infinity), 0, share);
}

/** The methods of this family. */
export interface ExponentialMethods<S extends Shape = Shape> {
  exp(): Tensor<S>;
  exp2(): Tensor<S>;
  expm1(): Tensor<S>;
  log(): Tensor<S>;
  log2(): Tensor<S>;
  log10(): Tensor<S>;
  log1p(): Tensor<S>;
  logaddexp: BroadcastingMethod;
}
