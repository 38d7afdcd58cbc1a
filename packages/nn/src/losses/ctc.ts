/** @file Connectionist temporal classification (Graves et al. 2006): labels without an alignment. */
import {
  arange,
  cat,
  ChainruleError,
  checkArgument,
  full,
  gather,
  IndexError,
  kinds,
  logsumexp,
  plural,
  scan,
  scope,
  ShapeError,
  stack,
  take,
  Tensor,
  tensor,
  where,
} from '@chainrule/autograd';
import { checkTensors, reduce, type LossOptions } from './reduction.js';
import { ctcOptions } from './readers.js';

/** Options of `ctcLoss` and `CTCLoss`. */
export interface CtcOptions extends LossOptions {
  /** The class that stands for "no label". Default 0. */
  readonly blank?: number;
  /** Whether the loss of an input too short for its target is 0 instead of infinity. Default false. */
  readonly zeroInfinity?: boolean;
}

/** Represents the logarithm of 0; unlike −∞, the difference of two is not NaN. */
const NEVER = -1e30;

/**
 * Connectionist temporal classification (Graves et al. 2006): `−ln p(target | input)`, summed over all alignments,
 * which may repeat labels and put blanks between them.
 *
 * `logProbs`, `[time, batch, classes]` or `[time, classes]`, are log-probabilities. `targets` are int32 labels,
 * `[batch, longest]` or all in a row. Lengths are tensors or arrays, or one number without a batch; they are read at
 * the call, so `vmap` cannot trace them. `reduction: 'mean'` first divides each loss by the length of its target.
 *
 * PyTorch: `nn.functional.ctc_loss`, whose gradient is right only for inputs that come from `logSoftmax`; this one
 * holds for any.
 * @example
 * const logits = zeros([3, 1, 2]); // three times: blank, or the letter 1
 * const length = tensor([3], { dtype: 'int32' });
 * ctcLoss(logits.logSoftmax(2), tensor([[1]], { dtype: 'int32' }), length, tensor([1], { dtype: 'int32' })) // 0.2877
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Tensor | number | readonly number[],
  targetLengths: Tensor | number | readonly number[],
  options?: CtcOptions,
): Tensor {
  const { blank = 0, reduction = 'mean', zeroInfinity = false } = ctcOptions('ctcLoss', options);
  checkTensors('ctcLoss', { logProbs, targets });
  if (logProbs.ndim !== 2 && logProbs.ndim !== 3) {
    throw new ShapeError(
      `ctcLoss: expected logProbs [time, batch, classes] or [time, classes], got [${logProbs.shape.join(', ')}]`,
    );
  }
  const batched = logProbs.ndim === 3;
  const x = batched ? logProbs : logProbs.unsqueeze(1);
  const [time, batch, classes] = x.shape as unknown as readonly [number, number, number];
  const inputs = lengthsOf('inputLengths', inputLengths, batch, time);
  const lengths = lengthsOf('targetLengths', targetLengths, batch, Infinity);
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes)) {
    throw new IndexError(`ctcLoss: blank is class ${blank}, but there are ${classes}`);
  }
  const losses = scope('ctcLoss', () => {
    const labels = padTargets(targets, lengths, batched);
    const infeasible = (loss: Tensor): Tensor =>
      where(loss.gt(-NEVER / 2), zeroInfinity ? 0 : Infinity, loss);
    return infeasible(alignments(x, labels, inputs, lengths, blank).neg());
  });
  if (reduction !== 'mean')
    return reduce('ctcLoss', batched ? losses : losses.squeeze(0), reduction);
  return losses
    .div(
      column(
        lengths.map((n) => Math.max(1, n)),
        x.dtype,
      ),
    )
    .mean();
}

/** The logarithm of the sum over all alignments, for each sample, by the forward recursion over time. */
function alignments(
  x: Tensor,
  labels: Tensor,
  inputs: readonly number[],
  lengths: readonly number[],
  blank: number,
): Tensor {
  const [time, batch] = x.shape as unknown as readonly [number, number];
  const longest = labels.shape[1] as number;
  const states = 2 * longest + 1;
  // Puts blanks around and between the labels.
  const gaps = full([batch, longest], blank, { dtype: 'int32' });
  const end = full([batch, 1], blank, { dtype: 'int32' });
  const path = cat([stack([gaps, labels], 2).reshape([batch, 2 * longest]), end], 1);
  const emitted = gather(
    x,
    2,
    path.unsqueeze(0).expand([time, batch, states]),
    'ctcLoss: target (with blanks between)',
  );
  const never = (n: number): Tensor => full([batch, n], NEVER, { dtype: x.dtype });
  const shifted = (alpha: Tensor, by: number): Tensor =>
    cat([never(Math.min(by, states)), alpha.narrow(1, 0, Math.max(0, states - by))], 1);
  // A path may skip the blank between two different labels.
  const before = cat(
    [
      full([batch, Math.min(2, states)], blank, { dtype: 'int32' }),
      path.narrow(1, 0, Math.max(0, states - 2)),
    ],
    1,
  );
  const skips = path.ne(blank).logicalAnd(path.ne(before));
  // Before the first input the path is at the blank before all labels, with probability 1.
  const start = where(arange(states).eq(0), 0, never(states));
  const going = arange(time).reshape([time, 1, 1]).lt(column(inputs, 'int32').unsqueeze(1));
  const [alpha] = scan(
    (reached, { likely, more }) => {
      const paths = stack(
        [reached, shifted(reached, 1), where(skips, shifted(reached, 2), NEVER)],
        0,
      );
      const next = where(more, logsumexp(paths, 0).add(likely), reached);
      return [next, null];
    },
    start,
    { likely: emitted, more: going },
  );
  // The path ends at the last label or at the blank after it.
  const index = (f: (n: number) => number): Tensor => column(lengths.map(f), 'int32').unsqueeze(1);
  const afterLabel = gather(
    alpha,
    1,
    index((n) => 2 * n),
  );
  const atLabel = where(
    tensor(lengths.map((n) => [n > 0])),
    gather(
      alpha,
      1,
      index((n) => Math.max(0, 2 * n - 1)),
    ),
    NEVER,
  );
  return logsumexp(cat([afterLabel, atLabel], 1), 1);
}

