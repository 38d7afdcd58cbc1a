/** @file Margin losses for classification: the right classes should score higher than the others. */
import {
  any,
  arange,
  checkArgument,
  ChainruleError,
  cumsum,
  defineOptions,
  eq,
  gather,
  indexSelect,
  kinds,
  logSigmoid,
  lt,
  relu,
  scope,
  ShapeError,
  softplus,
  sub,
  type Tensor,
  where,
} from '@chainrule/autograd';
import { multiMarginOptions, multilabelSoftMarginOptions } from './readers.js';
import {
  checkTarget,
  reduce,
  reductionKind,
  type LossOptions,
  type Reduction,
} from './reduction.js';

/** Options of `MultiMarginLoss` and `multiMarginLoss`. */
export interface MultiMarginOptions extends LossOptions {
  /** The power of each term: 1 (the default) or 2. */
  readonly p?: 1 | 2 | undefined;
  /** By how much the right class should score higher. Default 1. */
  readonly margin?: number | undefined;
  /** A weight for the samples of each class: `[classes]`. */
  readonly weight?: Tensor | null | undefined;
}

/**
 * `Σ max(0, margin − input[target] + input[j])ᵖ / classes`, summed over all other classes j. The input is scores
 * `[batch, classes]` or `[classes]`, the target int32 `[batch]` or `[]`. PyTorch: `nn.functional.multi_margin_loss`.
 *
 * @throws {ShapeError} unless the target has one class for each sample.
 * @throws {IndexError} for a class out of range, when evaluated at the latest.
 * @example multiMarginLoss(tensor([0.1, 0.2, 0.4, 0.8]), scalar(3).cast('int32')) // 0.325
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: MultiMarginOptions,
): Tensor {
  const op = 'multiMarginLoss';
  const { p = 1, margin = 1, weight = null, reduction } = multiMarginOptions(op, options);
  checkClasses(op, input, target);
  const rows = input.ndim === 2 ? input : input.reshape([1, input.size]);
  const classes = rows.shape[1] as number;
  if (
    (input.ndim === 2 ? target.ndim !== 1 : target.ndim > 1) ||
    target.size !== rows.shape[0] ||
    classes === 0
  ) {
    throw new ShapeError(
      `${op}: expected an input [batch, classes] with a target [batch], or [classes] with [], ` +
        `got [${input.shape.join(', ')}] and [${target.shape.join(', ')}]`,
    );
  }
  if (weight !== null && (weight.ndim !== 1 || weight.size !== classes)) {
    throw new ShapeError(
      `${op}: weight must have shape [${classes}], one factor for each class, got [${weight.shape.join(', ')}]`,
    );
  }
  return scope(op, () => {
    const labels = target.reshape([target.size, 1]);
    const short = relu(sub(rows, gather(rows, 1, labels, `${op}: target`)).add(margin));
    const loss = where(eq(arange(classes), labels), 0, p === 2 ? short.square() : short)
      .sum(1)
      .div(classes);
    const scaled =
      weight === null ? loss : loss.mul(indexSelect(weight.cast(loss.dtype), 0, labels.flatten()));
    return reduced(op, reduction === 'none' ? scaled.reshape(target.shape) : scaled, reduction);
  });
}

const lossOptions = defineOptions<LossOptions>({ reduction: reductionKind });

/**
 * `Σ max(0, 1 − input[t] + input[j]) / classes`, summed over the classes t of a sample and all other classes j. The
 * input is `[batch, classes]` or `[classes]`; the int32 target has the same shape, and lists classes up to the first
 * −1. PyTorch: `nn.functional.multilabel_margin_loss`.
 *
 * @throws {ShapeError} if the shapes differ. @throws {IndexError} for a class out of range, when evaluated at the
 * latest.
 * @example multilabelMarginLoss(tensor([0.1, 0.2, 0.4, 0.8]), tensor([3, 0, -1, 1], { dtype: 'int32' })) // 0.85
 */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options?: LossOptions): Tensor {
  const op = 'multilabelMarginLoss';
  const { reduction } = lossOptions(op, options);
  checkClasses(op, input, target);
  const classes = input.shape.at(-1) ?? 1;
  if (String(input.shape) !== String(target.shape) || input.ndim > 2 || classes === 0) {
    throw new ShapeError(
      `${op}: expected an input [batch, classes] or [classes] and a target of the same shape, ` +
        `got [${input.shape.join(', ')}] and [${target.shape.join(', ')}]`,
    );
  }
  return scope(op, () => {
    const n = input.size / classes;
    const [scores, labels] = [input.reshape([n, classes]), target.reshape([n, classes])];
    const listed = eq(cumsum(lt(labels, 0).cast('int32'), 1), 0);
    const ids = where(listed, labels, 0);
    const own = any(
      eq(ids.unsqueeze(2), arange(classes)).logicalAnd(listed.unsqueeze(2)),
      1,
    ).unsqueeze(1);
    // Compares each target class of a sample with each of the other classes: [batch, listed, classes].
    const short = relu(
      scores
        .unsqueeze(1)
        .sub(gather(scores, 1, ids, `${op}: target`).unsqueeze(2))
        .add(1),
    );
    const isCounted = listed.unsqueeze(2).logicalAnd(own.logicalNot());
    const loss = where(isCounted, short, 0).sum([1, 2]).div(classes);
    return reduced(op, input.ndim < 2 ? loss.reshape([]) : loss, reduction);
  });
}

