/** @file Random draws from distributions, all from the same seeded stream. No gradient flows to their parameters. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { isFloat, toFloat, type DType } from '../../graph/dtype.js';
import { broadcastShapes, checkInteger, checkShape, show, type Shape } from '../../graph/shape.js';
import { hostValue } from '../../graph/hostValue.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode } from '../build/broadcast.js';
import { floatOperand, operand, resultType, type Operand } from '../build/define.js';
import { add, castNode } from '../build/element.js';
import { div, mul, neg } from '../build/fieldOperations.js';
import { creationOptions, finish, type CreationOptions } from '../build/leaves.js';
import { minimum } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { log1p } from '../elements/exponential.js';
import { argsortOf } from '../indexing/argsort.js';
import { searchPositions } from '../indexing/search.js';
import { cumsumOf } from '../reductions/recurrence.js';
import { narrowNode } from '../shape/movement.js';
import { drawNormal, drawUniform } from './generator.js';
import { randint } from './random.js';

/** Options of `multinomial`. */
export interface MultinomialOptions {
  /** Whether a category can be drawn again. Default false. */
  readonly replacement?: boolean;
}

const multinomialOptions = defineOptions<MultinomialOptions>({ replacement: kinds.flag });

/**
 * Draws `n` categories with weights `[categories]` or `[rows, categories]`, which need not add up to 1: int32 `[…, n]`.
 * PyTorch: `torch.multinomial`.
 * @throws {ChainruleError} for weights that are negative, not finite or all 0, or without replacement fewer than n
 * positive ones.
 * @example multinomial(tensor([1, 1, 2]), 5, { replacement: true })
 */
export function multinomial(weights: Tensor, n: number, options?: MultinomialOptions): Tensor {
  const { replacement = false } = multinomialOptions('multinomial', options);
  const p = detach(floatOperand('multinomial', weights));
  checkInteger('multinomial', 'n', n, 1);
  if (p.ndim < 1 || p.ndim > 2 || p.sizes.at(-1) === 0)
    throw new ShapeError(
      `multinomial: expected weights [categories] or [rows, categories], got shape ${show(p.sizes)}`,
    );
  const categories = p.sizes.at(-1) as number;
  const known = hostValue(weights.current);
  if (known !== null) checkWeights(known, categories, replacement ? 1 : n);
  if (!replacement && n > categories)
    throw new ChainruleError(
      `multinomial: cannot draw ${n} different categories out of ${categories}; pass { replacement: true }`,
    );
  const last = p.ndim - 1;
  if (!replacement) {
    // The first to arrive of processes with these rates (P. S. Efraimidis and P. G. Spirakis, 2006).
    const arrival = div(exponentialDraw(p.sizes, p.dtype), p);
    return narrowNode(
      argsortOf([arrival], { dim: last, descending: false, leading: n }),
      last,
      0,
      n,
    );
  }
  const wide = p.home === 'webgpu' ? 'float32' : 'float64';
  const sums = cumsumOf([castNode(p, wide)], { dim: last, reverse: false });
  const total = narrowNode(sums, last, categories - 1, 1);
  const lead = p.sizes.slice(0, -1);
  const at = mul(drawUniform([...lead, n], wide), expandNode(total, [...lead, n]));
  return minimum(searchPositions([sums, at], { right: true }), categories - 1);
}

function checkWeights(data: ArrayLike<number>, categories: number, n: number): void {
  let positive = 0;
  for (let i = 0; i < data.length; i++) {
    const w = data[i]!;
    if (!(w >= 0 && w < Infinity))
      throw new ChainruleError(
        `multinomial: weights must be finite numbers ≥ 0, got ${w} at position ${i}`,
      );
    if (w > 0) positive++;
    if ((i + 1) % categories !== 0) continue;
    if (positive < n)
      throw new ChainruleError(
        `multinomial: cannot draw ${n} different categories: only ${positive} of ${categories} weights are above 0`,
      );
    positive = 0;
  }
}