/** Labels as `[batch, longest]`, with anything past a sample's length. */
function padTargets(targets: Tensor, lengths: readonly number[], batched: boolean): Tensor {
  const longest = lengths.reduce((most, n) => Math.max(most, n), 0);
  if (targets.dtype !== 'int32')
    throw new ChainruleError(`ctcLoss: targets must be int32 labels, got ${targets.dtype}`);
  const rows = targets.ndim === 1 && !batched ? targets.unsqueeze(0) : targets;
  if (rows.ndim === 2) {
    if (rows.shape[0] !== lengths.length || (rows.shape[1] as number) < longest) {
      throw new ShapeError(
        `ctcLoss: targets of shape [${targets.shape.join(', ')}] do not hold ${lengths.length} targets of up to ${longest} labels`,
      );
    }
    return rows.narrow(1, 0, longest);
  }
  const total = lengths.reduce((sum, n) => sum + n, 0);
  if (rows.ndim !== 1 || rows.size !== total) {
    throw new ShapeError(
      `ctcLoss: targets of shape [${targets.shape.join(', ')}] are not ${total} labels in a row`,
    );
  }
  if (total === 0) return full([lengths.length, 0], 0, { dtype: 'int32' });
  let from = 0;
  const indices = lengths.map((n) => {
    const row = Array.from({ length: longest }, (_, i) => (i < n ? from + i : 0));
    from += n;
    return row;
  });
  return take(rows, tensor(indices, { dtype: 'int32' }).reshape([lengths.length, longest]));
}

const lengthsKind = kinds.either(kinds.tensor, kinds.oneOrMore(kinds.number));

function lengthsOf(
  what: string,
  lengths: Tensor | number | readonly number[],
  batch: number,
  most: number,
): number[] {
  const given = checkArgument('ctcLoss', what, lengths, lengthsKind);
  const list =
    typeof given === 'number'
      ? [given]
      : given instanceof Tensor
        ? [...given.dataSync()]
        : [...given];
  if (list.length !== batch)
    throw new ShapeError(
      `ctcLoss: ${what} has ${plural(list.length, 'length')} for a batch of ${batch}`,
    );
  list.forEach((n, i) => {
    if (!(Number.isInteger(n) && n >= 0 && n <= most)) {
      throw new IndexError(
        `ctcLoss: ${what}[${i}] is ${n}; expected a whole number from 0 to ${most}`,
      );
    }
  });
  return list;
}

function column(values: readonly number[], dtype: 'int32' | Tensor['dtype']): Tensor {
  return tensor([...values], { dtype });
}
