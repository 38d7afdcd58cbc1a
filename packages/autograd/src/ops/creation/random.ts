/** @file Random tensors. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { isFloat, toFloat, type DType } from '../../graph/dtype.js';
import { checkInteger, checkShape, sameShape, show, type Shape } from '../../graph/shape.js';
import { placement } from '../../graph/device.js';
import { mode } from '../../graph/mode.js';
import { valueOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { add, mul } from '../elements/arithmetic.js';
import { withinBounds } from '../build/between.js';
import { argsortOf } from '../indexing/argsort.js';
import { expandNode } from '../build/broadcast.js';
import { castNode } from '../build/element.js';
import { creationOptions, finish, type CreationOptions } from '../build/leaves.js';
import { drawNormal, drawUniform } from './generator.js';
import { operand, type Operand } from '../build/define.js';
import { constant } from '../../graph/version.js';
import { lt } from '../build/relations.js';
import { floor } from '../build/wholeNumbers.js';
import type { Literal } from '../../types/index.js';

export { getRngState, manualSeed, setRngState, type RngState } from './generator.js';

/**
 * Uniform numbers in [0, 1): 24 random bits each in float32, 53 in float64. PyTorch: `torch.rand`; the numbers
 * differ from PyTorch's, but are the same on every backend.
 * @example rand([1000]).mean() // about 0.5
 */
export function rand<const S extends Shape>(shape: S, given?: CreationOptions): Tensor<Literal<S>> {
  const options = creationOptions('rand', given);
  return finish(
    'rand',
    drawUniform(checkShape('rand', shape), floatType('rand', options.dtype)),
    options,
  ) as Tensor<Literal<S>>;
}

/**
 * Normal numbers with mean 0 and variance 1. PyTorch: `torch.randn`.
 * @example randn([1000]).std() // about 1
 */
export function randn<const S extends Shape>(
  shape: S,
  given?: CreationOptions,
): Tensor<Literal<S>> {
  const options = creationOptions('randn', given);
  return finish(
    'randn',
    drawNormal(checkShape('randn', shape), floatType('randn', options.dtype)),
    options,
  ) as Tensor<Literal<S>>;
}

function floatType(op: string, dtype: DType = 'float32'): DType {
  if (!isFloat(dtype))
    throw new DTypeError(
      `${op}: random numbers are floats, not ${dtype}; see randint and bernoulli`,
    );
  return dtype;
}

/**
 * Like `rand`, in the shape and dtype of `x`.
 * @example randLike(zeros([2, 3])).shape // [2, 3]
 */
export function randLike<S extends Shape>(x: Tensor<S>, options?: CreationOptions): Tensor<S> {
  const { sizes: shape, dtype } = operand('randLike', x);
  const drawn: Tensor = rand(shape, { dtype, ...creationOptions('randLike', options) });
  return drawn as Tensor<S>;
}

/**
 * Like `randn`, in the shape and dtype of `x`.
 * @example randnLike(zeros([2, 3])).shape // [2, 3]
 */
export function randnLike<S extends Shape>(x: Tensor<S>, options?: CreationOptions): Tensor<S> {
  const { sizes: shape, dtype } = operand('randnLike', x);
  const drawn: Tensor = randn(shape, { dtype, ...creationOptions('randnLike', options) });
  return drawn as Tensor<S>;
}

/**
 * Uniform whole numbers from `low` (included) to `high` (excluded); int32 by default. PyTorch: `torch.randint`.
 * @throws {ChainruleError} unless low < high.
 * @example randint(0, 2, [1000]).sum() // about 500
 */
export function randint<const S extends Shape>(
  low: number,
  high: number,
  shape: S,
  given?: CreationOptions,
): Tensor<Literal<S>> {
  const options = creationOptions('randint', given);
  checkInteger('randint', 'low', low);
  checkInteger('randint', 'high', high);
  if (high <= low)
    throw new ChainruleError(`randint: there is no whole number in [${low}, ${high})`);
  if (low < -(2 ** 31) || high > 2 ** 31)
    throw new ChainruleError(`randint: [${low}, ${high}) exceeds int32`);
  const checked = checkShape('randint', shape);
  // A number of 53 bits below 1, times the width, never rounds up to the width.
  const scaled = mul(drawDoubles(checked, options), constant(high - low, 'float64'));
  const whole = castNode(add(floor(scaled), constant(low, 'float64')), options.dtype ?? 'int32');
  return finish('randint', fromHost('randint', whole), options) as Tensor<Literal<S>>;
}

/**
 * The numbers 0 to n − 1 in random order, int32. PyTorch: `torch.randperm`.
 * @example randperm(4).sort().values // [0, 1, 2, 3]
 */
export function randperm<N extends number>(n: N, given?: CreationOptions): Tensor<[N]> {
  const options = creationOptions('randperm', given);
  checkArgument('randperm', 'n', n, kinds.size);
  const order = argsortOf([drawDoubles([n], options)], { dim: 0, descending: false });
  const whole = castNode(order, options.dtype ?? 'int32');
  return finish('randperm', fromHost('randperm', whole), options) as Tensor<[N]>;
}

/** Uniform doubles; drawn on the host for a device that has no float64. */
function drawDoubles(shape: Shape, { device = placement.chosen }: CreationOptions): Tensor {
  const drawn = drawUniform(shape, 'float64');
  if (device !== 'cpu' && mode.tracing === null) drawn.home = 'cpu';
  return drawn;
}

/** A draw made on the host for another device, as a leaf that is moved there. */
function fromHost(op: string, t: Tensor): Tensor {
  return t.home === 'cpu' ? makeLeaf(valueOf(t, op), t.sizes, t.dtype) : t;
}

/** Options of `bernoulli`. */
export interface BernoulliOptions extends CreationOptions {
  /** The shape of the result, if `p` is a number. Default `[]`. */
  readonly shape?: Shape;
}

const bernoulliOptions = defineOptions<BernoulliOptions>({
  ...creationOptions.table,
  shape: kinds.anything,
});

/**
 * 1 with probability `p`, otherwise 0. A tensor of probabilities gives a result of its shape and dtype. No gradient flows to
 * `p`. PyTorch: `torch.bernoulli`.
 * @throws {ChainruleError} for a probability outside [0, 1], when evaluated at the latest.
 * @example bernoulli(0.5, { shape: [3] }).shape // [3]
 */
export function bernoulli(p: Operand, options?: BernoulliOptions): Tensor {
  const read = bernoulliOptions('bernoulli', options);
  if (typeof p === 'number' && !(p >= 0 && p <= 1)) {
    throw new ChainruleError(`bernoulli: a probability must be from 0 to 1, got ${p}`);
  }
  const given = operand('bernoulli', p);
  const node = withinBounds(given, 0, 1, 'bernoulli: a probability');
  const dtype = read.dtype ?? toFloat(node.dtype);
  const shape = read.shape === undefined ? node.sizes : checkShape('bernoulli', read.shape);
  if (node.ndim > 0 && !sameShape(shape, node.sizes)) {
    throw new ShapeError(
      `bernoulli: the probabilities have shape ${show(node.sizes)}, the option shape is ${show(shape)}; they must be equal`,
    );
  }
  const uniform = drawUniform(shape, node.dtype === 'float64' ? 'float64' : 'float32');
  return finish('bernoulli', castNode(lt(uniform, expandNode(node, shape)), dtype), read);
}
