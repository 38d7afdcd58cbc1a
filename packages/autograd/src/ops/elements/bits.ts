/** @file Integer operations: divisors and multiples, bitwise logic, shifts. None has a gradient. */
import { DTypeError } from '../../errors.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  binary,
  composite,
  operand,
  resultType,
  unary,
  type Broadcasting,
  type BroadcastingMethod,
  type Operand,
  type SameShape,
} from '../build/define.js';
import { logicalNot } from '../build/relations.js';

/** An operation on int32, and on booleans if `bool`. */
function integral(
  name: string,
  reference: (x: number, y: number) => number,
  bool: boolean,
): Broadcasting {
  const op = binary(name, { reference, dx: null, dy: null });
  return composite(name, (x: Operand, y: Operand): Tensor => {
    const dtype = resultType(x, y);
    if (dtype !== 'int32' && !(bool && dtype === 'bool')) {
      throw new DTypeError(
        `${name}: expected ${bool ? 'int32 or bool' : 'int32'} operands, got ${dtype}; cast them: x.cast('int32')`,
      );
    }
    return op(x, y);
  }) as Broadcasting;
}

function greatest(x: number, y: number): number {
  let [a, b] = [Math.abs(x), Math.abs(y)];
  while (b > 0) [a, b] = [b, a % b]; // also ends at NaN
  return a | 0;
}

/**
 * The greatest common divisor of int32 elements, never negative; 0 for 0 and 0. PyTorch: `torch.gcd`.
 * @example gcd(tensor([12, 7], { dtype: 'int32' }), 18) // [6, 1]
 */
export const gcd: Broadcasting = integral('gcd', greatest, false);

/**
 * The least common multiple of int32 elements, never negative; 0 if either is 0. Results that do not fit wrap
 * around. PyTorch: `torch.lcm`.
 * @example lcm(tensor([4, 7], { dtype: 'int32' }), 6) // [12, 42]
 */
export const lcm: Broadcasting = integral(
  'lcm',
  (x, y) => {
    const divisor = greatest(x, y);
    return divisor === 0 ? 0 : Math.abs(Math.imul(x / divisor, y)) | 0;
  },
  false,
);

/**
 * Bitwise "and" of int32 or bool. PyTorch: `torch.bitwise_and`.
 * @example bitwiseAnd(tensor([12], { dtype: 'int32' }), 10) // [8]
 */
export const bitwiseAnd: Broadcasting = integral('bitwiseAnd', (x, y) => x & y, true);

/**
 * Bitwise "or" of int32 or bool. PyTorch: `torch.bitwise_or`.
 * @example bitwiseOr(tensor([12], { dtype: 'int32' }), 10) // [14]
 */
export const bitwiseOr: Broadcasting = integral('bitwiseOr', (x, y) => x | y, true);

/**
 * Bitwise "exclusive or" of int32 or bool. PyTorch: `torch.bitwise_xor`.
 * @example bitwiseXor(tensor([12], { dtype: 'int32' }), 10) // [6]
 */
export const bitwiseXor: Broadcasting = integral('bitwiseXor', (x, y) => x ^ y, true);

/**
 * `x · 2ʸ` for int32, wrapping around; 0 for shifts below 0 or above 31. PyTorch: `torch.bitwise_left_shift`.
 * @example bitwiseLeftShift(tensor([3], { dtype: 'int32' }), 2) // [12]
 */
export const bitwiseLeftShift: Broadcasting = integral(
  'bitwiseLeftShift',
  (x, y) => (y < 0 || y > 31 ? 0 : x << y),
  false,
);

/**
 * `⌊x / 2ʸ⌋` for int32; shifts below 0 or above 31 leave only the sign: 0 or −1. PyTorch: `torch.bitwise_right_shift`.
 * @example bitwiseRightShift(tensor([-5], { dtype: 'int32' }), 1) // [-3]
 */
export const bitwiseRightShift: Broadcasting = integral(
  'bitwiseRightShift',
  (x, y) => x >> (y < 0 || y > 31 ? 31 : y),
  false,
);

const notOp = unary('bitwiseNot', { reference: (x) => ~x, derivative: null, domain: 'any' });

/**
 * All bits flipped: `−x − 1` for int32, "not" for bool. PyTorch: `torch.bitwise_not`.
 * @example bitwiseNot(tensor([5], { dtype: 'int32' })) // [-6]
 */
export const bitwiseNot = composite('bitwiseNot', (x: Operand): Tensor => {
  const node = operand('bitwiseNot', x);
  if (node.dtype === 'bool') return logicalNot(node);
  if (node.dtype === 'int32') return notOp(node);
  throw new DTypeError(
    `bitwiseNot: expected int32 or bool, got ${node.dtype}; cast it: x.cast('int32')`,
  );
}) as SameShape;

/** The methods of this family. */
export interface BitsMethods<S extends Shape = Shape> {
  gcd: BroadcastingMethod;
  lcm: BroadcastingMethod;
  bitwiseAnd: BroadcastingMethod;
  bitwiseOr: BroadcastingMethod;
  bitwiseXor: BroadcastingMethod;
  bitwiseNot(): Tensor<S>;
  bitwiseLeftShift: BroadcastingMethod;
  bitwiseRightShift: BroadcastingMethod;
}
