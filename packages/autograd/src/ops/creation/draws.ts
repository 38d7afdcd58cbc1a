/**
 * @file Random tensors from distributions that are drawn by rejection; available only as functions. See
 * `nn/distributions` for all distributions.
 */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { isFloat, toFloat, type DType } from '../../graph/dtype.js';
import { broadcastShapes, checkShape, show, type Shape } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { expandNode } from '../build/broadcast.js';
import { operand, resultType, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { drawBinomial, drawPoisson, drawVonMises } from './countDraws.js';
import { drawElements, type ElementDraw } from './elementDraw.js';
import { drawGamma } from './gammaDraw.js';

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
 * @example gamma(2.5, { shape: [1000] }).mean() // about 2.5
 */
export function gamma(concentration: Operand, options?: DrawOptions): Tensor {
  return drawn('gamma', drawGamma, options, concentration);
}

/**
 * Samples of the Poisson distribution, one for each element of `rate`: whole numbers in its float dtype, no gradient.
 * PyTorch: `torch.poisson`.
 */
export function poisson(rate: Operand, options?: DrawOptions): Tensor {
  return drawn('poisson', drawPoisson, options, rate);
}

/**
 * How many of `totalCount` trials succeed, each with probability `probs`: whole numbers in a float dtype, no gradient.
 * PyTorch: `torch.binomial`.
 */
export function binomial(totalCount: Operand, probs: Operand, options?: DrawOptions): Tensor {
  return drawn('binomial', drawBinomial, options, totalCount, probs);
}

/**
 * Angles in [−π, π) around 0 from the von Mises distribution with the given concentration, no gradient. NumPy:
 * `random.vonmises` with `mu = 0`; PyTorch: `distributions.VonMises`.
 */
export function vonMises(concentration: Operand, options?: DrawOptions): Tensor {
  return drawn('vonMises', drawVonMises, options, concentration);
}

function drawn(
  op: string,
  draw: ElementDraw,
  options: DrawOptions | undefined,
  ...given: readonly Operand[]
): Tensor {
  const { shape, dtype } = readDraw(op, options);
  const own = resultType(...given);
  const type = dtype ?? (isFloat(own) ? own : toFloat(own));
  const nodes = given.map((x) =>
    castNode(operand(op, x, x instanceof Tensor ? undefined : type), type),
  );
  const together = nodes.map((x) => x.sizes).reduce((a, b) => broadcastShapes(op, a, b));
  const target = shape === undefined ? together : checkShape(op, shape);
  if (show(broadcastShapes(op, together, target)) !== show(target)) {
    throw new ShapeError(
      `${op}: parameters of shape ${show(together)} cannot be expanded to ${show(target)}`,
    );
  }
  return drawElements(draw, ...nodes.map((x) => expandNode(x, target)));
}
