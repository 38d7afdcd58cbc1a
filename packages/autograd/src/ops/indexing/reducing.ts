/** @file The primitives that fold all elements written to one position: products and extremes, as `scatterAdd` does sums. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { elementsAt } from '../../kernels/indexing.js';
import { add, castNode, choose, strongMul } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { eq } from '../build/relations.js';
import { batchAll } from '../shape/movement.js';
import { gatherOf, eachPosition, scatterAddOf, scatterShapes } from './gather.js';

/**
 * `x` times the elements of `src` at the positions of the index. The derivative with respect to each factor is the product of
 * the others, also where some are 0; for booleans the product is "and".
 */
export const scatterProdOf: PrimitiveOp<{ dim: number }> = primitive('scatterProd', {
  lowering: {
    kind: 'kernel',
    family: elementsAt,
    kernel: ({ dim }) => ({ kind: 'elements', mode: 'mul', dim }),
  },
  shape: ([x, index, src], { dim }) => {
    scatterShapes('scatterProd', x as Tensor, index as Tensor, src as Tensor, dim);
    return (x as Tensor).sizes;
  },
  vjp: (i, ct, inputs, _out, { dim }) => {
    if (i === 1) return null;
    const { ofTarget: own, ofSource: given } = productOfOthers(inputs, dim);
    return i === 0 ? mul(ct, own) : mul(gatherOf([ct, inputs[1] as Tensor], { dim }), given);
  },
  jvp: ([t, , u], inputs, _out, { dim }) => {
    const { ofTarget: own, ofSource: given } = productOfOthers(inputs, dim);
    const base = t === null || t === undefined ? zerosOf(own) : mul(t, own);
    if (u === null || u === undefined) return base;
    return scatterAddOf([base, inputs[1] as Tensor, mul(u, given)], { dim });
  },
  batch: (inputs, batched, { dim }, size) =>
    scatterProdOf(batchAll(inputs, batched, size), { dim: dim + 1 }),
  reference: ([x, index, src], out, { dim }) => {
    const { data, shape } = index as Value;
    const by = (src as Value).data;
    const product = Float64Array.from((x as Value).data);
    const integer = out.dtype !== 'float32' && out.dtype !== 'float64';
    eachPosition('scatterReduce: index', data, shape, out.shape, dim, (i, at) => {
      product[at] = integer ? Math.imul(product[at]!, by[i]!) : product[at]! * by[i]!;
    });
    out.data.set(product);
  },
});

/**
 * The product of all other factors, for each element of `x` and of `src`: the product of the nonzero ones, times the other
 * zeros. A second zero appears as itself, so that its derivative is the product of the rest; with three or more zeros
 * everything is 0.
 */
function productOfOthers(
  inputs: readonly Tensor[],
  dim: number,
): { ofTarget: Tensor; ofSource: Tensor } {
  const [x, index, src] = inputs as readonly [Tensor, Tensor, Tensor];
  const [ownZero, zero] = [eq(x, 0), eq(src, 0)];
  const [ownFactor, factor] = [choose(ownZero, 1, x), choose(zero, 1, src)];
  const rest = scatterProdOf([ownFactor, index, factor], { dim });
  const count = scatterAddOf([castNode(ownZero, x.dtype), index, castNode(zero, x.dtype)], { dim });
  const zeros = scatterAddOf([choose(ownZero, x, 0), index, choose(zero, src, 0)], { dim });
  /** The product without one factor, for a factor that is 0 and for one that is not. */
  const without = (
    [isZero, value, divisor]: readonly [Tensor, Tensor, Tensor],
    at: (table: Tensor) => Tensor,
  ): Tensor => {
    const [left, sum] = [at(rest), at(zeros)];
    const number = at(count);
    const [none, one, two] = [eq(number, 0), eq(number, 1), eq(number, 2)];
    const beside = div(left, divisor);
    return choose(
      isZero,
      choose(one, left, choose(two, mul(left, sub(sum, value)), 0)),
      choose(none, beside, choose(one, mul(beside, sum), 0)),
    );
  };
  return {
    ofTarget: without([ownZero, x, ownFactor], (table) => table),
    ofSource: without([zero, src, factor], (table) => gatherOf([table, index], { dim })),
  };
}

interface ExtremeAttrs extends Record<string, number> {
  readonly dim: number;
  /** 1 for the largest, −1 for the smallest. */
  readonly sign: number;
}

/**
 * The largest or smallest of `x` and the elements of `src` at the positions of the index; NaN if there is one. The gradient is
 * split evenly among equal ones.
 */
export const scatterExtremeOf: PrimitiveOp<ExtremeAttrs> = primitive<ExtremeAttrs>(
  'scatterExtreme',
  {
    lowering: {
      kind: 'kernel',
      family: elementsAt,
      kernel: ({ dim, sign }) => ({ kind: 'elements', mode: sign > 0 ? 'max' : 'min', dim }),
    },
    shape: ([x, index, src], { dim }) => {
      scatterShapes('scatterExtreme', x as Tensor, index as Tensor, src as Tensor, dim);
      return (x as Tensor).sizes;
    },
    vjp: (i, ct, inputs, out, { dim }) => {
      if (i === 1) return null;
      const { ofTarget, ofSource, count } = ties(inputs, out, dim);
      const share = div(ct, count);
      return i === 0
        ? strongMul(ofTarget, share)
        : strongMul(ofSource, gatherOf([share, inputs[1] as Tensor], { dim }));
    },
    jvp: ([t, , u], inputs, out, { dim }) => {
      const { ofTarget, ofSource, count } = ties(inputs, out, dim);
      const [x, index] = inputs as readonly [Tensor, Tensor];
      const base = t === null || t === undefined ? zerosOf(x) : strongMul(ofTarget, t);
      if (u === null || u === undefined) return div(base, count);
      return div(scatterAddOf([base, index, strongMul(ofSource, u)], { dim }), count);
    },
    batch: (inputs, batched, { dim, sign }, size) =>
      scatterExtremeOf(batchAll(inputs, batched, size), { dim: dim + 1, sign }),
    reference: ([x, index, src], out, { dim, sign }) => {
      const { data, shape } = index as Value;
      const given = (src as Value).data;
      const y = out.data;
      y.set((x as Value).data);
      const further = sign > 0 ? Math.max : Math.min;
      eachPosition('scatterReduce: index', data, shape, out.shape, dim, (i, at) => {
        y[at] = further(y[at]!, given[i]!);
      });
    },
  },
);

/** Which elements equal the result, and how many do at each position. */
function ties(
  inputs: readonly Tensor[],
  out: Tensor,
  dim: number,
): { ofTarget: Tensor; ofSource: Tensor; count: Tensor } {
  const [x, index, src] = inputs as readonly [Tensor, Tensor, Tensor];
  const ofTarget = castNode(eq(x, out), out.dtype);
  const ofSource = castNode(eq(src, gatherOf([out, index], { dim })), out.dtype);
  return {
    ofTarget,
    ofSource,
    count: scatterAddOf([add(ofTarget, 0), index, ofSource], { dim }),
  };
}
