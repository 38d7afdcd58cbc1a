/** @file The logistic function and its integral, softplus, which many activations and losses are made of. */
import { unary, type UnaryOp } from '../build/define.js';
import { mul, sub } from '../build/fieldOperations.js';

/** `1 / (1 + e⁻ˣ)`, exact in both tails: see `sigmoid` for users. */
export const sigmoidOf: UnaryOp = unary('sigmoid', {
  reference: (x) => {
    const e = Math.exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  },
  derivative: (_x, y) => mul(y, sub(1, y)),
});

/** `ln(1 + eˣ)`, without overflow and with every digit of its left tail. */
export const softplusOf: UnaryOp = unary('softplus', {
  reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  derivative: (x) => sigmoidOf(x),
});
