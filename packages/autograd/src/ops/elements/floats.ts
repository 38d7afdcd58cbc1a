/** @file Properties of floats: the sign of zero, NaN and infinities, powers of two. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { isFloat, toFloat } from '../../graph/dtype.js';
import { greatest } from '../build/interval.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  binary,
  composite,
  operand,
  resultType,
  unary,
  type BinaryOp,
  type Broadcasting,
  type BroadcastingMethod,
  type Operand,
  type SameShape,
  type UnaryOp,
} from '../build/define.js';
import { detach } from '../build/detach.js';
import { castNode, choose } from '../build/element.js';
import { mul, sub } from '../build/fieldOperations.js';
import { eq, ge, gt, isInf, isNan, le, logicalOr } from '../build/relations.js';
import { clamp, sign } from './arithmetic.js';
import { exp2 } from './exponential.js';
import { pow } from './powers.js';

const negative = (x: number): boolean => x < 0 || Object.is(x, -0);

/**
 * The magnitude of `x` with the sign of `y`, also of −0; integers become float32. The derivative with respect to x
 * is that of its sign change, 0 at 0; with respect to y it is 0. PyTorch: `torch.copysign`.
 * @example copysign(tensor([1, -2]), -0) // [-1, -2]
 */
export const copysign: BinaryOp = binary('copysign', {
  reference: (x, y) => (negative(y) ? -Math.abs(x) : Math.abs(x)),
  dx: (x, _y, out) => mul(sign(x), sign(out)),
  dy: () => 0,
  domain: 'float',
});

/**
 * Whether the sign of `x` is negative: below 0, and at −0. PyTorch: `torch.signbit`.
 * @example signbit(tensor([-2, -0, 0])) // [true, true, false]
 */
export const signbit: UnaryOp = unary('signbit', {
  reference: (x) => (negative(x) ? 1 : 0),
  derivative: null,
  domain: 'any',
  to: 'bool',
});

/**
 * The same as `sign`: in PyTorch the two differ only for complex numbers. PyTorch: `torch.sgn`.
 * @example sgn(tensor([-2, 0, 3])) // [-1, 0, 1]
 */
export const sgn = composite('sgn', (x: Operand): Tensor => sign(x)) as SameShape;

/**
 * The larger of two elements; the number, if the other is NaN. Where the two are equal, the gradient goes to x.
 * PyTorch: `torch.fmax`.
 * @example fmax(tensor([1, NaN]), 0) // [1, 0]
 */
export const fmax = composite('fmax', (x: Operand, y: Operand): Tensor =>
  preferred('fmax', ge, x, y),
) as Broadcasting;

/**
 * The smaller of two elements; the number, if the other is NaN. Where the two are equal, the gradient goes to x.
 * PyTorch: `torch.fmin`.
 * @example fmin(tensor([1, NaN]), 0) // [0, 0]
 */
export const fmin = composite('fmin', (x: Operand, y: Operand): Tensor =>
  preferred('fmin', le, x, y),
) as Broadcasting;

function preferred(
  op: string,
  better: (x: Tensor, y: Tensor) => Tensor,
  x: Operand,
  y: Operand,
): Tensor {
  const dtype = resultType(x, y);
  const [a, b] = [x, y].map((z) => castNode(operand(op, z, dtype), dtype)) as [Tensor, Tensor];
  return choose(isFloat(dtype) ? logicalOr(better(a, b), isNan(b)) : better(a, b), a, b);
}

/**
 * `x` to the power of `y`, computed and returned in float64. PyTorch: `torch.float_power`.
 * @example floatPower(tensor([2], { dtype: 'int32' }), -1) // [0.5] in float64
 */
export const floatPower = composite('floatPower', (x: Operand, y: Operand): Tensor => {
  const base = castNode(operand('floatPower', x), 'float64');
  return pow(base, typeof y === 'number' ? y : castNode(operand('floatPower', y), 'float64'));
}) as Broadcasting;

/**
 * `x · 2ʸ`, also where `2ʸ` alone would overflow or underflow; integers become float32.
 * PyTorch: `torch.ldexp`.
 * @example ldexp(tensor([0.75]), 2) // [3]
 */
