/** @file Random draws from distributions, all from the same seeded stream. No gradient flows to their parameters. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import type { DType } from '../../graph/dtype.js';
import { checkInteger, show, type Shape } from '../../graph/shape.js';
import { greatest, least } from '../build/interval.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, sumOver } from '../build/broadcast.js';
import { floatOperand, operand, type Operand } from '../build/define.js';
import { add, castNode } from '../build/element.js';
import { withinBounds } from '../build/between.js';
import { div, mul, neg } from '../build/fieldOperations.js';
import { ge, gt } from '../build/relations.js';
import { creationOptions, finish, type CreationOptions } from '../build/leaves.js';
import { minimum } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { log1p } from '../elements/exponential.js';
import { argsortOf } from '../indexing/argsort.js';
import { searchPositions } from '../indexing/search.js';
import { cumsumOf } from '../reductions/recurrence.js';
import { narrowNode } from '../shape/movement.js';
import { drawNormal, drawUniform } from './generator.js';
import { parameters } from './parameters.js';
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
 * positive ones, when evaluated at the latest.
 * @example multinomial(tensor([0, 1, 0]), 3, { replacement: true }) // [1, 1, 1]
 */
export function multinomial(weights: Tensor, n: number, options?: MultinomialOptions): Tensor {
  const { replacement = false } = multinomialOptions('multinomial', options);
  const given = floatOperand('multinomial', weights);
  const p = detach(withinBounds(given, 0, greatest(given.dtype), 'multinomial: a weight'));
  checkInteger('multinomial', 'n', n, 1);
  if (p.ndim < 1 || p.ndim > 2 || p.sizes.at(-1) === 0)
    throw new ShapeError(
      `multinomial: expected weights [categories] or [rows, categories], got shape ${show(p.sizes)}`,
    );
  const categories = p.sizes.at(-1) as number;
  if (!replacement && n > categories)
    throw new ChainruleError(
      `multinomial: cannot draw ${n} different categories out of ${categories}; pass { replacement: true }`,
    );
  const last = p.ndim - 1;
  if (!replacement) {
    // The first events of processes with these rates (P. S. Efraimidis and P. G. Spirakis, 2006).
    const arrival = div(exponentialDraw(p.sizes, p.dtype), enough(p, n));
    return narrowNode(
      argsortOf([arrival], { dim: last, descending: false, leading: n }),
      last,
      0,
      n,
    );
  }
  const wide = p.home === 'webgpu' ? 'float32' : 'float64';
  const sums = cumsumOf([castNode(p, wide)], { dim: last, reverse: false });
  const total = withinBounds(
    narrowNode(sums, last, categories - 1, 1),
    least(wide),
    greatest(wide),
    'multinomial: the sum of the weights',
  );
  const lead = p.sizes.slice(0, -1);
  const at = mul(drawUniform([...lead, n], wide), expandNode(total, [...lead, n]));
  return minimum(searchPositions([sums, at], { right: true }), categories - 1);
}

/** The weights, with a check that n categories of each row can be drawn. */
function enough(p: Tensor, n: number): Tensor {
  const positive = sumOver([castNode(gt(p, 0), p.dtype)], { dims: [p.ndim - 1], keepdim: true });
  const counted = withinBounds(positive, n, Infinity, 'multinomial: the number of weights above 0');
  return mul(p, ge(counted, n));
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

/**
 * Normal numbers with the given mean and standard deviation, numbers or tensors that broadcast. PyTorch:
 * `torch.normal`.
 * @throws {ChainruleError} for a negative deviation, when evaluated at the latest.
 * @example normal(0, 2, { shape: [3] }).shape // [3]
 */
export function normal(mean: Operand, std: Operand, options?: DrawOptions): Tensor {
  const given = drawOptions('normal', options);
  const drawn = parameters(
    'normal',
    [
      ['mean', mean, 'any'],
      ['std', std, 'nonnegative'],
    ],
    given,
  );
  const [m, s] = drawn.nodes.map(detach) as [Tensor, Tensor];
  const { shape, dtype } = drawn;
  return finish('normal', add(m, mul(drawNormal(shape, dtype), s)), given);
}

/**
 * Exponential numbers, with density `rate · e^(−rate · x)` for a number or a tensor of rates. PyTorch:
 * `Tensor.exponential_`.
 * @throws {ChainruleError} for a rate that is not positive, when evaluated at the latest.
 * @example exponential(2, { shape: [3] }).shape // [3]
 */
export function exponential(rate: Operand, options?: DrawOptions): Tensor {
  const given = drawOptions('exponential', options);
  const { nodes, shape, dtype } = parameters('exponential', [['rate', rate, 'positive']], given);
  const drawn = div(exponentialDraw(shape, dtype), detach(nodes[0] as Tensor));
  return finish('exponential', drawn, given);
}

/**
 * Like `randint`, in the shape and dtype of `x`. PyTorch: `torch.randint_like`.
 * @example randintLike(zeros([2, 3]), 0, 10).shape // [2, 3]
 */
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