/** Options of `MultiLabelSoftMarginLoss` and `multilabelSoftMarginLoss`. */
export interface MultilabelSoftMarginOptions extends LossOptions {
  /** A weight for each class: `[classes]`. */
  readonly weight?: Tensor | null | undefined;
}

/**
 * `−(t ln σ(x) + (1 − t) ln σ(−x))` for logits x and targets t of 0 and 1 in the same shape, averaged over the
 * classes, the last dimension. PyTorch: `nn.functional.multilabel_soft_margin_loss`.
 *
 * @example multilabelSoftMarginLoss(tensor([[0, 0]]), tensor([[1, 0]])) // 0.6931
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: MultilabelSoftMarginOptions,
): Tensor {
  const op = 'multilabelSoftMarginLoss';
  const { weight = null, reduction } = multilabelSoftMarginOptions(op, options);
  checkArgument(op, 'input', input, kinds.tensor);
  checkArgument(op, 'target', target, kinds.tensor);
  if (input.ndim === 0)
    throw new ShapeError(`${op}: expected an input […, classes], got a single number`);
  checkTarget(op, input, target);
  const positive = target.mul(logSigmoid(input));
  const negative = sub(1, target).mul(logSigmoid(input.neg()));
  const loss = positive.add(negative).neg();
  return reduce(op, (weight === null ? loss : loss.mul(weight)).mean(-1), reduction);
}

/**
 * `ln(1 + e^(−target · input))`, with targets 1 and −1. PyTorch: `nn.functional.soft_margin_loss`.
 *
 * @example softMarginLoss(tensor([0, 2]), tensor([1, 1]), { reduction: 'none' }) // [0.6931, 0.1269]
 */
export function softMarginLoss(input: Tensor, target: Tensor, options?: LossOptions): Tensor {
  const op = 'softMarginLoss';
  const { reduction } = lossOptions(op, options);
  checkArgument(op, 'input', input, kinds.tensor);
  checkArgument(op, 'target', target, kinds.tensor);
  checkTarget(op, input, target);
  return reduce(op, softplus(target.neg().mul(input)), reduction);
}

function checkClasses(op: string, input: Tensor, target: Tensor): void {
  checkArgument(op, 'input', input, kinds.tensor);
  checkArgument(op, 'target', target, kinds.tensor);
  if (target.dtype !== 'int32')
    throw new ChainruleError(`${op}: the target must hold int32 classes, got ${target.dtype}`);
}

/** As `reduce`, but the mean of no samples is 0, as in PyTorch. */
function reduced(op: string, loss: Tensor, reduction: Reduction | undefined): Tensor {
  return reduce(op, loss, loss.size === 0 && reduction !== 'none' ? 'sum' : reduction);
}
