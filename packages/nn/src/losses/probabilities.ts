/** @file Losses for probabilities. */
import {
  assertBetween,
  clamp,
  log,
  log1p,
  logSigmoid,
  ShapeError,
  type Tensor,
  where,
  xlogy,
} from '@chainrule/autograd';
import { checkBroadcast } from '../broadcast.js';
import {
  checkTarget,
  checkTensors,
  reduce,
  type LossOptions,
  type Reduction,
} from './reduction.js';
import { bceOptions, bceWithLogitsOptions, klDivOptions } from './readers.js';

/** Options of `bce` and `BCELoss`. */
export interface BceOptions extends LossOptions {
  /** A weight for each element, broadcast. */
  readonly weight?: Tensor | null | undefined;
}

/**
 * Binary cross-entropy of probabilities: `−(target ln x + (1 − target) ln(1 − x))`, with logarithms cut off at −100.
 * Input and target have the same shape. PyTorch: `nn.functional.binary_cross_entropy`; the gradient differs where a
 * probability is exactly 0 or 1: it is 0 here for the logarithm that is cut off.
 *
 * @throws {ChainruleError} for an input or a target outside [0, 1], or NaN, when evaluated at the latest.
 * @example bce(tensor([0.9, 0.2]), tensor([1, 0])) // 0.1643
 */
export function bce(input: Tensor, target: Tensor, options?: BceOptions): Tensor {
  const { weight, reduction } = bceOptions('bce', options);
  checkTensors('bce', { input, target });
  sameShape('bce', input, target, 'a target');
  const x = assertBetween(
    input,
    0,
    1,
    'bce: the input, a probability (for logits take bceWithLogits),',
  );
  const y = assertBetween(target, 0, 1, 'bce: the target');
  const positive = y.mul(clamp(log(x), -100));
  const negative = y
    .neg()
    .add(1)
    .mul(clamp(log1p(x.neg()), -100));
  return reduce('bce', scale('bce', positive.add(negative).neg(), weight), reduction);
}

/** Options of `bceWithLogits` and `BCEWithLogitsLoss`. */
export interface BceWithLogitsOptions extends BceOptions {
  /** A weight for positive targets, broadcast: above 1 it raises recall, below 1 precision. */
  readonly posWeight?: Tensor | null | undefined;
}

/**
 * Binary cross-entropy of logits: `bce(sigmoid(input), target)`, computed without overflow. PyTorch:
 * `nn.functional.binary_cross_entropy_with_logits`.
 *
 * @example bceWithLogits(tensor([0, 1000]), tensor([1, 1])) // 0.3466
 */
export function bceWithLogits(
  input: Tensor,
  target: Tensor,
  options?: BceWithLogitsOptions,
): Tensor {
  const { weight, posWeight, reduction } = bceWithLogitsOptions('bceWithLogits', options);
  checkTensors('bceWithLogits', { input, target });
  sameShape('bceWithLogits', input, target, 'a target');
  if (posWeight != null) checkBroadcast('bceWithLogits', { posWeight, target });
  const factor = posWeight == null ? 1 : target.mul(posWeight.sub(1)).add(1);
  const loss = target.neg().add(1).mul(input).sub(logSigmoid(input).mul(factor));
  return reduce('bceWithLogits', scale('bceWithLogits', loss, weight), reduction);
}

/** Options of `klDiv` and `KLDivLoss`. */
export interface KlDivOptions {
  /** Default `'mean'`. `'batchmean'`, the sum divided by the batch size, is the divergence itself. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target holds log-probabilities. Default false. */
  readonly logTarget?: boolean;
}

/**
 * The Kullback–Leibler divergence, element by element: `target (ln target − input)` with log-probabilities `input`;
 * 0 where the target's probability is 0, whatever the input (in PyTorch NaN if that is −Inf). PyTorch:
 * `nn.functional.kl_div`.
 *
 * @example klDiv(tensor([[0.25, 0.75]]).log(), tensor([[0.5, 0.5]]), { reduction: 'batchmean' }) // 0.1438
 */
export function klDiv(input: Tensor, target: Tensor, options?: KlDivOptions): Tensor {
  const { reduction = 'mean', logTarget = false } = klDivOptions('klDiv', options);
  checkTensors('klDiv', { input, target });
  checkTarget('klDiv', input, target);
  const loss = logTarget
    ? where(target.eq(-Infinity), 0, target.exp().mul(target.sub(input)))
    : xlogy(target, target).sub(where(target.eq(0), 0, target.mul(input)));
  if (reduction !== 'batchmean') return reduce('klDiv', loss, reduction);
  return loss.sum().div(input.shape[0] ?? 1);
}

function scale(op: string, loss: Tensor, weight: Tensor | null | undefined): Tensor {
  if (weight == null) return loss;
  checkBroadcast(op, { loss, weight });
  return loss.mul(weight);
}

function sameShape(op: string, input: Tensor, target: Tensor, what: string): void {
  if (input.ndim !== target.ndim || String(input.shape) !== String(target.shape)) {
    throw new ShapeError(
      `${op}: ${what} must have the input's shape [${input.shape.join(', ')}], got [${target.shape.join(', ')}]`,
    );
  }
}
