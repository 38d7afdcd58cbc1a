/** @file Element-wise arithmetic: sums, products, quotients, remainders, powers, maxima and minima. */
import { byPosition, defineOptions, refuseSurplus } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import { hostValue } from '../../graph/values/hostValue.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { floorDivideForm, fmodForm, remainderForm } from '../../kernels/elements/division.js';
import {
  binary,
  composite,
  operand,
  resultType,
  unary,
  type BroadcastingMethod,
  type BinaryOp,
  type Operand,
  type UnaryOp,
} from '../build/define.js';
import { add, castNode, checkDivisor, choose } from '../build/element.js';
import { div, mul, neg, sub } from '../build/fieldOperations.js';
import { eq, gt, isNan, logicalOr, lt } from '../build/relations.js';
import { trunc } from '../build/wholeNumbers.js';
import * as plain from './plainFunctions.js';
import type { Broadcast, BroadcastResult, ShapeIn, Unless } from '../../types/index.js';

export { add } from '../build/element.js';
export { div, mul, neg, reciprocal, square, sub } from '../build/fieldOperations.js';
export { hypot, pow, rsqrt, sqrt } from './powers.js';

/**
 * `|x|`. The derivative at 0 is 0. For int32, −2³¹ stays unchanged. PyTorch: `torch.abs`.
 * @example abs(tensor([-2, 3])) // [2, 3]
 */
export const abs: UnaryOp = unary('abs', {
  reference: Math.abs,
  derivative: (x) => sign(x),
  domain: 'any',
});

/**
 * −1, 0 or 1; 0 for NaN. The derivative is 0 everywhere. PyTorch: `torch.sign`.
 * @example sign(tensor([-2, 0, 3])) // [-1, 0, 1]
 */
export const sign: UnaryOp = unary('sign', {
  reference: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  derivative: () => 0,
  domain: 'any',
});

/**
 * The larger of two elements, broadcast; NaN where either is. Where the two are equal, the gradient is split half
 * and half. PyTorch: `torch.maximum`.
 * @example maximum(tensor([1, 5]), 3) // [3, 5]
 */
export const maximum: BinaryOp = binary('maximum', {
  reference: (x, y) => Math.max(x, y),
  dx: (x, y) => (t) => choose(lt(x, y), 0, halfOnTies(t, x, y)),
  dy: (x, y) => (t) => choose(gt(x, y), 0, halfOnTies(t, x, y)),
});

/**
 * The smaller of two elements, broadcast; NaN where either is. Where the two are equal, the gradient is split half
 * and half. PyTorch: `torch.minimum`.
 * @example minimum(tensor([1, 5]), 3) // [1, 3]
 */
export const minimum: BinaryOp = binary('minimum', {
  reference: (x, y) => Math.min(x, y),
  dx: (x, y) => (t) => choose(gt(x, y), 0, halfOnTies(t, x, y)),
  dy: (x, y) => (t) => choose(lt(x, y), 0, halfOnTies(t, x, y)),
});

function halfOnTies(t: Tensor, x: Tensor, y: Tensor): Tensor {
  return choose(eq(x, y), mul(t, 0.5), t);
}

/** The bounds of `clamp`. */
export interface ClampOptions {
  /** The lower bound; null for none. */
  readonly min?: Operand | null;
  /** The upper bound; null for none. */
  readonly max?: Operand | null;
}

const clampOptions = byPosition(
  defineOptions<ClampOptions>({
    min: kinds.orNull(kinds.operand),
    max: kinds.orNull(kinds.operand),
  }),
  'min',
  'max',
);

/**
 * `x` limited to [min, max], element by element, broadcast; where `min > max`, the result is `max`. NaN stays NaN.
 *
 * The gradient goes to x where it lies within the bounds, the bounds included, or is NaN; elsewhere to the bound.
 * PyTorch: `torch.clamp`, where the gradient of a NaN is 0.
 *
 * @throws {ChainruleError} if no bound is given.
 * @example clamp(tensor([-2, 0.5, 3]), 0, 1) // [0, 0.5, 1]
 * @example x.clamp({ min: 0 })
 */
export const clamp = composite(
  'clamp',
  (
    x: Operand,
    min?: Operand | ClampOptions | null,
    max?: Operand | ClampOptions | null,
    options?: ClampOptions,
  ): Tensor => {
    const { min: lower = null, max: upper = null } = clampOptions('clamp', min, max, options);
    if (lower === null && upper === null) {
      throw new ChainruleError(
        'clamp: give min, max or both: clamp(x, 0, 1) or clamp(x, { min: 0 })',
      );
    }
    const dtype = resultType(x, ...[lower, upper].filter((b) => b !== null));
    let y = castNode(operand('clamp', x, dtype), dtype);
    if (lower !== null) y = bound(y, lower, lt);
    if (upper !== null) y = bound(y, upper, gt);
    return y;
  },
);

/** One side of `clamp`. A bound that is NaN must give NaN; a bound that is a number needs no test for that. */
function bound(x: Tensor, limit: Operand, beyond: (x: Tensor, y: Tensor) => Tensor): Tensor {
  const b = castNode(operand('clamp', limit, x.dtype), x.dtype);
  const plain = typeof limit === 'number' ? !Number.isNaN(limit) : !isFloat(x.dtype);
  return choose(plain ? beyond(x, b) : logicalOr(beyond(x, b), isNan(b)), b, x);
}

