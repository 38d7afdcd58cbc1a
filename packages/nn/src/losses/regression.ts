/** @file Losses for predicted numbers. Input and target broadcast, with a warning as in PyTorch. */
import {
  checkArgument,
  kinds,
  abs,
  assertBetween,
  clamp,
  isNan,
  log,
  lt,
  ShapeError,
  square,
  sub,
  Tensor,
  where,
} from '@chainrule/autograd';
import { checkTarget, checkTensors, reduce, type LossOptions } from './reduction.js';
import {
  gaussianNllOptions,
  huberOptions,
  lossOptions,
  poissonNllOptions,
  smoothL1Options,
} from './readers.js';

/**
 * The squared error, `(input − target)²`. Shapes that differ broadcast, with a warning. PyTorch:
 * `nn.functional.mse_loss`.
 *
 * @example mseLoss(tensor([1, 2]), tensor([1, 4])) // 2
 */
export function mseLoss(input: Tensor, target: Tensor, options?: LossOptions): Tensor {
  const { reduction } = lossOptions('mseLoss', options);
  checkTensors('mseLoss', { input, target });
  checkTarget('mseLoss', input, target);
  return reduce('mseLoss', square(sub(input, target)), reduction);
}

/**
 * The absolute error, `|input − target|`, with derivative 0 where the two are equal. PyTorch:
 * `nn.functional.l1_loss`.
 *
 * @example l1Loss(tensor([1, 2]), tensor([1, 4])) // 1
 */
export function l1Loss(input: Tensor, target: Tensor, options?: LossOptions): Tensor {
  const { reduction } = lossOptions('l1Loss', options);
  checkTensors('l1Loss', { input, target });
  checkTarget('l1Loss', input, target);
  return reduce('l1Loss', abs(sub(input, target)), reduction);
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** The distance at which the loss goes from quadratic to linear. Default 1. */
  readonly beta?: number;
}

/**
 * With `d = |input − target|`: `d² / (2 beta)` for d below `beta`, `d − beta / 2` from there on. With `beta: 0` it
 * is `l1Loss`. PyTorch: `nn.functional.smooth_l1_loss`.
 *
 * @example smoothL1Loss(tensor([0, 0]), tensor([0.5, 3]), { reduction: 'none' }) // [0.125, 2.5]
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options?: SmoothL1Options): Tensor {
  const { reduction, beta = 1 } = smoothL1Options('smoothL1Loss', options);
  checkTensors('smoothL1Loss', { input, target });
  if (beta === 0) return l1Loss(input, target, reduction === undefined ? {} : { reduction });
  checkTarget('smoothL1Loss', input, target);
  const d = abs(sub(input, target));
  return reduce(
    'smoothL1Loss',
    where(lt(d, beta), square(d).mul(0.5 / beta), d.sub(0.5 * beta)),
    reduction,
  );
}

/** Options of `huberLoss`. */
export interface HuberOptions extends LossOptions {
  /** The distance at which the loss goes from quadratic to linear. Default 1. */
  readonly delta?: number;
}

/**
 * With `d = |input − target|`: `d² / 2` for d below `delta`, `delta (d − delta / 2)` from there on (Huber 1964).
 * PyTorch: `nn.functional.huber_loss`.
 *
 * @example huberLoss(tensor([0, 0]), tensor([0.5, 3]), { delta: 2, reduction: 'none' }) // [0.125, 4]
 */
export function huberLoss(input: Tensor, target: Tensor, options?: HuberOptions): Tensor {
  const { reduction, delta = 1 } = huberOptions('huberLoss', options);
  checkTensors('huberLoss', { input, target });
  checkTarget('huberLoss', input, target);
  const d = abs(sub(input, target));
  return reduce(
    'huberLoss',
    where(lt(d, delta), square(d).mul(0.5), d.sub(0.5 * delta).mul(delta)),
    reduction,
  );
}

/** Options of `poissonNllLoss`. */
export interface PoissonNllOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Whether Stirling's approximation of `ln target!` is added. Default false. */
  readonly full?: boolean;
  /** Added to a rate before its logarithm is taken. Default 1e-8. */
  readonly eps?: number;
}

