/** @file The logarithm of cumulative sums of exponentials. */
import type { Value } from '../../graph/primitive.js';
import { normalizeDim } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, floatOperand, type Operand, type SameShapeAlong } from '../build/define.js';
import { choose, strongMul } from '../build/element.js';
import { sub } from '../build/fieldOperations.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { eq, logicalAnd } from '../build/relations.js';
import { exp } from '../elements/exponential.js';
import { alongRows, linearRecurrence, shift } from './recurrence.js';

/** `y[k] = ln Σ exp(x[j])` over j ≤ k. */
const logcumsumexpOf: PrimitiveOp<{ dim: number }> = primitive('logcumsumexp', {
  lowering: { kind: 'reference' },
  shape: ([x]) => (x as Tensor).sizes,
  // ∂y[k]/∂x[j] = exp(x[j] − y[k]), and y rises: from the end, R[j] = ct[j] + exp(y[j] − y[j+1]) R[j+1] never overflows.
  vjp: (_i, ct, [x], y, { dim }) => {
    const decay = share(y, shift(y, dim, Infinity, true));
    const after = linearRecurrence([decay, ct], { dim, reverse: true });
    return strongMul(after, ratio(x as Tensor, y));
  },
  jvp: ([t], [x], y, { dim }) => {
    const decay = share(shift(y, dim, -Infinity, false), y);
    return linearRecurrence([decay, strongMul(t as Tensor, ratio(x as Tensor, y))], {
      dim,
      reverse: false,
    });
  },
  batch: ([x], _batched, { dim }) => logcumsumexpOf([x as Tensor], { dim: dim + 1 }),
  reference: ([x], out, { dim }) => {
    const { data, shape } = x as Value;
    alongRows(shape, dim, false, (first, step, n) => {
      // ln Σ = top + ln total, all terms scaled by the largest so far.
      let [top, total] = [-Infinity, 0];
      for (let k = 0, at = first; k < n; k++, at += step) {
        const v = data[at]!;
        if (v > top) [top, total] = [v, total * Math.exp(top - v) + 1];
        else if (v !== v || top === Infinity) total += v === v ? 0 : NaN;
        else if (v > -Infinity) total += Math.exp(v - top);
        out.data[at] = top + Math.log(total === 0 ? 1 : total);
      }
    });
  },
});

/** `exp(x − y)` for x ≤ y; 0 where both are −Inf. */
function ratio(x: Tensor, y: Tensor): Tensor {
  return choose(eq(y, -Infinity), 0, exp(sub(x, y)));
}

/** `exp(y − next)` of a sum and a later one. After +Inf nothing changes, so earlier elements keep their own derivative. */
function share(y: Tensor, next: Tensor): Tensor {
  const both = logicalAnd(eq(y, Infinity), eq(next, Infinity));
  return choose(both, 1, ratio(y, next));
}

/**
 * `y[k] = ln(exp(x[0]) + … + exp(x[k]))` along `dim`, without overflow. The derivative with respect to an
 * element of +Inf is NaN; for elements of −Inf whose sum contains nothing else it is 0 (in PyTorch NaN). PyTorch:
 * `torch.logcumsumexp`.
 * @example logcumsumexp(tensor([0, 0, 0]), 0) // [0, ln 2, ln 3]
 */
export const logcumsumexp = composite('logcumsumexp', (x: Operand, dim: number): Tensor => {
  const node = floatOperand('logcumsumexp', x);
  const d = normalizeDim('logcumsumexp', dim, node.ndim);
  if (node.ndim > 0) return logcumsumexpOf([node], { dim: d });
  return reshapeNode(logcumsumexpOf([reshapeNode(node, [1])], { dim: 0 }), []);
}) as SameShapeAlong;
