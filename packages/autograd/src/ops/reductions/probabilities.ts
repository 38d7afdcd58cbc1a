/**
 * @file Softmax ("shares" of exponentials), log-softmax and log-sum-exp, with derivatives that are accurate to the last digits
 * even where one share is nearly 1.
 *
 * There `1 − p` rounds to 0, and sums that contain it cancel. So the rest of a row, all elements except one that has more than
 * half, is summed separately, and used for `1 − p` in values and derivatives.
 */
import type { Attrs } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { sumOver } from '../build/broadcast.js';
import { choose, strongProduct } from '../build/element.js';
import { add, mul, reciprocal, sub } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { exp, log, log1p } from '../elements/exponential.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { eq, gt, isFinite, logicalAnd, logicalOr, lt } from '../build/relations.js';
import { batchAll } from '../shape/movement.js';
import { maxOver } from './fold.js';

interface RowAttrs extends Attrs {
  /** The dimensions of a row. */
  readonly dims: readonly number[];
}

/** `exp(x) / Σ exp(x)` over dimensions; NaN for a row of −∞. An empty x is returned as it is. */
export function softmaxOver(x: Tensor, dims: readonly number[]): Tensor {
  return x.size === 0 ? x : softmaxFrom(exponentials(detach(x), dims), x, dims);
}

/** `exp(x)` divided by that of the largest element, and their sums. */
export interface Exponentials {
  readonly shifted: Tensor;
  readonly e: Tensor;
  readonly sum: Tensor;
}

export function exponentials(x: Tensor, dims: readonly number[]): Exponentials {
  const shifted = sub(x, maxOver([x], { dims, keepdim: true }));
  return sumUp(shifted, dims);
}

function sumUp(shifted: Tensor, dims: readonly number[]): Exponentials {
  const e = exp(shifted);
  return { shifted, e, sum: sumOver([e], { dims, keepdim: true }) };
}

/** The shares of x from its exponentials, with one division per row. */
export function softmaxFrom(
  { e, sum }: Pick<Exponentials, 'e' | 'sum'>,
  x: Tensor,
  dims: readonly number[],
): Tensor {
  return softmaxRule([mul(e, reciprocal(sum)), x], { dims });
}

/** `log(softmaxOver(x))`. */
export function logSoftmaxOver(x: Tensor, dims: readonly number[]): Tensor {
  if (x.size === 0) return x;
  const all = exponentials(detach(x), dims);
  return logSoftmaxRule([sub(all.shifted, logOfSum(all, dims, true)), x], { dims });
}

/** `log Σ exp(x)`, with reduced dimensions kept; −∞ for a row of −∞. */
export function logsumexpOver(x: Tensor, dims: readonly number[]): Tensor {
  const fixed = detach(x);
  const top = maxOver([fixed], { dims, keepdim: true });
  const shift = choose(isFinite(top), top, 0);
  const total = add(logOfSum(sumUp(sub(fixed, shift), dims), dims), shift);
  return logsumexpRule([total, x], { dims });
}

/**
 * The logarithm of the sum of exponentials of rows whose largest element is 0, or not finite. If `has0`, it is 0 or NaN, so no
 * sum is below 1.
 */
export function logOfSum(
  { shifted, e, sum }: Exponentials,
  dims: readonly number[],
  has0 = false,
): Tensor {
  // A sum below 2 contains a single 0, whose exponential is 1.
  const rest = sumOver([choose(eq(shifted, 0), 0, e)], { dims, keepdim: true });
  const [far, near] = [log(sum), log1p(rest)];
  return choose(lt(sum, 2), has0 ? near : choose(lt(sum, 1), far, near), far);
}

/** Which shares are more than half of their row, and the sum over all other elements. */
function splitDominant(
  p: Tensor,
  dims: readonly number[],
): { large: Tensor; rest: (x: Tensor) => Tensor } {
  const large = gt(detach(p), 0.5);
  return { large, rest: (x) => sumOver([choose(large, 0, x)], { dims, keepdim: true }) };
}

/** `p (t − Σ p t)`, for vjp and jvp alike: the Jacobian of the shares is symmetric. */
function softmaxDerivative(p: Tensor, t: Tensor, dims: readonly number[]): Tensor {
  const { large, rest } = splitDominant(p, dims);
  const weighted = strongProduct(p, t);
  const mean = sumOver([weighted], { dims, keepdim: true });
  return strongProduct(p, choose(large, sub(mul(t, rest(p)), rest(weighted)), sub(t, mean)));
}

/** Makes the first input, which was computed without derivatives, a function of the second. */
const softmaxRule: PrimitiveOp<RowAttrs> = primitive<RowAttrs>('softmaxRule', {
  lowering: { kind: 'alias', transparent: true },
  shape: ([y]) => (y as Tensor).sizes,
  vjp: (i, ct, _inputs, out, { dims }) => (i === 0 ? null : softmaxDerivative(out, ct, dims)),
  jvp: ([, t], _inputs, out, { dims }) => (t == null ? null : softmaxDerivative(out, t, dims)),
  batch: (inputs, batched, { dims }, size) =>
    softmaxRule(batchAll(inputs, batched, size), { dims: dims.map((d) => d + 1) }),
});

const logSoftmaxRule: PrimitiveOp<RowAttrs> = primitive<RowAttrs>('logSoftmaxRule', {
  lowering: { kind: 'alias', transparent: true },
  shape: ([y]) => (y as Tensor).sizes,
  vjp: (i, ct, [, x], _out, { dims }) => {
    if (i === 0) return null;
    const p = softmaxOver(x as Tensor, dims);
    const { large, rest } = splitDominant(p, dims);
    const sum = sumOver([ct], { dims, keepdim: true });
    return choose(
      large,
      sub(mul(ct, rest(p)), strongProduct(p, rest(ct))),
      sub(ct, strongProduct(p, sum)),
    );
  },
  jvp: ([, t], [, x], _out, { dims }) => {
    if (t == null) return null;
    const p = softmaxOver(x as Tensor, dims);
    const { large, rest } = splitDominant(p, dims);
    const weighted = strongProduct(p, t);
    const mean = sumOver([weighted], { dims, keepdim: true });
    return choose(large, sub(mul(t, rest(p)), rest(weighted)), sub(t, mean));
  },
  batch: (inputs, batched, { dims }, size) =>
    logSoftmaxRule(batchAll(inputs, batched, size), { dims: dims.map((d) => d + 1) }),
});

const logsumexpRule: PrimitiveOp<RowAttrs> = primitive<RowAttrs>('logsumexpRule', {
  lowering: { kind: 'alias', transparent: true },
  shape: ([y]) => (y as Tensor).sizes,
  vjp: (i, ct, [, x], out, { dims }) =>
    i === 0 ? null : strongProduct(slopes(x as Tensor, out, dims), ct),
  jvp: ([, t], [, x], out, { dims }) =>
    t == null
      ? null
      : sumOver([strongProduct(slopes(x as Tensor, out, dims), t)], { dims, keepdim: true }),
  batch: (inputs, batched, { dims }, size) =>
    logsumexpRule(batchAll(inputs, batched, size), { dims: dims.map((d) => d + 1) }),
});

/** The shares, with 0 in a row of −∞, and for elements below one that is ∞, whose own share is NaN. */
function slopes(x: Tensor, total: Tensor, dims: readonly number[]): Tensor {
  const fixed = detach(total);
  const none = eq(fixed, -Infinity);
  const least = logicalAnd(eq(fixed, Infinity), lt(detach(x), Infinity));
  return choose(logicalOr(none, least), 0, softmaxOver(choose(none, 0, x), dims));
}
