/**
 * @file Activations: `relu` and its relatives, element by element, for float tensors of any shape; others are a
 * DTypeError.
 *
 * They are written with few primitives, which fuse into one loop. Derivatives at kinks are PyTorch's; each docstring
 * gives them.
 */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { normalizeDim, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { abs, sign } from './arithmetic.js';
import { reshapeNode } from '../build/broadcast.js';
import {
  composite,
  floatOperand,
  unary,
  type Operand,
  type SameShape,
  type UnaryOp,
} from '../build/define.js';
import { detach } from '../build/detach.js';
import { add, choose } from '../build/element.js';
import { normalCdf } from './gaussian.js';
import { exp, expm1 } from './exponential.js';
import { div, mul, neg, reciprocal, square, sub } from '../build/fieldOperations.js';
import { sigmoidOf, softplusOf } from './logistic.js';
import { narrowNode } from '../shape/movement.js';
import { eq, ge, gt, le, logicalAnd, lt } from '../build/relations.js';

/**
 * `max(x, 0)`; NaN stays NaN, integers stay integers. The derivative at 0 is 0. PyTorch: `nn.functional.relu`.
 * @example relu(tensor([-1, 2])) // [0, 2]
 */
export const relu: UnaryOp = unary('relu', {
  reference: (x) => (x < 0 ? 0 : x),
  // For NaN, `y <= 0` is false, so its gradient passes, as in PyTorch.
  derivative: (_x, y) => (t) => choose(le(y, 0), 0, t),
  domain: 'number',
});

const leakyReluOptions = defineOptions<{ readonly negativeSlope?: number }>({
  negativeSlope: kinds.finite,
});

/**
 * `x` above 0, `negativeSlope · x` below (default 0.01); the derivative at 0 is the slope. PyTorch: `leaky_relu`.
 * @example leakyRelu(tensor([-1, 2]), { negativeSlope: 0.1 }) // [-0.1, 2]
 */
export const leakyRelu = composite(
  'leakyRelu',
  (x: Operand, options?: { readonly negativeSlope?: number }): Tensor => {
    const { negativeSlope = 0.01 } = leakyReluOptions('leakyRelu', options);
    const node = floatOperand('leakyRelu', x);
    return choose(gt(node, 0), node, mul(node, negativeSlope));
  },
) as SameShape<[options?: { readonly negativeSlope?: number }]>;

/** Options of `elu` and `celu`. */
export interface EluOptions {
  /** The limit on the left is −alpha. Default 1. */
  readonly alpha?: number;
}

const eluOptions = defineOptions<EluOptions>({ alpha: kinds.finite });

/**
 * `x` above 0, `alpha · (eˣ − 1)` below; at 0 the derivative is alpha and the second 0. PyTorch: `nn.functional.elu`.
 * @example elu(tensor([-1, 2])) // [-0.6321, 2]
 */
export const elu = composite('elu', (x: Operand, options?: EluOptions): Tensor => {
  const { alpha = 1 } = eluOptions('elu', options);
  const node = floatOperand('elu', x);
  if (alpha === 1) return expm1Below(node);
  return choose(gt(node, 0), node, mul(expm1Below(node), alpha));
}) as SameShape<[options?: EluOptions]>;

/** `eˣ − 1` below 0, and x from 0 on. At 0 its derivatives are those of x: PyTorch's second derivatives there are 0. */
function expm1Below(x: Tensor): Tensor {
  return choose(ge(x, 0), x, expm1(x));
}

const SELU_SCALE = 1.0507009873554804934193349852946;
/** SELU_SCALE times alpha, 1.6732632423543773; the product of the rounded numbers is an adjacent double. */
const SELU_SLOPE = 1.7580993408473768599402175208123;

/**
 * `elu` scaled to keep mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515); the second derivative at 0 is
 * 0.
 * PyTorch: `nn.functional.selu`.
 * @example selu(tensor([-1, 2])) // [-1.1113, 2.1014]
 */
export const selu = composite('selu', (x: Operand): Tensor => {
  const node = floatOperand('selu', x);
  const slope = choose(gt(node, 0), SELU_SCALE, constant(SELU_SLOPE, node.dtype));
  return mul(expm1Below(node), slope);
}) as SameShape;

/**
 * `x` above 0, `alpha · (e^(x/alpha) − 1)` below: smooth at 0 for every alpha ≠ 0, where the second derivative is 0.
 * PyTorch: `nn.functional.celu`.
 * @example celu(tensor([-1, 2]), { alpha: 2 }) // [-0.7869, 2]
 */
export const celu = composite('celu', (x: Operand, options?: EluOptions): Tensor => {
  const { alpha = 1 } = eluOptions('celu', options);
  if (alpha === 0) throw new ChainruleError('celu: alpha must not be 0');
  const node = floatOperand('celu', x);
  return choose(ge(node, 0), node, mul(expm1(div(node, alpha)), alpha));
}) as SameShape<[options?: EluOptions]>;

/** Options of `gelu`. */
export interface GeluOptions {
  /** `'tanh'` for the approximation with tanh, `'none'` (the default) for the exact function. */
  readonly approximate?: 'none' | 'tanh';
}

const geluOptions = defineOptions<GeluOptions>({ approximate: kinds.oneOf('none', 'tanh') });

/**
 * `x · Φ(x)`, with Φ the normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415), or with `{
 * approximate: 'tanh' }` `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`. Both are accurate in the left tail, where
 * PyTorch is not; NaN at −Inf, as there, and Inf at Inf, where PyTorch's float32 gives NaN on some machines. PyTorch:
 * `nn.functional.gelu`.
 * @example gelu(tensor([-1, 2])) // [-0.1587, 1.9545]
 */
export const gelu = composite('gelu', (x: Operand, options?: GeluOptions): Tensor => {
  const { approximate = 'none' } = geluOptions('gelu', options);
  const node = floatOperand('gelu', x);
  if (approximate === 'none') return mul(node, normalCdf(node));
  // (1 + tanh u) / 2 is sigmoid(2u), which does not cancel.
  const c = 2 * Math.sqrt(2 / Math.PI);
  return mul(node, sigmoidOf(mul(node, add(mul(mul(node, node), c * 0.044715), c))));
}) as SameShape<[options?: GeluOptions]>;

/**
 * `x · sigmoid(x)`, also known as swish. NaN at −Inf, as in PyTorch: `nn.functional.silu`.
 * @example silu(tensor([-1, 2])) // [-0.2689, 1.7616]
 */
export const silu = composite('silu', (x: Operand): Tensor => {
  const node = floatOperand('silu', x);
  // Far right as x − x σ(−x): otherwise intermediate values of its second derivative would be below the range of normal
  // numbers.
  const right = logicalAnd(gt(node, 86), lt(node, 1024));
  const { factor, moved } = outOfTail(choose(right, neg(node), node));
  return add(mul(factor, sigmoidOf(moved)), choose(right, node, 0));
}) as SameShape;

/**
 * `x · tanh(softplus(x))` (Misra 2019, arXiv:1908.08681). NaN at −Inf, as in PyTorch: `nn.functional.mish`.
 * @example mish(tensor([-1, 2])) // [-0.3034, 1.9440]
 */
export const mish = composite('mish', (x: Operand): Tensor => {
  const node = floatOperand('mish', x);
  const { factor, moved } = outOfTail(node);
  // tanh(ln(1 + eˣ)) as a function of eˣ or e⁻ˣ: neither form overflows or cancels, and each is accurate on its own side.
  const left = lt(node, -0.25);
  const e = exp(choose(left, moved, neg(node)));
  const twice = mul(e, 2);
  const e2 = square(e);
  const low = mul(factor, e);
  const onLeft = sub(low, mul(low, div(add(e2, e), add(add(e2, twice), 2))));
  const onRight = div(node, add(div(mul(e2, 2), add(twice, 1)), 1));
  return choose(left, onLeft, onRight);
}) as SameShape;

/**
 * Splits a product `x · f(x)` whose f approaches `eˣ` far left into `factor · f(moved)`. There, f alone would leave the range
 * of normal numbers and lose digits that the product can represent; so 14 is added to x, which is exact, and `e⁻¹⁴` goes into
 * the factor.
 */
function outOfTail(x: Tensor): { factor: Tensor; moved: Tensor } {
  const deep = lt(x, -86);
  return {
    factor: choose(deep, mul(x, 8.315287191035679e-7), x),
    moved: choose(deep, add(x, 14), x),
  };
}

/** The bounds of `hardtanh`. */
export interface HardtanhOptions {
  /** The lower bound. Default −1. */
  readonly minVal?: number;
  /** The upper bound. Default 1. */
  readonly maxVal?: number;
}

const hardtanhOptions = defineOptions<HardtanhOptions>({ minVal: kinds.real, maxVal: kinds.real });

/**
 * `x` clamped to [minVal, maxVal]; the derivative at the bounds is 0, unlike that of `clamp`. PyTorch: `hardtanh`.
 * @example hardtanh(tensor([-3, 0.5, 3])) // [-1, 0.5, 1]
 */
export const hardtanh = composite('hardtanh', (x: Operand, options?: HardtanhOptions): Tensor => {
  const { minVal = -1, maxVal = 1 } = hardtanhOptions('hardtanh', options);
  if (minVal > maxVal)
    throw new ChainruleError(`hardtanh: minVal ${minVal} must not be above maxVal ${maxVal}`);
  return between(floatOperand('hardtanh', x), minVal, maxVal);
}) as SameShape<[options?: HardtanhOptions]>;

/**
 * `min(max(x, 0), 6)`; the derivative at 0 and 6 is 0. PyTorch: `nn.functional.relu6`.
 * @example relu6(tensor([-1, 3, 8])) // [0, 3, 6]
 */
export const relu6 = composite('relu6', (x: Operand): Tensor =>
  between(floatOperand('relu6', x), 0, 6),
) as SameShape;

/**
 * `relu6(x + 3) / 6`: 0 up to −3, 1 from 3 on; the derivative there is 0. PyTorch: `nn.functional.hardsigmoid`.
 * @example hardsigmoid(tensor([-4, 0, 1])) // [0, 0.5, 0.6667]
 */
export const hardsigmoid = composite('hardsigmoid', (x: Operand): Tensor =>
  div(between(add(floatOperand('hardsigmoid', x), 3), 0, 6), 6),
) as SameShape;

/**
 * `x · relu6(x + 3) / 6`. The derivative is 0 at −3 and 1 at 3. PyTorch: `nn.functional.hardswish`.
 * @example hardswish(tensor([-4, 1, 4])) // [0, 0.6667, 4]
 */
export const hardswish = composite('hardswish', (x: Operand): Tensor => {
  const node = floatOperand('hardswish', x);
  return mul(node, div(between(add(node, 3), 0, 6), 6));
}) as SameShape;

/** `x` clamped to the bounds; on the bounds the derivative is 0. */
function between(x: Tensor, low: number, high: number): Tensor {
  return choose(le(x, low), low, choose(ge(x, high), high, x));
}

/**
 * `x / (1 + |x|)`; NaN at ±Inf. PyTorch: `nn.functional.softsign`.
 * @example softsign(tensor([-1, 3])) // [-0.5, 0.75]
 */
export const softsign = composite('softsign', (x: Operand): Tensor => {
  const node = floatOperand('softsign', x);
  const magnitude = abs(node);
  const d = add(magnitude, 1);
  // For |x| > 1 as a difference, whose derivative does not cancel.
  const far = logicalAnd(gt(magnitude, 1), lt(magnitude, Infinity));
  return choose(far, mul(sign(node), sub(1, reciprocal(d))), div(node, d));
}) as SameShape;

const softshrinkOptions = defineOptions<{ readonly lambd?: number }>({ lambd: kinds.nonNegative });

/**
 * `x` moved towards 0 by `lambd` (default 0.5), 0 where `|x| ≤ lambd`; the derivative at ±lambd is 0. PyTorch:
 * `softshrink`.
 * @example softshrink(tensor([-1, 0.2, 2])) // [-0.5, 0, 1.5]
 */
export const softshrink = composite(
  'softshrink',
  (x: Operand, options?: { readonly lambd?: number }): Tensor => {
    const { lambd = 0.5 } = softshrinkOptions('softshrink', options);
    const node = floatOperand('softshrink', x);
    // In the middle 0 · x rather than 0, so that NaN stays NaN.
    return choose(
      gt(node, lambd),
      add(node, -lambd),
      choose(lt(node, -lambd), add(node, lambd), mul(node, 0)),
    );
  },
) as SameShape<[options?: { readonly lambd?: number }]>;

/**
 * `ln(sigmoid(x))`, without overflow: −softplus(−x). PyTorch: `nn.functional.logsigmoid`.
 * @example logSigmoid(tensor([-1000, 0])) // [-1000, -0.6931]
 */
export const logSigmoid = composite('logSigmoid', (x: Operand): Tensor =>
  neg(softplusOf(neg(floatOperand('logSigmoid', x)))),
) as SameShape;

/**
 * `x` above 0, `weight · x` elsewhere: `leakyRelu` with a learned slope, one for all or one for each channel
 * (dimension 1 of x). The derivative at 0 is the weight, and that is a constant there. PyTorch: `nn.functional.prelu`.
 * @throws {ShapeError} unless `weight` has one element, or one for each channel.
 * @example prelu(tensor([-2, 3]), tensor([0.25])) // [-0.5, 3]
 */
export const prelu = composite('prelu', (x: Operand, weight: Operand): Tensor => {
  const node = floatOperand('prelu', x);
  const w = floatOperand('prelu', weight);
  const channels = node.ndim > 1 ? (node.sizes[1] as number) : 1;
  if (w.ndim > 1 || (w.size !== 1 && w.size !== channels)) {
    throw new ShapeError(
      `prelu: weight has shape ${show(w.sizes)}; x of shape ${show(node.sizes)} takes one slope` +
        (node.ndim > 1 ? `, or one for each of its ${channels} channels (dimension 1)` : ''),
    );
  }
  const aligned = new Array<number>(node.ndim).fill(1);
  if (node.ndim > 1) aligned[1] = w.size;
  const slope = reshapeNode(w, aligned);
  return choose(gt(node, 0), node, mul(choose(eq(node, 0), detach(slope), slope), node));
}) as SameShape<[weight: Operand]>;

const gluOptions = byPosition(defineOptions<{ readonly dim?: number }>({ dim: kinds.dim }), 'dim');

/**
 * `a · sigmoid(b)`, with a and b the first and second half of x along `dim`, by default the last dimension (Dauphin
 * et al. 2017, arXiv:1612.08083): `[…, 2n, …] → […, n, …]`. PyTorch: `nn.functional.glu`.
 * @throws {ShapeError} if x has no dimensions or its size along `dim` is odd.
 * @example glu(tensor([3, 5, 0, 0])) // [1.5, 2.5]
 */
export const glu = composite(
  'glu',
  (
    x: Operand,
    given?: number | { readonly dim?: number },
    options?: { readonly dim?: number },
  ): Tensor => {
    const { dim = -1 } = gluOptions('glu', given, options);
    const node = floatOperand('glu', x);
    if (node.ndim === 0)
      throw new ShapeError('glu: x must have a dimension to halve, got a single number');
    const d = normalizeDim('glu', dim, node.ndim);
    const size = node.sizes[d] as number;
    if (size % 2 !== 0) {
      throw new ShapeError(
        `glu: dimension ${d} of x is halved, so its size must be even, got ${size} in ${show(node.sizes)}`,
      );
    }
    return mul(
      narrowNode(node, d, 0, size / 2),
      sigmoidOf(narrowNode(node, d, size / 2, size / 2)),
    );
  },
);

/** The methods of this family. */
export interface ActivationsMethods<S extends Shape = Shape> {
  relu(): Tensor<S>;
  leakyRelu(options?: { readonly negativeSlope?: number }): Tensor<S>;
  elu(options?: EluOptions): Tensor<S>;
  selu(): Tensor<S>;
  celu(options?: EluOptions): Tensor<S>;
  gelu(options?: GeluOptions): Tensor<S>;
  silu(): Tensor<S>;
  mish(): Tensor<S>;
  hardtanh(options?: HardtanhOptions): Tensor<S>;
  relu6(): Tensor<S>;
  hardsigmoid(): Tensor<S>;
  hardswish(): Tensor<S>;
  softsign(): Tensor<S>;
  softshrink(options?: { readonly lambd?: number }): Tensor<S>;
  logSigmoid(): Tensor<S>;
  prelu(weight: Operand): Tensor<S>;
  glu(dim?: number | { readonly dim?: number }): Tensor;
}
