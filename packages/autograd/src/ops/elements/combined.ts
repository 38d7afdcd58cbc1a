/** @file Named combinations of a few element-wise operations. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError } from '../../errors.js';
import { isFloat, toFloat } from '../../graph/dtype.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { logaddexp2Form } from '../../kernels/elements/logarithmic.js';
import {
  binary,
  composite,
  operand,
  resultType,
  type BinaryOp,
  type BroadcastingMethod,
  type Operand,
  type SameShape,
} from '../build/define.js';
import { add, castNode, choose } from '../build/element.js';
import { div, mul, neg, reciprocal } from '../build/fieldOperations.js';
import { eq, ge } from '../build/relations.js';
import { detach } from '../build/detach.js';
import { exactDifference } from './compensated.js';
import { exp2 } from './exponential.js';
import { clamp, type ClampOptions } from './arithmetic.js';

/** The factor of the product or quotient. */
export interface ScaleOptions {
  /** Default 1. */
  readonly value?: number;
}

const scaleOptions = defineOptions<ScaleOptions>({ value: kinds.number });

/**
 * `x + value · t1 · t2`, broadcast. PyTorch: `torch.addcmul`.
 * @example addcmul(tensor([1]), tensor([2]), tensor([3]), { value: 0.5 }) // [4]
 */
export const addcmul = composite(
  'addcmul',
  (x: Operand, t1: Operand, t2: Operand, options?: ScaleOptions): Tensor =>
    add(x, scaled(mul(t1, t2), scaleOptions('addcmul', options).value)),
);

/**
 * `x + value · t1 / t2`, broadcast. PyTorch: `torch.addcdiv`.
 * @throws {DTypeError} if neither `t1` nor `t2` is a float.
 * @example addcdiv(tensor([1]), tensor([6]), tensor([3]), { value: 0.5 }) // [2]
 */
export const addcdiv = composite(
  'addcdiv',
  (x: Operand, t1: Operand, t2: Operand, options?: ScaleOptions): Tensor => {
    const { value } = scaleOptions('addcdiv', options);
    if (!isFloat(resultType(t1, t2))) {
      throw new DTypeError(
        `addcdiv: the quotient of integers is not defined here; cast one: t1.cast('float32')`,
      );
    }
    return add(x, scaled(div(t1, t2), value));
  },
);

function scaled(x: Tensor, value = 1): Tensor {
  return value === 1 ? x : mul(x, value);
}

/**
 * Degrees to radians, `x · π / 180`; integers become float32. PyTorch: `torch.deg2rad`.
 * @example deg2rad(tensor([180])) // [3.1416]
 */
export const deg2rad = composite('deg2rad', (x: Operand): Tensor =>
  times('deg2rad', x, Math.PI / 180),
) as SameShape;

/**
 * Radians to degrees, `x · 180 / π`; integers become float32. PyTorch: `torch.rad2deg`.
 * @example rad2deg(tensor([Math.PI / 2])) // [90]
 */
export const rad2deg = composite('rad2deg', (x: Operand): Tensor =>
  times('rad2deg', x, 180 / Math.PI),
) as SameShape;

function times(op: string, x: Operand, factor: number): Tensor {
  const node = operand(op, x);
  return mul(castNode(node, toFloat(node.dtype)), factor);
}

/**
 * `log₂(2ˣ + 2ʸ)`, without overflow; the larger of the two if one is −Inf. Where both are, the derivatives are 0.
 * PyTorch: `torch.logaddexp2`.
 * @example logaddexp2(tensor([2000]), 2000) // [2001]
 */
export const logaddexp2: BinaryOp = binary('logaddexp2', {
  vector: logaddexp2Form,
  reference: (x, y) => {
    if (x === y) return Number.isFinite(x) ? x + 1 : x;
    return Math.max(x, y) + Math.log1p(2 ** -Math.abs(x - y)) / Math.LN2;
  },
  dx: (x, y, sum) => shareOf(x, y, sum),
  dy: (x, y, sum) => shareOf(y, x, sum),
  domain: 'float',
});

/** `1 / (1 + 2^(y − x))`, by a power that is at most 1, corrected for the rounding of the difference; 0 of a sum of nothing. */
function shareOf(x: Tensor, y: Tensor, sum: Tensor): Tensor {
  const { difference, rest } = exactDifference(x, y);
  const larger = ge(detach(difference), 0);
  const [below, missing] = [neg(difference), neg(rest)];
  const power = mul(
    exp2(choose(larger, below, difference)),
    add(mul(choose(larger, missing, rest), Math.LN2), 1),
  );
  const inverse = reciprocal(add(power, 1));
  return choose(eq(sum, -Infinity), 0, choose(larger, inverse, mul(power, inverse)));
}

/**
 * The larger of `x` and `min`: `clamp` with a lower bound. PyTorch: `torch.clamp_min`.
 * @example clampMin(tensor([-2, 3]), 0) // [0, 3]
 */
export const clampMin = composite('clampMin', (x: Operand, min: Operand): Tensor =>
  clamp(x, { min }),
);

/**
 * The smaller of `x` and `max`: `clamp` with an upper bound. PyTorch: `torch.clamp_max`.
 * @example clampMax(tensor([-2, 3]), 0) // [-2, 0]
 */
export const clampMax = composite('clampMax', (x: Operand, max: Operand): Tensor =>
  clamp(x, { max }),
);

/**
 * The same as `clamp`. PyTorch: `torch.clip`.
 * @example clip(tensor([-2, 0.5, 3]), 0, 1) // [0, 0.5, 1]
 */
export const clip = composite(
  'clip',
  (x: Operand, min?: Operand | ClampOptions | null, max?: Operand | null): Tensor =>
    clamp(x, min, max),
);

/** The methods of this family. */
export interface CombinedMethods<S extends Shape = Shape> {
  addcmul(t1: Operand, t2: Operand, options?: ScaleOptions): Tensor;
  addcdiv(t1: Operand, t2: Operand, options?: ScaleOptions): Tensor;
  deg2rad(): Tensor<S>;
  rad2deg(): Tensor<S>;
  logaddexp2: BroadcastingMethod;
  clampMin(min: Operand): Tensor;
  clampMax(max: Operand): Tensor;
  clip(min?: Operand | ClampOptions | null, max?: Operand | null): Tensor;
}
