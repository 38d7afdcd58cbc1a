/** @file Activations that draw random numbers: a leaky slope, and samples of classes with a gradient. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import { normalizeDim } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, div, mul, neg, sub } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { log } from '../elements/exponential.js';
import { composite, floatOperand, type Operand, type SameShape } from '../build/define.js';
import { castNode, choose } from '../build/element.js';
import { eq, gt } from '../build/relations.js';
import { drawUniform } from '../creation/generator.js';
import { argmax } from '../reductions/reductions.js';
import { iotaAlong } from '../shape/movement.js';
import { softmax } from './normalization/normalization.js';

/** Options of `rrelu`. */
export interface RReluOptions {
  /** The smallest slope. Default 1/8. */
  readonly lower?: number | undefined;
  /** The largest slope. Default 1/3. */
  readonly upper?: number | undefined;
  /** Whether slopes are drawn. Default false. */
  readonly training?: boolean | undefined;
}

const readRRelu = defineOptions<RReluOptions>({
  lower: kinds.finite,
  upper: kinds.finite,
  training: kinds.flag,
});

/**
 * `x` above 0, `a · x` elsewhere, with a slope a drawn for each element between `lower` and `upper` in training
 * mode, and their mean otherwise (Xu et al. 2015, arXiv:1505.00853). PyTorch: `nn.functional.rrelu`.
 * @throws {ChainruleError} if lower is larger than upper.
 * @example rrelu(tensor([-24, 1])) // [-5.5, 1]
 */
export const rrelu = composite('rrelu', (x: Operand, options?: RReluOptions): Tensor => {
  const { lower = 1 / 8, upper = 1 / 3, training = false } = readRRelu('rrelu', options);
  const node = floatOperand('rrelu', x);
  if (!(lower <= upper))
    throw new ChainruleError(`rrelu: lower ${lower} must be at most upper ${upper}`);
  const slope = training
    ? add(mul(drawUniform(node.sizes, node.dtype), upper - lower), lower)
    : (lower + upper) / 2;
  return choose(gt(node, 0), node, mul(node, slope));
}) as SameShape<[options?: RReluOptions]>;

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions {
  /** The temperature: the lower, the nearer samples are to one-hot. Default 1. */
  readonly tau?: number | undefined;
  /** Whether the result is one-hot, with the gradient of the soft sample. Default false. */
  readonly hard?: boolean | undefined;
  /** The dimension of the classes. Default −1. */
  readonly dim?: number | undefined;
}

const readGumbel = defineOptions<GumbelSoftmaxOptions>({
  tau: kinds.positive,
  hard: kinds.flag,
  dim: kinds.dim,
});

/**
 * A differentiable sample of classes: `softmax((logits + g) / tau)` along `dim`, with g drawn from a Gumbel
 * distribution (Jang et al. 2017, arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712). PyTorch:
 * `nn.functional.gumbel_softmax`.
 * @throws {ChainruleError} if tau is not positive.
 * @example gumbelSoftmax(zeros([2, 3]), { tau: 0.5, hard: true }).sum(1) // [1, 1]
 */
export const gumbelSoftmax = composite(
  'gumbelSoftmax',
  (logits: Operand, options?: GumbelSoftmaxOptions): Tensor => {
    const { tau = 1, hard = false, dim = -1 } = readGumbel('gumbelSoftmax', options);
    const x = floatOperand('gumbelSoftmax', logits);
    const u = drawUniform(x.sizes, x.dtype);
    // 0 has no logarithm, so half a step above it is used instead.
    const open = choose(eq(u, 0), x.dtype === 'float64' ? 2 ** -54 : 2 ** -25, u);
    const soft = softmax(div(sub(x, log(neg(log(open)))), tau), dim);
    if (!hard) return soft;
    const d = normalizeDim('gumbelSoftmax', dim, x.ndim);
    const best = argmax(soft, d, { keepdim: true });
    const chosen = eq(iotaAlong(x.sizes[d] ?? 1, d, Math.max(x.ndim, 1)), best);
    return add(sub(castNode(chosen, x.dtype), detach(soft)), soft);
  },
) as SameShape<[options?: GumbelSoftmaxOptions]>;
