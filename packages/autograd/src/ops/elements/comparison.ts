/** @file Comparison, logic and choice; and operations that change how elements are stored, but not their values. */
export { detach } from '../build/detach.js';
import { defineOptions, refuseSurplus } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError } from '../../errors.js';
import { checkDType, isFloat, type DType } from '../../graph/dtype.js';
import { range, sameShape, type Shape } from '../../graph/shape.js';
import { valueOf } from '../../graph/values/reading.js';
import type { Tensor } from '../../graph/tensor.js';
import { abs, add, mul, sub } from './arithmetic.js';
import {
  composite,
  operand,
  primitive,
  resultType,
  type Broadcasting,
  type BroadcastingMethod,
  type Operand,
} from '../build/define.js';
import { sumOver } from '../build/broadcast.js';
import { castNode, choose } from '../build/element.js';
import { eq, isFinite, isNan, le, logicalAnd, logicalOr } from '../build/relations.js';
import type { Broadcast, Broadcast3, BroadcastResult, ShapeIn, Unless } from '../../types/index.js';

export {
  eq,
  ge,
  gt,
  isFinite,
  isInf,
  isNan,
  le,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  ne,
} from '../build/relations.js';

/**
 * `x` where `condition` is true and `y` elsewhere; all three broadcast, x and y are promoted to a common dtype.
 *
 * The gradient of the branch not taken is exactly 0, even where its derivative is NaN or infinite. PyTorch:
 * `torch.where`.
 * @throws {DTypeError} if the condition is not boolean.
 * @example where(tensor([1, -2]).gt(0), tensor([1, -2]), 0) // [1, 0]
 */
export function where<C extends Operand, X extends Operand, Y extends Operand>(
  condition: C,
  x: X & Unless<BroadcastResult<ShapeIn<C>, ShapeIn<X>>>,
  y: Y & Unless<BroadcastResult<Broadcast<ShapeIn<C>, ShapeIn<X>>, ShapeIn<Y>>>,
): Tensor<Broadcast3<ShapeIn<C>, ShapeIn<X>, ShapeIn<Y>>> {
  const c = operand('where', condition, undefined, 1);
  if (c.dtype !== 'bool') {
    throw new DTypeError(
      `where: the condition must be boolean, got ${c.dtype}; compare it: condition.ne(0)`,
    );
  }
  const dtype = resultType(x, y);
  const [a, b] = [
    castNode(operand('where', x, dtype, 2), dtype),
    castNode(operand('where', y, dtype, 3), dtype),
  ];
  return choose(c, a, b) as Tensor<Broadcast3<ShapeIn<C>, ShapeIn<X>, ShapeIn<Y>>>;
}