function exponentialDraw(shape: Shape, dtype: DType): Tensor {
  return neg(log1p(neg(drawUniform(shape, dtype))));
}

/** Options of `normal`, `exponential` and the like. */
export interface DrawOptions extends CreationOptions {
  /** The shape of the result, if all parameters are numbers. Default `[]`. */
  readonly shape?: Shape;
}

const drawOptions = defineOptions<DrawOptions>({
  shape: kinds.listOf(kinds.size),
  dtype: kinds.dtype,
  requiresGrad: kinds.flag,
  device: kinds.text,
});

/** Parameters as tensors of one dtype, and the shape of what is drawn with them. */
function parameters(
  op: string,
  given: readonly Operand[],
  { shape, dtype }: DrawOptions,
): { nodes: Tensor[]; shape: Shape; dtype: DType } {
  const type = dtype ?? toFloat(resultType(...given, 0.5));
  if (!isFloat(type)) throw new DTypeError(`${op}: random numbers are floats, not ${type}`);
  const nodes = given.map((x) => castNode(detach(operand(op, x, type)), type));
  const common = nodes.map((x) => x.sizes).reduce((s, t) => broadcastShapes(op, s, t));
  if (shape === undefined) return { nodes, shape: common, dtype: type };
  const wanted = checkShape(op, shape);
  if (show(broadcastShapes(op, common, wanted)) !== show(wanted))
    throw new ShapeError(
      `${op}: the parameters have shape ${show(common)}, the option shape is ${show(wanted)}; they must be equal`,
    );
  return { nodes, shape: wanted, dtype: type };
}

function checkPositive(
  op: string,
  name: string,
  x: Operand,
  least: string,
  ok: (v: number) => boolean,
): void {
  checkArgument(op, name, x, kinds.operand);
  const values: ArrayLike<number> | null =
    typeof x === 'object' ? hostValue(x.current) : [Number(x)];
  for (let i = 0; values !== null && i < values.length; i++) {
    if (!ok(values[i]!))
      throw new ChainruleError(
        `${op}: ${name} must be a number ${least}, got ${values[i]!}${values.length > 1 ? ` at position ${i}` : ''}`,
      );
  }
}

/**
 * Normal numbers with the given mean and standard deviation, numbers or tensors that broadcast. PyTorch:
 * `torch.normal`.
 * @throws {ChainruleError} for a negative deviation.
 * @example normal(0, 2, { shape: [3] })
 */
export function normal(mean: Operand, std: Operand, options?: DrawOptions): Tensor {
  const given = drawOptions('normal', options);
  checkPositive('normal', 'std', std, '≥ 0', (v) => v >= 0);
  const { nodes, shape, dtype } = parameters('normal', [mean, std], given);
  const [m, s] = nodes as [Tensor, Tensor];
  return finish('normal', add(m, mul(drawNormal(shape, dtype), s)), given);
}

/**
 * Exponential numbers, with density `rate · e^(−rate · x)` for a number or a tensor of rates. PyTorch:
 * `Tensor.exponential_`.
 * @throws {ChainruleError} for a rate that is not positive.
 * @example exponential(2, { shape: [3] })
 */
export function exponential(rate: Operand, options?: DrawOptions): Tensor {
  const given = drawOptions('exponential', options);
  checkPositive('exponential', 'rate', rate, '> 0', (v) => v > 0);
  const { nodes, shape, dtype } = parameters('exponential', [rate], given);
  return finish('exponential', div(exponentialDraw(shape, dtype), nodes[0] as Tensor), given);
}

/** As `randint`, in the shape and dtype of `x`. PyTorch: `torch.randint_like`. */
export function randintLike(
  x: Tensor,
  low: number,
  high: number,
  options?: CreationOptions,
): Tensor {
  const given = creationOptions('randintLike', options);
  const { sizes, dtype } = operand('randintLike', x);
  return randint(low, high, sizes, { dtype, ...given });
}