export const ldexp = composite('ldexp', (x: Operand, y: Operand): Tensor => {
  const dtype = toFloat(resultType(x, y));
  const exponent = castNode(operand('ldexp', y), dtype);
  // Powers that are normal numbers; the last one is as large as possible, and the only one whose product may round.
  const most = dtype === 'float64' ? 1022 : 126;
  const within = clamp(exponent, -most, most);
  const before = detach(sub(exponent, within));
  const middle = clamp(before, -most, most);
  // Only the last power depends on y for differentiation, so its derivative contains no product of the others. An infinite
  // exponent is not split.
  const last = choose(isInf(exponent), within, sub(exponent, before));
  return [sub(before, middle), middle, last].reduce(
    (z, e) => mul(z, exp2(e)),
    castNode(operand('ldexp', x), dtype),
  );
}) as Broadcasting;

/**
 * 1 above 0, 0 below and for NaN, `values` at 0. The derivative with respect to x is 0. PyTorch: `torch.heaviside`,
 * which has no derivative.
 * @example heaviside(tensor([-1, 0, 2]), 0.5) // [0, 0.5, 1]
 */
export const heaviside = composite('heaviside', (x: Operand, values: Operand): Tensor => {
  const dtype = resultType(x, values);
  const node = operand('heaviside', x, dtype);
  const atZero = castNode(operand('heaviside', values, dtype), dtype);
  return choose(eq(node, 0), atZero, castNode(gt(node, 0), dtype));
}) as Broadcasting;

/**
 * Whether `x` is −Inf. PyTorch: `torch.isneginf`.
 * @example isNegInf(tensor([-Infinity, Infinity])) // [true, false]
 */
export const isNegInf = composite('isNegInf', (x: Operand): Tensor =>
  eq(operand('isNegInf', x), -Infinity),
) as SameShape;

/**
 * Whether `x` is +Inf. PyTorch: `torch.isposinf`.
 * @example isPosInf(tensor([-Infinity, Infinity])) // [false, true]
 */
export const isPosInf = composite('isPosInf', (x: Operand): Tensor =>
  eq(operand('isPosInf', x), Infinity),
) as SameShape;

/** The replacements for NaN and infinities. */
export interface NanToNumOptions {
  /** Default 0. */
  readonly nan?: number | null;
  /** For +Inf. Default: the largest number of the dtype. */
  readonly posinf?: number | null;
  /** For −Inf. Default: the smallest number of the dtype. */
  readonly neginf?: number | null;
}

const nanToNumOptions = defineOptions<NanToNumOptions>({
  nan: kinds.orNull(kinds.number),
  posinf: kinds.orNull(kinds.number),
  neginf: kinds.orNull(kinds.number),
});

/**
 * `x` with NaN and infinities replaced by numbers; the gradient is 0 there. Integers stay as they are.
 * PyTorch: `torch.nan_to_num`.
 * @example nanToNum(tensor([1, NaN, Infinity]), { posinf: 9 }) // [1, 0, 9]
 */
export const nanToNum = composite('nanToNum', (x: Operand, options?: NanToNumOptions): Tensor => {
  const { nan, posinf, neginf } = nanToNumOptions('nanToNum', options);
  const node = operand('nanToNum', x);
  if (!isFloat(node.dtype)) return node;
  const largest = greatest(node.dtype);
  const cases = [
    [isNan(node), nan ?? 0],
    [eq(node, Infinity), posinf ?? largest],
    [eq(node, -Infinity), neginf ?? -largest],
  ] as const;
  return cases.reduce((y, [condition, value]) => choose(condition, value, y), node);
}) as SameShape<[options?: NanToNumOptions]>;

/** The methods of this family. */
export interface FloatsMethods<S extends Shape = Shape> {
  copysign: BroadcastingMethod;
  signbit(): Tensor<S>;
  sgn(): Tensor<S>;
  fmax: BroadcastingMethod;
  fmin: BroadcastingMethod;
  floatPower: BroadcastingMethod;
  ldexp: BroadcastingMethod;
  heaviside: BroadcastingMethod;
  isNegInf(): Tensor<S>;
  isPosInf(): Tensor<S>;
  nanToNum(options?: NanToNumOptions): Tensor<S>;
}
