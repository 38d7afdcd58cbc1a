/** @file The primitives that fold what is written to one place: products and extremes, as `scatterAdd` does sums. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { castNode, add, strongMul } from '../build/element.js';
import { div, mul } from '../build/fieldOperations.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { eq } from '../build/relations.js';
import { batchAll } from '../shape/movement.js';
import { gatherOf, places, scatterAddOf, scatterShapes } from './gather.js';

/** `x` times the elements of `src` at the places of the index. Its derivative divides by them: none may be 0. */
export const scatterProdOf: PrimitiveOp<{ dim: number }> = primitive('scatterProd', {
  lowering: { kind: 'reference' },
  shape: ([x, index, src], { dim }) => {
    scatterShapes('scatterProd', x as Tensor, index as Tensor, src as Tensor, dim);
    return (x as Tensor).sizes;
  },
  vjp: (i, ct, [x, index, src], out, { dim }) => {
    const rate = mul(ct, out);
    if (i === 0) return div(rate, x as Tensor);
    return i === 2 ? div(gatherOf([rate, index as Tensor], { dim }), src as Tensor) : null;
  },
  jvp: ([t, , u], [x, index, src], out, { dim }) => {
    const own = t === null || t === undefined ? zerosOf(x as Tensor) : div(t, x as Tensor);
    if (u === null || u === undefined) return mul(out, own);
    return mul(out, scatterAddOf([own, index as Tensor, div(u, src as Tensor)], { dim }));
  },
  batch: (inputs, batched, { dim }, size) =>
    scatterProdOf(batchAll(inputs, batched, size), { dim: dim + 1 }),
  reference: ([x, index, src], out, { dim }) => {
    const { data, shape } = index as Value;
    const by = (src as Value).data;
    const product = Float64Array.from((x as Value).data);
    const integer = out.dtype !== 'float32' && out.dtype !== 'float64';
    places('scatterReduce', data, shape, out.shape, dim, (i, at) => {
      product[at] = integer ? Math.imul(product[at]!, by[i]!) : product[at]! * by[i]!;
    });
    out.data.set(product);
  },
});

interface ExtremeAttrs extends Record<string, number> {
  readonly dim: number;
  /** 1 for the largest, −1 for the smallest. */
  readonly sign: number;
}

/**
 * The largest or smallest of `x` and the elements of `src` at the places of the index; NaN if there is one. The gradient is
 * split evenly among equal ones.
 */
export const scatterExtremeOf: PrimitiveOp<ExtremeAttrs> = primitive<ExtremeAttrs>(
  'scatterExtreme',
  {
    lowering: { kind: 'reference' },
    shape: ([x, index, src], { dim }) => {
      scatterShapes('scatterExtreme', x as Tensor, index as Tensor, src as Tensor, dim);
      return (x as Tensor).sizes;
    },
    vjp: (i, ct, inputs, out, { dim }) => {
      if (i === 1) return null;
      const { own, given, count } = ties(inputs, out, dim);
      const share = div(ct, count);
      return i === 0
        ? strongMul(own, share)
        : strongMul(given, gatherOf([share, inputs[1] as Tensor], { dim }));
    },
    jvp: ([t, , u], inputs, out, { dim }) => {
      const { own, given, count } = ties(inputs, out, dim);
      const [x, index] = inputs as readonly [Tensor, Tensor];
      const base = t === null || t === undefined ? zerosOf(x) : strongMul(own, t);
      if (u === null || u === undefined) return div(base, count);
      return div(scatterAddOf([base, index, strongMul(given, u)], { dim }), count);
    },
    batch: (inputs, batched, { dim, sign }, size) =>
      scatterExtremeOf(batchAll(inputs, batched, size), { dim: dim + 1, sign }),
    reference: ([x, index, src], out, { dim, sign }) => {
      const { data, shape } = index as Value;
      const given = (src as Value).data;
      const y = out.data;
      y.set((x as Value).data);
      places('scatterReduce', data, shape, out.shape, dim, (i, at) => {
        const v = given[i]!;
        if (y[at]! === y[at]! && (v !== v || (sign > 0 ? v > y[at] : v < y[at]))) y[at] = v;
      });
    },
  },
);

/** Which elements are the result, and how many of them at each place. */
function ties(
  inputs: readonly Tensor[],
  out: Tensor,
  dim: number,
): { own: Tensor; given: Tensor; count: Tensor } {
  const [x, index, src] = inputs as readonly [Tensor, Tensor, Tensor];
  const own = castNode(eq(x, out), out.dtype);
  const given = castNode(eq(src, gatherOf([out, index], { dim })), out.dtype);
  return { own, given, count: scatterAddOf([add(own, 0), index, given], { dim }) };
}
