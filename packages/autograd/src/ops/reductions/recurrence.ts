/** @file The primitives that run along a dimension: cumulative sums, products and extremes, and a linear recurrence. */
import type { TypedArray } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import { sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { accumulating } from '../../kernels/accumulating.js';
import { add } from '../elements/arithmetic.js';
import { strongMul, strongProduct } from '../build/element.js';
import { batchAll, concatNode, narrowNode } from '../shape/movement.js';
import { filled, primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';

/** Calls `f(first, step, n)` for every row along `dim`; backwards, `first` is the last element and `step` negative. */
export function alongRows(
  shape: Shape,
  dim: number,
  reverse: boolean,
  f: (first: number, step: number, n: number) => void,
): void {
  const n = shape[dim] ?? 1;
  const inner = sizeOf(shape.slice(dim + 1));
  const outer = sizeOf(shape.slice(0, dim));
  if (n === 0) return;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * n * inner + i;
      if (reverse) f(first + (n - 1) * inner, -inner, n);
      else f(first, inner, n);
    }
  }
}

function countType(x: Tensor): Tensor['dtype'] {
  return x.dtype === 'bool' ? 'int32' : x.dtype;
}

/**
 * `y[k] = x[0] + … + x[k]`, or from the end. Sums of float32 are kept in float64; for float64, the rounding errors of the
 * additions are summed and added.
 */
export const cumsumOf: PrimitiveOp<{ dim: number; reverse: boolean }> = primitive('cumsum', {
  lowering: {
    kind: 'kernel',
    family: accumulating,
    kernel: ({ dim, reverse }) => ({ kind: 'cumulative', op: 'sum', dim, reverse }),
  },
  shape: ([x]) => (x as Tensor).sizes,
  dtype: ([x]) => countType(x as Tensor),
  vjp: (_i, ct, _inputs, _out, { dim, reverse }) => cumsumOf([ct], { dim, reverse: !reverse }),
  jvp: 'linear',
  batch: ([x], _batched, { dim, reverse }) => cumsumOf([x as Tensor], { dim: dim + 1, reverse }),
  reference: ([x], out, { dim, reverse }) => {
    const { data, shape } = x as Value;
    const integer = out.dtype === 'int32';
    const double = out.dtype === 'float64';
    alongRows(shape, dim, reverse, (first, step, n) => {
      let sum = 0;
      let lost = 0;
      for (let k = 0, at = first; k < n; k++, at += step) {
        const x = data[at]!;
        const raised = integer ? (sum + x) | 0 : sum + x;
        if (double && k > 0) {
          const taken = raised - sum;
          lost += sum - (raised - taken) + (x - taken);
        }
        sum = raised;
        // The error is NaN once the sum is infinite.
        out.data[at] = double && sum + lost === sum + lost ? sum + lost : sum;
      }
    });
  },
});

/** `y[k] = x[0] · … · x[k]`. */
export const cumprodOf: PrimitiveOp<{ dim: number }> = primitive('cumprod', {
  lowering: {
    kind: 'kernel',
    family: accumulating,
    kernel: ({ dim }) => ({ kind: 'cumulative', op: 'prod', dim, reverse: false }),
  },
  shape: ([x]) => (x as Tensor).sizes,
  dtype: ([x]) => countType(x as Tensor),
  // With the products before, L[j], and R[j] = ct[j] + x[j+1] R[j+1], the derivative is L[j] R[j]. There is no division, so
  // zeros need no special case.
  vjp: (_i, ct, [x], out, { dim }) => {
    const after = linearRecurrence([shift(x as Tensor, dim, 0, true), ct], { dim, reverse: true });
    return strongMul(after, shift(out, dim, 1, false));
  },
  jvp: ([t], [x], out, { dim }) =>
    linearRecurrence([x as Tensor, strongMul(t as Tensor, shift(out, dim, 1, false))], {
      dim,
      reverse: false,
    }),
  batch: ([x], _batched, { dim }) => cumprodOf([x as Tensor], { dim: dim + 1 }),
  reference: ([x], out, { dim }) => {
    const { data, shape } = x as Value;
    const integer = out.dtype === 'int32';
    alongRows(shape, dim, false, (first, step, n) => {
      let product = 1;
      for (let k = 0, at = first; k < n; k++, at += step) {
        product = integer ? Math.imul(product, data[at]!) : product * data[at]!;
        out.data[at] = product;
      }
    });
  },
});

