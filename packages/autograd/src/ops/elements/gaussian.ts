/** @file The error functions as operations. Integers and booleans become float32. */
import { unary, type UnaryOp } from '../build/define.js';
import { erf as erfOf, erfc as erfcOf, erfinv as erfinvOf } from './errorFunction.js';
import { exp } from './exponential.js';
import { mul, neg, square } from '../build/fieldOperations.js';

/** `2/√π ∫₀ˣ e^(−t²) dt`. PyTorch: `torch.erf`. */
export const erf: UnaryOp = unary('erf', {
  reference: erfOf,
  derivative: (x) => mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)),
});

/** `1 − erf(x)`, with every digit of its right tail. PyTorch: `torch.erfc`. */
export const erfc: UnaryOp = unary('erfc', {
  reference: erfcOf,
  derivative: (x) => mul(exp(neg(square(x))), -2 / Math.sqrt(Math.PI)),
});

/** The number whose erf is x; ±Inf at ±1, NaN outside. PyTorch: `torch.erfinv`. */
export const erfinv: UnaryOp = unary('erfinv', {
  reference: erfinvOf,
  derivative: (_x, y) => mul(exp(square(y)), Math.sqrt(Math.PI) / 2),
});
