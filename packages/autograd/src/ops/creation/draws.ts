/**
 * @file Random tensors from distributions that are drawn by rejection; available only as functions. See
 * `nn/distributions` for all distributions.
 */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import type { DType } from '../../graph/dtype.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode } from '../build/broadcast.js';
import type { Operand } from '../build/define.js';
import { drawBinomial, drawPoisson, drawVonMises } from './countDraws.js';
import { drawElements, type ElementDraw } from './elementDraw.js';
import { drawGamma } from './gammaDraw.js';
import { parameters, type Given } from './parameters.js';

/** Options of `gamma`, `poisson`, `binomial`, `vonMises`, `normal` and `exponential`. */
export interface DrawOptions {
  /** The shape that the parameters are expanded to. Default: their own. */
  readonly shape?: Shape | undefined;
  /** float32 or float64. Default: the dtype of the parameters. */
  readonly dtype?: DType | undefined;
}

const readDraw = defineOptions<DrawOptions>({
  shape: kinds.listOf(kinds.size),
  dtype: kinds.oneOf('float32', 'float64'),
});

/**
 * Samples of the gamma distribution with rate 1, one for each element of `concentration`, which must be positive.
 * The gradient is the implicit one (Figurnov et al. 2018, arXiv:1805.08498), so that expectations can be
 * differentiated; there is no second derivative. For concentrations near 0 most samples underflow to 0. PyTorch:
 * `torch._standard_gamma`.
 *
 * @throws {ChainruleError} for a concentration that is not positive, when evaluated at the latest.
 * @example gamma(2.5, { shape: [1000] }).mean() // about 2.5
 */
export function gamma(concentration: Operand, options?: DrawOptions): Tensor {
  return drawn('gamma', drawGamma, options, ['concentration', concentration, 'positive']);
}

/**
 * Samples of the Poisson distribution, one for each element of `rate`: whole numbers in its float dtype, no gradient.
 * PyTorch: `torch.poisson`.
 * @throws {ChainruleError} for a rate that is negative or not finite, when evaluated at the latest.
 * @example poisson(3, { shape: [1000] }).mean() // about 3
 */
export function poisson(rate: Operand, options?: DrawOptions): Tensor {
  return drawn('poisson', drawPoisson, options, ['rate', rate, 'count']);
}

/**
 * How many of `totalCount` trials succeed, each with probability `probs`: whole numbers in a float dtype, no gradient.
 * PyTorch: `torch.binomial`.
 * @throws {ChainruleError} for a probability outside [0, 1], or a count that is negative or not finite, when evaluated
 * at
 * the latest.
 * @example binomial(10, tensor([0, 1])) // [0, 10]
 */
export function binomial(totalCount: Operand, probs: Operand, options?: DrawOptions): Tensor {
  return drawn(
    'binomial',
    drawBinomial,
    options,
    ['totalCount', totalCount, 'count'],
    ['probs', probs, 'probability'],
  );
}

/**
 * Angles in [−π, π) around 0 from the von Mises distribution with the given concentration, no gradient. NumPy:
 * `random.vonmises` with `mu = 0`; PyTorch: `distributions.VonMises`.
 * @throws {ChainruleError} for a negative concentration, when evaluated at the latest.
 * @example vonMises(4, { shape: [1000] }).cos().mean() // about 0.86
 */
export function vonMises(concentration: Operand, options?: DrawOptions): Tensor {
  return drawn('vonMises', drawVonMises, options, ['concentration', concentration, 'nonnegative']);
}

function drawn(op: string, draw: ElementDraw, options?: DrawOptions, ...given: Given[]): Tensor {
  const { nodes, shape } = parameters(op, given, readDraw(op, options));
  return drawElements(draw, ...nodes.map((x) => expandNode(x, shape)));
}
