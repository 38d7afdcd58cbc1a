/** @file Losses that compare numbers. Input and target broadcast, with a warning as in PyTorch. */
import {
  abs,
  ChainruleError,
  clamp,
  log,
  lt,
  ShapeError,
  square,
  sub,
  Tensor,
  where,
} from '@chainrule/autograd';
import { reduce, warnOfBroadcast, type LossOptions } from './reduction.js';

/** `(input − target)²`. PyTorch: `nn.functional.mse_loss`, which also broadcasts. */
export function mseLoss(input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  warnOfBroadcast('mseLoss', input, target);
  return reduce('mseLoss', square(sub(input, target)), reduction);
}

/** `|input − target|`, with derivative 0 where they are equal. PyTorch: `nn.functional.l1_loss`. */
export function l1Loss(input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  warnOfBroadcast('l1Loss', input, target);
  return reduce('l1Loss', abs(sub(input, target)), reduction);
}

/**
 * With d the distance: `d² / (2 beta)` below beta, `d − beta / 2` from there on; with beta 0 the same as `l1Loss`.
 * PyTorch: `nn.functional.smooth_l1_loss`.
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  { reduction, beta = 1 }: LossOptions & { readonly beta?: number } = {},
): Tensor {
  if (!(beta >= 0)) throw new ChainruleError(`smoothL1Loss: beta must be at least 0, got ${beta}`);
  if (beta === 0) return l1Loss(input, target, reduction === undefined ? {} : { reduction });
  warnOfBroadcast('smoothL1Loss', input, target);
  const d = abs(sub(input, target));
  return reduce(
    'smoothL1Loss',
    where(lt(d, beta), square(d).mul(0.5 / beta), d.sub(0.5 * beta)),
    reduction,
  );
}

/** With d the distance: `d² / 2` below delta, `delta (d − delta / 2)` from there on (Huber 1964). PyTorch: `huber_loss`. */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { reduction, delta = 1 }: LossOptions & { readonly delta?: number } = {},
): Tensor {
  if (!(delta > 0))
    throw new ChainruleError(`huberLoss: delta must be greater than 0, got ${delta}`);
  warnOfBroadcast('huberLoss', input, target);
  const d = abs(sub(input, target));
  return reduce(
    'huberLoss',
    where(lt(d, delta), square(d).mul(0.5), d.sub(0.5 * delta).mul(delta)),
    reduction,
  );
}

/**
 * The negative log-likelihood of counts under a Poisson distribution: `eˣ − target · x` of the log of the rate, or with
 * `logInput: false` `x − target · ln(x + eps)`. `full` adds Stirling's approximation of `ln target!` where it is more
 * than 1. PyTorch: `nn.functional.poisson_nll_loss`.
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  {
    reduction,
    logInput = true,
    full = false,
    eps = 1e-8,
  }: LossOptions & {
    readonly logInput?: boolean;
    readonly full?: boolean;
    readonly eps?: number;
  } = {},
): Tensor {
  warnOfBroadcast('poissonNllLoss', input, target);
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

/**
 * The negative log-likelihood under a normal distribution: `½ (ln var + (input − target)² / var)`, the variance at
 * least eps; `full` adds `½ ln 2π`. `variance` is a number, or has the input's shape, a 1 in place of its last
 * dimension, or lacks that dimension. The gradient of the variance passes the lower bound, as PyTorch's does.
 * PyTorch: `nn.functional.gaussian_nll_loss`, which also refuses negative variances.
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  {
    reduction,
    full = false,
    eps = 1e-6,
  }: LossOptions & { readonly full?: boolean; readonly eps?: number } = {},
): Tensor {
  if (typeof variance === 'number' && variance < 0) {
    throw new ChainruleError(`gaussianNllLoss: the variance must not be negative, got ${variance}`);
  }
  warnOfBroadcast('gaussianNllLoss', input, target);
  const given =
    variance instanceof Tensor ? alignVariance(input, variance) : input.mul(0).add(variance);
  const bounded = given.add(clamp(given, eps).sub(given).detach());
  const loss = log(bounded)
    .add(square(input.sub(target)).div(bounded))
    .mul(0.5);
  return reduce('gaussianNllLoss', full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
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
