/** @file The primitives that reduce dimensions: product, maximum, minimum, median, and the positions of extremes. */
import { allocate, isFloat, type DType, type TypedArray } from '../../graph/dtype.js';
import type { FoldOp, Lowering } from '../../graph/lowering.js';
import type { Primitive, Value } from '../../graph/primitive.js';
import { range, reducedShape, sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { extremePosition } from '../../kernels/extremePosition.js';
import { sorting } from '../../kernels/sorting.js';
import { div } from '../elements/arithmetic.js';
import { expandBack, reduceWalk, reshapeNode, sumOver, walk } from '../build/broadcast.js';
import { castNode, strongMul, strongProduct } from '../build/element.js';
import { eq, logicalOr, ne } from '../build/relations.js';
import { concatNode, flipNode, inverseOrder, narrowNode, permuteNode } from '../shape/movement.js';
import { filled, primitive, type PrimitiveOp } from '../build/primitive.js';
import { cumprodOf } from './recurrence.js';
import { medianPosition } from './selection.js';

export interface FoldAttrs extends Record<string, boolean | readonly number[]> {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

const shared = {
  shape: ([x]: readonly Tensor[], { dims, keepdim }: FoldAttrs) =>
    reducedShape((x as Tensor).sizes, dims, keepdim),
};

/** The product over `dims`; 1 if there are no elements. Booleans and integers multiply in int32. */
export const prodOver: PrimitiveOp<FoldAttrs> = primitive('prod', {
  ...shared,
  lowering: folding('prod'),
  dtype: ([x]) => ((x as Tensor).dtype === 'bool' ? 'int32' : (x as Tensor).dtype),
  vjp: (_i, ct, [x], _out, { dims }) => {
    const { sizes: shape } = x as Tensor;
    return strongMul(expandBack(ct, shape, dims), productOfOthers(x as Tensor, dims));
  },
  jvp: ([t], [x], _out, attrs) =>
    sumOver([strongMul(t as Tensor, productOfOthers(x as Tensor, attrs.dims))], attrs),
  batch: ([x], _batched, { dims, keepdim }) =>
    prodOver([x as Tensor], { dims: shiftDims(dims), keepdim }),
  reference: ([x], out, { dims }) => {
    const { data, shape } = x as Value;
    const acc: TypedArray = out.dtype === 'float32' ? new Float64Array(out.data.length) : out.data;
    acc.fill(1);
    if (out.dtype === 'int32') {
      reduceWalk(shape, dims, (i, at) => {
        acc[i] = Math.imul(acc[i]!, data[at]!);
      });
    } else {
      reduceWalk(shape, dims, (i, at) => {
        acc[i]! *= data[at]!;
      });
    }
    if (acc !== out.data) out.data.set(acc);
  },
});

/**
 * For each element the product of the others that are reduced with it, which is its derivative. Computed from the products
 * before and after it, without division, so that zeros need no special case and it can be differentiated again.
 */
function productOfOthers(x: Tensor, dims: readonly number[]): Tensor {
  const kept = range(x.ndim).filter((d) => !dims.includes(d));
  const order = [...kept, ...dims];
  const moved = permuteNode(x, order);
  const outer = kept.map((d) => x.sizes[d]!);
  const flat = reshapeNode(moved, [...outer, sizeOf(dims.map((d) => x.sizes[d]!))]);
  const last = outer.length;
  const before = productsBefore(flat, last);
  const after = flipNode(productsBefore(flipNode(flat, [last]), last), [last]);
  // Where a product contains a zero, that of the other elements may overflow.
  const others = strongProduct(before, after);
  return permuteNode(reshapeNode(others, moved.sizes), inverseOrder(order));
}

/** For each element along `dim` the product of those before it. */
export function productsBefore(x: Tensor, dim: number): Tensor {
  const n = x.sizes[dim]!;
  const first = filled(
    1,
    x.sizes.map((s, d) => (d === dim ? Math.min(1, n) : s)),
    x.dtype,
  );
  if (n < 2) return first;
  return concatNode([first, cumprodOf([narrowNode(x, dim, 0, n - 1)], { dim })], dim);
}

function folding(fold: FoldOp): Lowering<FoldAttrs> {
  return { kind: 'fold', fold, dims: ({ dims }) => dims };
}

const MEDIAN: Lowering<FoldAttrs> = {
  kind: 'kernel',
  family: sorting,
  kernel: ({ dims }) => ({ kind: 'sort', result: 'median', descending: false, dims }),
};

/** A reduction whose result is one of the elements: the gradient is split evenly among those equal to it. */
export function choice(
  name: string,
  lowering: Lowering<FoldAttrs>,
  kernel: Primitive<FoldAttrs>['kernel'],
): PrimitiveOp<FoldAttrs> {
  const op: PrimitiveOp<FoldAttrs> = primitive(name, {
    ...shared,
    lowering,
    vjp: (_i, ct, [x], out, { dims }) => {
      const { sizes: shape, dtype } = x as Tensor;
      const { chosen, count } = ties(x as Tensor, out, dims);
      const share = div(reshapeNode(ct, count.sizes), count);
      return strongMul(castNode(chosen, dtype), expandBack(share, shape, dims));
    },
    jvp: ([t], [x], out, { dims }) => {
      const { chosen, count } = ties(x as Tensor, out, dims);
      const total = sumOver([strongMul(castNode(chosen, out.dtype), t as Tensor)], {
        dims,
        keepdim: true,
      });
      return reshapeNode(div(total, count), out.sizes);
    },
    batch: ([x], _batched, { dims, keepdim }) =>
      op([x as Tensor], { dims: shiftDims(dims), keepdim }),
    reference: kernel,
  });
  return op;
}

/** Which elements equal the result (NaN where that is NaN), and how many there are. */
function ties(x: Tensor, out: Tensor, dims: readonly number[]): { chosen: Tensor; count: Tensor } {
  const chosen = logicalOr(eq(x, expandBack(out, x.sizes, dims)), ne(x, x));
  return { chosen, count: sumOver([castNode(chosen, x.dtype)], { dims, keepdim: true }) };
}

/** The largest element over `dims`, NaN if there is one. Without elements, the smallest value of the dtype. */
export const maxOver: PrimitiveOp<FoldAttrs> = choice(
  'max',
  folding('max'),
  ([x], out, { dims }) => {
    const { data, shape } = x as Value;
    const y = out.data.fill(lowest(out.dtype));
    reduceWalk(shape, dims, (i, at) => {
      const v = data[at]!;
      if (v > y[i]! || v !== v) y[i] = y[i]! !== y[i]! ? y[i]! : v;
    });
  },
);

/** The smallest element over `dims`, NaN if there is one. Without elements, the largest value of the dtype. */
export const minOver: PrimitiveOp<FoldAttrs> = choice(
  'min',
  folding('min'),
  ([x], out, { dims }) => {
    const { data, shape } = x as Value;
    const y = out.data.fill(highest(out.dtype));
    reduceWalk(shape, dims, (i, at) => {
      const v = data[at]!;
      if (v < y[i]! || v !== v) y[i] = y[i]! !== y[i]! ? y[i]! : v;
    });
  },
);

/** The lower median over `dims`, NaN if there is one. */
export const medianOver: PrimitiveOp<FoldAttrs> = choice('median', MEDIAN, ([x], out, { dims }) => {
  const { data, shape } = x as Value;
  const n = sizeOf(dims.map((d) => shape[d]!));
  const rows = allocate(out.dtype, n * out.data.length);
  const filledTo = new Uint32Array(out.data.length);
  reduceWalk(shape, dims, (i, at) => {
    rows[i * n + filledTo[i]!++] = data[at]!;
  });
  for (let i = 0; i < out.data.length; i++)
    out.data[i] = rows[i * n + medianPosition(rows, i * n, 1, n)]!;
});

export function lowest(dtype: DType): number {
  return isFloat(dtype) ? -Infinity : dtype === 'bool' ? 0 : -2147483648;
}

export function highest(dtype: DType): number {
  return isFloat(dtype) ? Infinity : dtype === 'bool' ? 1 : 2147483647;
}

interface PositionAttrs extends Record<string, number | boolean> {
  readonly dim: number;
  readonly keepdim: boolean;
}

/** A position along one dimension, chosen from a row: `pick(data, offset of the row, step, length)`. */
export function position(
  name: string,
  lowering: Lowering<PositionAttrs>,
  pick: (data: TypedArray, from: number, step: number, n: number) => number,
): PrimitiveOp<PositionAttrs> {
  const op: PrimitiveOp<PositionAttrs> = primitive(name, {
    lowering,
    shape: ([x], { dim, keepdim }) => reducedShape((x as Tensor).sizes, [dim], keepdim),
    dtype: () => 'int32',
    batch: ([x], _batched, { dim, keepdim }) => op([x as Tensor], { dim: dim + 1, keepdim }),
    reference: ([x], out, { dim }) => {
      const { data, shape } = x as Value;
      eachRow(shape, dim, (from, step, n, row) => {
        out.data[row] = pick(data, from, step, n);
      });
    },
  });
  return op;
}

/** Visits the rows along `dim` in the order of the elements of the result. */
export function eachRow(
  shape: Shape,
  dim: number,
  f: (from: number, step: number, n: number, row: number) => void,
): void {
  const n = shape[dim]!;
  const step = sizeOf(shape.slice(dim + 1));
  const kept = reducedShape(shape, [dim], false);
  const strides = kept.map((_, d) =>
    d < dim ? step * n * sizeOf(kept.slice(d + 1, dim)) : sizeOf(kept.slice(d + 1)),
  );
  walk(kept, strides, (row, from) => f(from, step, n, row));
}

/** The position of the first largest element; of the first NaN if there is one. */
export const argmaxOf: PrimitiveOp<PositionAttrs> = position(
  'argmax',
  {
    kind: 'kernel',
    family: extremePosition,
    kernel: ({ dim }) => ({ kind: 'position', largest: true, dim }),
  },
  (data, from, step, n) => extreme(data, from, step, n, 1),
);

/** The position of the first smallest element; of the first NaN if there is one. */
export const argminOf: PrimitiveOp<PositionAttrs> = position(
  'argmin',
  {
    kind: 'kernel',
    family: extremePosition,
    kernel: ({ dim }) => ({ kind: 'position', largest: false, dim }),
  },
  (data, from, step, n) => extreme(data, from, step, n, -1),
);

/** The position of the lower median; of the first NaN if there is one. */
export const argmedianOf: PrimitiveOp<PositionAttrs> = position(
  'argmedian',
  {
    kind: 'kernel',
    family: sorting,
    kernel: ({ dim }) => ({ kind: 'sort', result: 'argmedian', descending: false, dims: [dim] }),
  },
  medianPosition,
);

function extreme(data: TypedArray, from: number, step: number, n: number, sign: 1 | -1): number {
  let best = 0;
  let value = data[from]!;
  for (let i = 1, at = from + step; i < n && value === value; i++, at += step) {
    const v = data[at]!;
    if (sign === 1 ? v > value : v < value) {
      best = i;
      value = v;
    } else if (v !== v) {
      return i;
    }
  }
  return best;
}

function shiftDims(dims: readonly number[]): number[] {
  return dims.map((d) => d + 1);
}