/** The tolerances: `|x − y| ≤ atol + rtol · |y|`. */
export interface CloseOptions {
  /** The relative tolerance. Default 1e-5. */
  readonly rtol?: number;
  /** The absolute tolerance. Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  readonly equalNan?: boolean;
}

const closeOptions = defineOptions<CloseOptions>({
  rtol: kinds.nonNegative,
  atol: kinds.nonNegative,
  equalNan: kinds.flag,
});

/**
 * Whether `|x − y| ≤ atol + rtol · |y|`, element by element. An infinity is close only to itself.
 * PyTorch: `torch.isclose`, which refuses different dtypes; here they are promoted.
 * @example isClose(tensor([1, 2]), tensor([1.000001, 2.1])) // [true, false]
 */
export const isClose = composite(
  'isClose',
  (x: Operand, y: Operand, options?: CloseOptions): Tensor => {
    const { rtol = 1e-5, atol = 1e-8, equalNan = false } = closeOptions('isClose', options);
    const common = resultType(x, y);
    const dtype = common === 'bool' ? 'int32' : common;
    const [a, b] = [x, y].map((z) => castNode(operand('isClose', z, dtype), dtype)) as [
      Tensor,
      Tensor,
    ];
    const distance = abs(sub(a, b));
    // Integers are compared with a float bound in float64, which holds every int32, if the device has it.
    const wide = isFloat(dtype) ? dtype : b.home === 'webgpu' ? 'float32' : 'float64';
    const limit = add(mul(abs(castNode(b, wide)), rtol), atol);
    const close = logicalOr(eq(a, b), logicalAnd(isFinite(distance), le(distance, limit)));
    return equalNan ? logicalOr(close, logicalAnd(isNan(a), isNan(b))) : close;
  },
) as Broadcasting<[options?: CloseOptions]>;

/**
 * Whether all elements are close (see `isClose`), as a JavaScript boolean. True for empty tensors. Evaluates both
 * tensors. PyTorch: `torch.allclose`.
 * @example allClose(tensor([1, 2]), tensor([1.000001, 2])) // true
 */
export const allClose = composite(
  'allClose',
  (x: Operand, y: Operand, options?: CloseOptions): boolean =>
    everywhere(isClose(x, y, closeOptions('allClose', options)), 'allClose'),
);

/**
 * Whether shapes and all elements are equal, as a JavaScript boolean; NaN equals nothing. Evaluates both tensors.
 * PyTorch: `torch.equal`; here elements of different dtypes are compared by value.
 * @example equal(tensor([1, 2]), tensor([1, 3])) // false
 */
export const equal = composite('equal', (x: Operand, y: Operand): boolean => {
  const [a, b] = [operand('equal', x), operand('equal', y)];
  return sameShape(a.sizes, b.sizes) && everywhere(eq(a, b), 'equal');
});

/** Whether all elements are true. A large comparison is counted as it is computed, and never stored. */
function everywhere(t: Tensor, op: string): boolean {
  if (t.size < MAX_DIRECT_SCAN) return !valueOf(t, op).includes(0);
  const others = castNode(eq(t, 0), 'float32');
  return valueOf(sumOver([others], { dims: range(t.ndim), keepdim: false }), op)[0] === 0;
}
const MAX_DIRECT_SCAN = 2 ** 16;

/**
 * `x` in another dtype. Floats are truncated to integers; NaN becomes 0, and a number that does not fit the nearest
 * that does (PyTorch leaves both open). As bool, everything but 0 is true. The gradient is cast back to x's dtype.
 * PyTorch: `x.to(dtype)`.
 * @throws {DTypeError} for an unknown dtype.
 * @example cast(tensor([1.7, -1.7]), 'int32') // [1, -1]
 */
export function cast<X extends Operand>(x: X, dtype: DType): Tensor<ShapeIn<X>> {
  checkDType('cast', dtype);
  return castNode(operand('cast', x), dtype) as Tensor<ShapeIn<X>>;
}

const cloneOp = primitive('clone', {
  lowering: { kind: 'alias', transparent: false },
  shape: ([x]) => (x as Tensor).sizes,
  vjp: (_i, ct) => ct,
  jvp: 'linear',
  batch: ([x]) => clone(x as Tensor),
});

/**
 * A copy of `x`. A copy of a parameter keeps its present value, whatever is assigned later. Gradients flow through it.
 * PyTorch: `torch.clone`.
 * @example clone(tensor([1, 2])) // [1, 2]
 */
export function clone<S extends Shape>(x: Tensor<S>): Tensor<S>;
export function clone<S extends Shape>(x: Tensor<S>, surplus?: unknown): Tensor<S> {
  refuseSurplus('clone', surplus);
  return cloneOp([operand('clone', x)]) as Tensor<S>;
}

/** The methods of this family. */
export interface ComparisonMethods<S extends Shape = Shape> {
  eq: BroadcastingMethod;
  ne: BroadcastingMethod;
  lt: BroadcastingMethod;
  le: BroadcastingMethod;
  gt: BroadcastingMethod;
  ge: BroadcastingMethod;
  isNan(): Tensor<S>;
  isInf(): Tensor<S>;
  isFinite(): Tensor<S>;
  logicalAnd: BroadcastingMethod;
  logicalOr: BroadcastingMethod;
  logicalXor: BroadcastingMethod;
  logicalNot(): Tensor<S>;
  isClose: BroadcastingMethod<[options?: CloseOptions]>;
  allClose(other: Operand, options?: CloseOptions): boolean;
  equal(other: Operand): boolean;
  cast(dtype: DType): Tensor<S>;
  detach(): Tensor<S>;
  clone(): Tensor<S>;
}
