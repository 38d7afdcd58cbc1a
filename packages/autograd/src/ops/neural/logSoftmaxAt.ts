/** @file One element of each row of a log-softmax: the log-likelihood of a class, with its own derivative rule. */
import { checkArgument } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { sameShape, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, type Operand } from '../build/define.js';
import { detach } from '../build/detach.js';
import { castNode, choose, strongProduct } from '../build/element.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { eq, gt, logicalAnd } from '../build/relations.js';
import { sub } from '../elements/arithmetic.js';
import { gatherOf } from '../indexing/gather.js';
import { indexTensor, type Indices } from '../indexing/indices.js';
import { exponentials, logOfSum, softmaxFrom } from '../reductions/probabilities.js';
import { batchAll, iotaAlong } from '../shape/movement.js';
import { rowDims } from './rowDims.js';

/**
 * `logSoftmax(x, dim)` at one index of each row: `out[i] = ln softmax(x)[i][index[i]]` for `dim` 1. The index is int32, of the
 * shape of `x` without `dim`. The derivative, `1 − p` at the index and `−p` elsewhere, is accurate to the last digits even where
 * a probability p is nearly 1. PyTorch: `-F.cross_entropy(x, index, reduction='none')`.
 *
 * @param what the index in errors, for functions of your own. Default `logSoftmaxAt: index`.
 * @throws {ShapeError} for an index of another shape. @throws {IndexError} for an index out of range, when evaluated at the
 * latest. @throws {DTypeError} for integers.
 * @example logSoftmaxAt(tensor([[2, 0], [0, 2]]), tensor([0, 0], { dtype: 'int32' }), 1) // [-0.1269, -2.1269]
 */
export const logSoftmaxAt: (x: Operand, index: Indices, dim: number, what?: string) => Tensor =
  composite('logSoftmaxAt', (input, given, dim, name?: string) => {
    const what =
      name === undefined
        ? 'logSoftmaxAt: index'
        : checkArgument('logSoftmaxAt', 'what', name, kinds.text);
    const x = floatOperand('logSoftmaxAt', input);
    const [d] = rowDims('logSoftmaxAt', x, dim);
    if (d === undefined)
      throw new ShapeError('logSoftmaxAt: x must have at least one dimension, got shape []');
    const index = indexTensor('logSoftmaxAt', given, x.sizes[d] as number, d, { what });
    const shape = x.sizes.filter((_, axis) => axis !== d);
    if (!sameShape(index.sizes, shape)) {
      throw new ShapeError(
        `logSoftmaxAt: x of shape ${show(x.sizes)} takes an index of shape ${show(shape)}, got ${show(index.sizes)}`,
      );
    }
    const column = x.sizes.map((n, axis) => (axis === d ? 1 : n));
    const at = reshapeNode(index, column);
    if (x.size === 0) return reshapeNode(gatherOf([x, at], { dim: d, what }), shape);
    const all = exponentials(detach(x), [d]);
    // A number ≤ 0 minus one ≥ 0, so nothing cancels.
    const picked = sub(gatherOf([all.shifted, at], { dim: d, what }), logOfSum(all, [d], true));
    return reshapeNode(pickedOf([picked, x, at, all.e, all.sum], { dim: d }), shape);
  });

/**
 * Makes the first input, which was computed without derivatives, a function of the second. No slope is a difference that
 * cancels.
 */
const pickedOf: PrimitiveOp<{ readonly dim: number }> = primitive('logSoftmaxAtRule', {
  lowering: { kind: 'alias', transparent: true },
  shape: ([y]) => (y as Tensor).sizes,
  vjp: (i, ct, inputs, _out, { dim }) => {
    if (i !== 1) return null;
    const [, x, index] = inputs as Inputs;
    const p = sharesIn(inputs as Inputs, dim);
    const own = eq(index, iotaAlong(x.sizes[dim] as number, dim, x.ndim));
    // For a share of more than half, its distance to 1 is the sum of the other shares.
    const others = sumOver([choose(own, 0, p)], { dims: [dim], keepdim: true });
    const slope = choose(logicalAnd(own, gt(p, 0.5)), others, sub(castNode(own, p.dtype), p));
    return strongProduct(slope, ct);
  },
  jvp: ([, t], inputs, _out, { dim }) => {
    if (t == null) return null;
    const gap = sub(gatherOf([t, (inputs as Inputs)[2]], { dim }), t);
    return sumOver([strongProduct(sharesIn(inputs as Inputs, dim), gap)], {
      dims: [dim],
      keepdim: true,
    });
  },
  batch: (inputs, batched, { dim }, size) =>
    pickedOf(batchAll(inputs, batched, size), { dim: dim + 1 }),
});

/** The value, x, the index, and the exponentials of x with their sums. */
type Inputs = readonly [Tensor, Tensor, Tensor, Tensor, Tensor];

function sharesIn([, x, , e, sum]: Inputs, dim: number): Tensor {
  return softmaxFrom({ e, sum }, x, [dim]);
}
