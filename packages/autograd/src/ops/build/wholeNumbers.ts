/** @file Rounding to whole numbers. Integers stay as they are, booleans are refused; derivatives are 0 everywhere. */
import { unary, type UnaryOp } from './define.js';

/**
 * The largest whole number not above x. PyTorch: `torch.floor`.
 * @example floor(tensor([1.7, -1.2])) // [1, -2]
 */
export const floor: UnaryOp = unary('floor', {
  reference: Math.floor,
  derivative: () => 0,
  domain: 'number',
});

/**
 * The smallest whole number not below x. PyTorch: `torch.ceil`.
 * @example ceil(tensor([1.2, -1.7])) // [2, -1]
 */
export const ceil: UnaryOp = unary('ceil', {
  reference: Math.ceil,
  derivative: () => 0,
  domain: 'number',
});

/**
 * The whole number next to x towards 0. PyTorch: `torch.trunc`.
 * @example trunc(tensor([1.7, -1.7])) // [1, -1]
 */
export const trunc: UnaryOp = unary('trunc', {
  reference: Math.trunc,
  derivative: () => 0,
  domain: 'number',
});

/** The nearest whole number, halves to the even one. */
export const roundEven: UnaryOp = unary('round', {
  reference: (x) => {
    const low = Math.floor(x);
    const rest = x - low;
    if (rest !== 0.5)
      return Object.is(x, -0) || (x < 0 && rest > 0.5 && low === -1)
        ? -0
        : rest < 0.5
          ? low
          : low + 1;
    const even = low % 2 === 0 ? low : low + 1;
    return even === 0 && x < 0 ? -0 : even;
  },
  derivative: () => 0,
  domain: 'number',
});