/**
 * The negative log-likelihood of counts under a Poisson distribution: `eˣ − target · x` for the logarithm x of the
 * rate, or with `logInput: false` `x − target · ln(x + eps)` for the rate itself. `full` adds Stirling's
 * approximation of `ln target!` where the target is above 1. PyTorch: `nn.functional.poisson_nll_loss`.
 *
 * @example poissonNllLoss(tensor([0]), tensor([2])) // 1
 */
export function poissonNllLoss(input: Tensor, target: Tensor, options?: PoissonNllOptions): Tensor {
  const {
    reduction,
    logInput = true,
    full = false,
    eps = 1e-8,
  } = poissonNllOptions('poissonNllLoss', options);
  checkTensors('poissonNllLoss', { input, target });
  checkTarget('poissonNllLoss', input, target);
  const loss = logInput
    ? input.exp().sub(target.mul(input))
    : input.sub(target.mul(log(input.add(eps))));
  if (!full) return reduce('poissonNllLoss', loss, reduction);
  const stirling = target
    .mul(log(target))
    .sub(target)
    .add(log(target.mul(2 * Math.PI)).mul(0.5));
  return reduce('poissonNllLoss', loss.add(where(target.le(1), 0, stirling)), reduction);
}

/** Options of `gaussianNllLoss`. */
export interface GaussianNllOptions extends LossOptions {
  /** Whether the constant `½ ln 2π` is added. Default false. */
  readonly full?: boolean;
  /** The lower bound of the variance. Default 1e-6. */
  readonly eps?: number;
}

const varianceKind = kinds.either(kinds.tensor, kinds.nonNegative);

/**
 * The negative log-likelihood under a normal distribution: `½ (ln var + (input − target)² / var)`, with the variance
 * at least `eps`. The variance is a number, has the input's shape, has size 1 in the last dimension, or lacks that
 * dimension. As in PyTorch, the gradient of the variance passes through the lower bound. PyTorch:
 * `nn.functional.gaussian_nll_loss`.
 *
 * @throws {ChainruleError} for a negative variance, when evaluated at the latest; NaN gives NaN.
 * @example gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])) // 2
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  options?: GaussianNllOptions,
): Tensor {
  const { reduction, full = false, eps = 1e-6 } = gaussianNllOptions('gaussianNllLoss', options);
  checkTensors('gaussianNllLoss', { input, target });
  checkArgument('gaussianNllLoss', 'the variance', variance, varianceKind);
  checkTarget('gaussianNllLoss', input, target);
  const given =
    variance instanceof Tensor
      ? notNegative(alignVariance(input, variance))
      : input.mul(0).add(variance);
  const bounded = given.add(clamp(given, eps).sub(given).detach());
  const loss = log(bounded)
    .add(square(input.sub(target)).div(bounded))
    .mul(0.5);
  return reduce('gaussianNllLoss', full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
}

/** The variance after a check, which NaN passes: a loss of NaN is for the training loop to handle. */
function notNegative(variance: Tensor): Tensor {
  const unknown = isNan(variance);
  const numbers = where(unknown, 0, variance);
  const checked = assertBetween(numbers, 0, Infinity, 'gaussianNllLoss: the variance');
  return where(unknown, variance, checked);
}

function alignVariance(input: Tensor, variance: Tensor): Tensor {
  const [own, all] = [variance.shape, input.shape];
  const matches = (shape: readonly number[]): boolean =>
    String(own) === String(shape) && own.length === shape.length;
  if (matches(all) || (own.length === all.length && matches([...all.slice(0, -1), 1])))
    return variance;
  if (matches(all.slice(0, -1))) return variance.unsqueeze(-1);
  throw new ShapeError(
    `gaussianNllLoss: the variance has shape [${own.join(', ')}]; expected [${all.join(', ')}], ` +
      `[${[...all.slice(0, -1), 1].join(', ')}] or [${all.slice(0, -1).join(', ')}]`,
  );
}
