/** @file Losses for classes. */
import {
  eq,
  gather,
  indexSelect,
  logicalAnd,
  logSoftmax,
  logSoftmaxAt,
  scope,
  ShapeError,
  type Tensor,
  where,
} from '@chainrule/autograd';
import { checkTensors, reduce, type LossOptions, type Reduction } from './reduction.js';
import { crossEntropyOptions, nllOptions } from './readers.js';

/** Options of `nllLoss` and `NLLLoss`. */
export interface NllOptions extends LossOptions {
  /**
   * A weight for each class, `[classes]`. With `reduction: 'mean'` the sum is divided by the sum of the weights
   * used.
   */
  readonly weight?: Tensor | null | undefined;
  /** Targets with this class are left out. Default −100. */
  readonly ignoreIndex?: number;
}

/** Options of `crossEntropy` and `CrossEntropyLoss`. */
export interface CrossEntropyOptions extends NllOptions {
  /** The share of the target that is spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * The cross-entropy of logits, `−ln softmax(input)[target]`. The input is `[batch, classes, …]` or `[classes]`; the
 * target holds class indices, int32 `[batch, …]`, or probabilities, in the input's shape and a float dtype: a class
 * of probability 0 adds nothing, also with a logit of −Inf (in PyTorch NaN). PyTorch: `nn.functional.cross_entropy`.
 *
 * @throws {ShapeError} for a target in neither form. @throws {IndexError} for a class out of range, when evaluated
 * at the latest.
 * @example
 * crossEntropy(tensor([[2, 0], [0, 2]]), tensor([0, 1], { dtype: 'int32' })) // 0.1269
 */
export function crossEntropy(input: Tensor, target: Tensor, given?: CrossEntropyOptions): Tensor {
  const options = crossEntropyOptions('crossEntropy', given);
  const { weight, reduction = 'mean', labelSmoothing: smoothing = 0 } = options;
  checkTensors('crossEntropy', { input, target });
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = classesOf('crossEntropy', input, weight);
  return scope('crossEntropy', () => {
    if (isFloat(target)) {
      const logProbabilities = logSoftmax(input, dim);
      checkProbabilities(input, target, dim);
      const spread = smoothing === 0 ? target : target.mul(1 - smoothing).add(smoothing / classes);
      const product = weighted(logProbabilities, weight, dim).mul(spread);
      // What cannot be, and is not meant to be, costs nothing.
      const none = logicalAnd(eq(spread, 0), eq(logProbabilities, -Infinity));
      const loss = where(none, 0, product).sum(dim).neg();
      return reduction === 'mean'
        ? loss.sum().div(input.size / classes)
        : reduce('crossEntropy', loss, reduction);
    }
    const picked = pick('crossEntropy', input, target, options, dim, (classes) =>
      logSoftmaxAt(input, classes, dim, 'crossEntropy: target'),
    );
    if (smoothing === 0) return picked.reduce(picked.loss, reduction);
    const all = weighted(logSoftmax(input, dim), weight, dim);
    const even = where(picked.ignored, 0, all.sum(dim).neg());
    return picked.reduce(
      picked.loss.mul(1 - smoothing).add(even.mul(smoothing / classes)),
      reduction,
    );
  });
}

/** A float target means probabilities; one in the shape of indices was probably meant as indices. */
function checkProbabilities(input: Tensor, target: Tensor, dim: number): void {
  const [own, given] = [`[${input.shape.join(', ')}]`, `[${target.shape.join(', ')}]`];
  if (own === given) return;
  const indices = `[${input.shape.filter((_, d) => d !== dim).join(', ')}]`;
  throw new ShapeError(
    `crossEntropy: a ${target.dtype} target means class probabilities, in the input's shape ${own}; got ${given}. ` +
      `Class indices, of shape ${indices}, are int32: tensor([…], { dtype: 'int32' }) or target.cast('int32')`,
  );
}

/**
 * The negative log-likelihood, `−input[target]`, of log-probabilities `[batch, classes, …]` or `[classes]` with
 * int32 class indices. Otherwise as `crossEntropy`. PyTorch: `nn.functional.nll_loss`.
 *
 * @example nllLoss(tensor([[-0.1, -2.4]]), tensor([0], { dtype: 'int32' })) // 0.1
 */
export function nllLoss(input: Tensor, target: Tensor, given?: NllOptions): Tensor {
  const options = nllOptions('nllLoss', given);
  const { reduction = 'mean' } = options;
  checkTensors('nllLoss', { input, target });
  classesOf('nllLoss', input, options.weight);
  return scope('nllLoss', () => {
    const dim = input.ndim === 1 ? 0 : 1;
    const picked = pick('nllLoss', input, target, options, dim, (classes) =>
      gather(input, dim, classes.unsqueeze(dim), 'nllLoss: target').squeeze(dim),
    );
    return picked.reduce(picked.loss, reduction);
  });
}

/** The losses of the target classes, whose log-probabilities `read` finds, without those that are ignored. */
function pick(
  op: string,
  input: Tensor,
  target: Tensor,
  { weight, ignoreIndex = -100 }: NllOptions,
  dim: number,
  read: (classes: Tensor) => Tensor,
) {
  const expected = input.shape.filter((_, d) => d !== dim);
  if (
    isFloat(target) ||
    target.dtype === 'bool' ||
    String(target.shape) !== String(expected) ||
    target.ndim !== expected.length
  ) {
    throw new ShapeError(
      `${op}: input of shape [${input.shape.join(', ')}] takes int32 class indices of shape [${expected.join(', ')}]` +
        (op === 'crossEntropy' ? ' or float probabilities in its own shape' : '') +
        `, got ${target.dtype} of shape [${target.shape.join(', ')}]` +
        (target.dtype === 'int32'
          ? ''
          : "; write tensor([…], { dtype: 'int32' }) or target.cast('int32')"),
    );
  }
  const ignored = eq(target, ignoreIndex);
  const classes = where(ignored, 0, target);
  const chosen = read(classes);
  const weights =
    weight == null
      ? null
      : indexSelect(weight.cast(chosen.dtype), 0, classes.flatten()).reshape(classes.shape);
  const factor =
    weights === null ? ignored.logicalNot().cast(chosen.dtype) : where(ignored, 0, weights);
  const each = weights === null ? chosen.neg() : chosen.neg().mul(weights);
  return {
    loss: where(ignored, 0, each),
    ignored,
    reduce: (loss: Tensor, reduction: Reduction): Tensor =>
      reduction === 'mean' ? loss.sum().div(factor.sum()) : reduce(op, loss, reduction),
  };
}

/** Log-probabilities times the weights of their classes. */
function weighted(
  logProbabilities: Tensor,
  weight: Tensor | null | undefined,
  dim: number,
): Tensor {
  if (weight == null) return logProbabilities;
  const shape = logProbabilities.shape.map((_, d) => (d === dim ? weight.size : 1));
  return logProbabilities.mul(weight.reshape(shape));
}

function classesOf(op: string, input: Tensor, weight: Tensor | null | undefined): number {
  const classes = input.shape[input.ndim === 1 ? 0 : 1];
  if (classes === undefined)
    throw new ShapeError(`${op}: expected an input [batch, classes, …] or [classes], got shape []`);
  if (weight != null && (weight.ndim !== 1 || weight.size !== classes)) {
    throw new ShapeError(
      `${op}: weight must have shape [${classes}], one factor for each class, got [${weight.shape.join(', ')}]`,
    );
  }
  return classes;
}

function isFloat({ dtype }: Tensor): boolean {
  return dtype === 'float32' || dtype === 'float64';
}