/** Every element moved to its neighbour's position along `dim`; `filling` at the end that is left free. */
export function shift(x: Tensor, dim: number, filling: number, towardsStart: boolean): Tensor {
  const n = x.sizes[dim]!;
  if (n === 0) return x;
  const gap = filled(
    filling,
    x.sizes.map((s, d) => (d === dim ? 1 : s)),
    x.dtype,
  );
  if (n === 1) return gap;
  return towardsStart
    ? concatNode([narrowNode(x, dim, 1, n - 1), gap], dim)
    : concatNode([gap, narrowNode(x, dim, 0, n - 1)], dim);
}

/**
 * `h[k] = a[k] h[k−1] + b[k]` with `h[−1] = 0`, or from the end: the derivative of a cumulative product, and of itself. Where
 * `h[k−1]` is 0 the product is 0 whatever `a[k]` is, because h is a cotangent or tangent.
 */
export const linearRecurrence: PrimitiveOp<{ dim: number; reverse: boolean }> = primitive(
  'linearRecurrence',
  {
    lowering: {
      kind: 'kernel',
      family: accumulating,
      kernel: ({ dim, reverse }) => ({ kind: 'cumulative', op: 'recurrence', dim, reverse }),
    },
    shape: ([a]) => (a as Tensor).sizes,
    vjp: (i, ct, [a], out, { dim, reverse }) => {
      const next = shift(a as Tensor, dim, 0, !reverse);
      const g = linearRecurrence([next, ct], { dim, reverse: !reverse });
      return i === 1 ? g : strongProduct(g, shift(out, dim, 0, reverse));
    },
    jvp: ([ta, tb], [a], out, { dim, reverse }) => {
      const inner =
        ta === null || ta === undefined ? null : strongProduct(ta, shift(out, dim, 0, reverse));
      const b =
        inner === null
          ? (tb ?? zerosOf(out))
          : tb === null || tb === undefined
            ? inner
            : add(inner, tb);
      return linearRecurrence([a as Tensor, b], { dim, reverse });
    },
    batch: (inputs, batched, { dim, reverse }, size) =>
      linearRecurrence(batchAll(inputs, batched, size), { dim: dim + 1, reverse }),
    reference: ([a, b], out, { dim, reverse }) => {
      const [p, q] = [(a as Value).data, (b as Value).data];
      alongRows(out.shape, dim, reverse, (first, step, n) => {
        let h = 0;
        for (let k = 0, at = first; k < n; k++, at += step) {
          h = k === 0 ? q[at]! : (h === 0 ? 0 : p[at]! * h) + q[at]!;
          out.data[at] = h;
        }
      });
    },
  },
);

/** The position of the largest element so far (`sign` 1), or of the smallest (−1): of equal ones the last; a NaN stays. */
export const cumulativeExtreme: PrimitiveOp<{ dim: number; sign: number }> = primitive(
  'cumulativeExtreme',
  {
    lowering: {
      kind: 'kernel',
      family: accumulating,
      kernel: ({ dim, sign }) => ({
        kind: 'cumulative',
        op: sign === 1 ? 'largest' : 'smallest',
        dim,
        reverse: false,
      }),
    },
    shape: ([x]) => (x as Tensor).sizes,
    dtype: () => 'int32',
    batch: ([x], _batched, { dim, sign }) =>
      cumulativeExtreme([x as Tensor], { dim: dim + 1, sign }),
    reference: ([x], out, { dim, sign }) => {
      const data: TypedArray = (x as Value).data;
      alongRows(out.shape, dim, false, (first, step, n) => {
        let best = data[first]!;
        let index = 0;
        for (let k = 0, at = first; k < n; k++, at += step) {
          const v = data[at]!;
          if (v !== v || (best === best && (sign > 0 ? v >= best : v <= best))) {
            best = v;
            index = k;
          }
          out.data[at] = index;
        }
      });
    },
  },
);