/**
 * `x + weight · (y − x)`: x at weight 0, y exactly at weight 1. PyTorch: `torch.lerp`.
 * @example lerp(tensor([0, 10]), tensor([10, 20]), 0.5) // [5, 15]
 */
export const lerp = composite('lerp', (x: Operand, y: Operand, weight: Operand): Tensor => {
  const difference = sub(y, x);
  const fromStart = (): Tensor => add(x, mul(weight, difference));
  // A JS number is subtracted as one, so that it takes its dtype from the tensors.
  const rest = typeof weight === 'number' ? 1 - weight : sub(1, weight);
  const fromEnd = (): Tensor => sub(y, mul(rest, difference));
  if (typeof weight === 'number') return weight < 0.5 ? fromStart() : fromEnd();
  return choose(lt(weight, 0.5), fromStart(), fromEnd());
});

const remainderOp = binary('remainder', {
  reference: plain.remainder,
  vector: remainderForm,
  dx: () => 1,
  dy: (x, y) => neg(floorDivideOp(x, y)),
  domain: 'number',
  divides: true,
});

/**
 * The remainder of x divided by y, with the sign of y, as `%` in Python: `x − y · ⌊x / y⌋`. Float division by 0
 * gives NaN. PyTorch: `torch.remainder`. In JavaScript `%` is `fmod`.
 * @throws {ChainruleError} for an integer divisor of 0: at the call if its value is known, otherwise when evaluated.
 * @example remainder(tensor([-3, 3]), 2) // [1, 1]
 */
export function remainder<X extends Operand, Y extends Operand>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
): Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;
export function remainder<X extends Operand, Y extends Operand>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
  surplus?: unknown,
): Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>> {
  return divided(remainderOp, x, y, surplus) as Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;
}

const fmodOp = binary('fmod', {
  reference: plain.fmod,
  vector: fmodForm,
  dx: () => 1,
  dy: (x, y) => neg(trunc(div(x, y))),
  domain: 'number',
  divides: true,
});

/**
 * The remainder of x divided by y, with the sign of x, as `%` in JavaScript and C. Float division by 0 gives NaN.
 * PyTorch: `torch.fmod`.
 * @throws {ChainruleError} for an integer divisor of 0: at the call if its value is known, otherwise when evaluated.
 * @example fmod(tensor([-3, 3]), 2) // [-1, 1]
 */
export function fmod<X extends Operand, Y extends Operand>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
): Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;
export function fmod<X extends Operand, Y extends Operand>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
  surplus?: unknown,
): Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>> {
  return divided(fmodOp, x, y, surplus) as Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;
}

const floorDivideOp: BinaryOp = binary('floorDivide', {
  reference: plain.floorDivide,
  vector: floorDivideForm,
  integer: (x, y) => Math.floor(x / y),
  dx: () => 0,
  dy: () => 0,
  domain: 'number',
  divides: true,
});

/**
 * `⌊x / y⌋`; an integer for integers. Float division by 0 gives ±Inf or NaN. The derivative is 0; PyTorch has none.
 * PyTorch: `torch.floor_divide`.
 * @throws {ChainruleError} for an integer divisor of 0: at the call if its value is known, otherwise when evaluated.
 * @example floorDivide(tensor([-3, 3]), 2) // [-2, 1]
 */
export function floorDivide<X extends Operand, Y extends Operand>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
): Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;
export function floorDivide<X extends Operand, Y extends Operand>(
  x: X,
  y: Y & Unless<BroadcastResult<ShapeIn<X>, ShapeIn<Y>>>,
  surplus?: unknown,
): Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>> {
  return divided(floorDivideOp, x, y, surplus) as Tensor<Broadcast<ShapeIn<X>, ShapeIn<Y>>>;
}

/** Refuses integer division by a known zero at the call; other zeros are found when the division is evaluated. */
function divided(op: BinaryOp, x: Operand, y: Operand, surplus: unknown): Tensor {
  if (surplus !== undefined) refuseSurplus(op.primitive.name, surplus);
  const out = op(x, y);
  const divisor = out.inputs[1] as Tensor;
  const data = typeof y === 'number' ? Int32Array.of(y) : hostValue(divisor);
  if (divisor.dtype === 'int32' && data !== null && out.size > 0)
    checkDivisor(op.primitive.name, { data, shape: divisor.sizes });
  return out;
}

/** The methods of this family. */
export interface ArithmeticMethods<S extends Shape = Shape> {
  add: BroadcastingMethod;
  sub: BroadcastingMethod;
  mul: BroadcastingMethod;
  div: BroadcastingMethod;
  neg(): Tensor<S>;
  reciprocal(): Tensor<S>;
  square(): Tensor<S>;
  pow: BroadcastingMethod;
  sqrt(): Tensor<S>;
  rsqrt(): Tensor<S>;
  hypot: BroadcastingMethod;
  abs(): Tensor<S>;
  sign(): Tensor<S>;
  maximum: BroadcastingMethod;
  minimum: BroadcastingMethod;
  clamp(min?: Operand | ClampOptions | null, max?: Operand | null): Tensor;
  lerp(end: Operand, weight: Operand): Tensor;
  remainder: BroadcastingMethod;
  fmod: BroadcastingMethod;
  floorDivide: BroadcastingMethod;
}
