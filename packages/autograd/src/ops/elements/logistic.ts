/**
 * @file The logistic function, its integral (softplus) and its derivative, of which many activations and losses are made; and
 * the hyperbolic tangent, which is the same curve: tanh x = 2σ(2x) − 1.
 *
 * Derivatives are computed from x and not from the rounded result: near 1 the result has lost its distance to 1. They are
 * primitives, so a kernel that computes both takes one exponential for them.
 */
import { unary, type UnaryOp } from '../build/define.js';
import { mul, neg } from '../build/fieldOperations.js';
import * as plain from './plainFunctions.js';

/**
 * The hyperbolic tangent. PyTorch: `torch.tanh`.
 * @example tanh(tensor([0, 1])) // [0, 0.7616]
 */
export const tanh: UnaryOp = unary('tanh', {
  reference: Math.tanh,
  derivative: (x) => tanhDerivative(x),
});

/** `1 − tanh² x`, as `4e / (1 + e)²` with `e = e^−2|x|`. */
const tanhDerivative: UnaryOp = unary('tanhDerivative', {
  reference: (x) => {
    const e = Math.exp(-2 * Math.abs(x));
    const quotient = 2 / (1 + e);
    return e * quotient * quotient;
  },
  derivative: (x, y) => mul(mul(y, tanh(x)), -2),
});

/** `σ(x)·σ(−x)`, with every digit of both tails. */
export const sigmoidDerivative: UnaryOp = unary('sigmoidDerivative', {
  reference: (x) => {
    const e = Math.exp(-Math.abs(x));
    return e / ((1 + e) * (1 + e));
  },
  // σ(−x) − σ(x) is −tanh(x/2), which does not cancel around 0.
  derivative: (x, y) => neg(mul(y, tanh(mul(x, 0.5)))),
});

/**
 * `1 / (1 + e⁻ˣ)`, accurate in the left tail too. Integers and booleans become float32. PyTorch: `torch.sigmoid`.
 * @example sigmoid(tensor([0, 1])) // [0.5, 0.7311]
 */
export const sigmoidOf: UnaryOp = unary('sigmoid', {
  reference: (x) => {
    const e = Math.exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  },
  derivative: (x) => sigmoidDerivative(x),
});

/** `ln(1 + eˣ)`, without overflow and with every digit of its left tail. */
export const softplusOf: UnaryOp = unary('softplus', {
  reference: plain.softplus,
  derivative: (x) => sigmoidOf(x),
});
