/** @file Powers and roots. */
import { ChainruleError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import { Tensor } from '../../graph/tensor.js';
import * as plain from './plainFunctions.js';
import {
  binary,
  composite,
  resultType,
  unary,
  type BinaryOp,
  type Broadcasting,
  type Operand,
  type UnaryOp,
} from '../build/define.js';
import { byLarger } from './compensated.js';
import { add, choose } from '../build/element.js';
import { log } from './exponential.js';
import { div, mul, neg, reciprocal, square, sub } from '../build/fieldOperations.js';
import { eq, ge, logicalAnd, logicalOr, lt } from '../build/relations.js';

/**
 * `√x`; NaN below 0; ±0 at ±0, where the derivative is infinite. PyTorch: `torch.sqrt`.
 * @example sqrt(tensor([4, 2])) // [2, 1.4142]
 */
export const sqrt: UnaryOp = unary('sqrt', {
  reference: Math.sqrt,
  derivative: (_x, y) => reciprocal(mul(y, 2)),
});

/**
 * `1 / √x`; +Inf at 0, NaN below. PyTorch: `torch.rsqrt`.
 * @example rsqrt(tensor([4, 1])) // [0.5, 1]
 */
export const rsqrt: UnaryOp = unary('rsqrt', {
  reference: (x) => 1 / Math.sqrt(x),
  // The cube of the result would triple its error. `x + 0` is x, but 0 at −0, so that the sign of y decides there.
  derivative: (x, y) => div(mul(y, -0.5), add(x, 0)),
});

/**
 * `√(x² + y²)`, without overflow or underflow. The derivative at (0, 0) is NaN. PyTorch: `torch.hypot`.
 * @example hypot(tensor([3]), 4) // [5]
 */
export const hypot: BinaryOp = binary('hypot', {
  reference: plain.hypot,
  dx: (x, y) => cosine(x, y),
  dy: (x, y) => cosine(y, x),
  domain: 'float',
});

/** `x / √(x² + y²)`, by quotients that are at most 1, so that nothing cancels in its derivatives. */
function cosine(x: Tensor, y: Tensor): Tensor {
  const { first, quotient, larger } = byLarger(x, y);
  const scale = rsqrt(add(square(quotient), 1));
  const magnitude = choose(first, scale, mul(quotient, scale));
  return choose(lt(larger, 0), neg(magnitude), magnitude);
}

const powOp: BinaryOp = binary('pow', {
  unit: 'second',
  reference: plain.power,
  integer: integerPower,
  dx: (x, y, out) => {
    // y − 1 is exact for y ≥ ½; for smaller y it is not, but xʸ / x neither overflows nor underflows too early.
    const exact = logicalOr(ge(y, 0.5), logicalOr(eq(x, 0), eq(y, -Infinity)));
    // xʸ / x may overflow where y times it does not; xʸ times a tiny y may underflow, but there xʸ is nearly 1.
    const tiny = lt(mul(y, y), 2 ** -40);
    const broken = mul(div(choose(tiny, out, mul(out, y)), x), choose(tiny, y, 1));
    return choose(eq(y, 0), 0, choose(exact, mul(y, powOp(x, sub(y, 1))), broken));
  },
  dy: (x, y, out) => choose(logicalAnd(eq(x, 0), ge(y, 0)), 0, mul(out, log(x))),
  domain: 'number',
});

/**
 * `x` to the power of `y`, element by element, broadcast. `x⁰` and `1ʸ` are 1, even for NaN; a
 * negative x to a fractional power is NaN. Integers to an integer power stay integers and wrap around.
 *
 * The derivative with respect to x is 0 where y is 0; with respect to y it is 0 where x is 0 and y ≥ 0. PyTorch:
 * `torch.pow`.
 *
 * @throws {ChainruleError} for an integer tensor to a negative whole number: cast it to a float dtype first. For
 * negative exponents in an int32 tensor the result is 0 unless x is ±1, as in PyTorch.
 * @example pow(tensor([1, 2, 3]), 2) // [1, 4, 9]
 */
export const pow = composite('pow', (x: Operand, y: Operand): Tensor => {
  if (typeof y === 'number' && x instanceof Tensor) {
    if (isFloat(x.dtype)) {
      const plain = simplePower(x, y);
      if (plain !== null) return plain;
    } else if (y < 0 && !isFloat(resultType(x, y))) {
      throw new ChainruleError(
        `pow: an ${x.dtype} tensor to the negative power ${y} is not an integer; cast it: x.cast('float32').pow(${y})`,
      );
    }
  }
  return powOp(x, y);
}) as Broadcasting;

/** Rewrites powers that are cheaper and more accurate as products and roots. */
function simplePower(x: Tensor, y: number): Tensor | null {
  switch (y) {
    case 2:
      return square(x);
    case 3:
      return mul(square(x), x);
    case 0.5:
      return sqrt(x);
    case -0.5:
      return rsqrt(x);
    case -1:
      return reciprocal(x);
    case -2:
      return square(reciprocal(x)); // its derivatives at 0 are infinite, and overflow no earlier than necessary
    default:
      return null;
  }
}

/** By repeated squaring, modulo 2³². */
function integerPower(x: number, y: number): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let base = x, n = y; n > 0; n = Math.floor(n / 2), base = Math.imul(base, base)) {
    if (n % 2 === 1) result = Math.imul(result, base);
  }
  return result;
}
