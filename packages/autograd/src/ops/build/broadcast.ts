/** @file Reshape, expand and sum: what broadcasting needs in both directions. */
import { ShapeError } from '../../errors.js';
import { allocate, type DType, type TypedArray } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import {
  broadcastStrides,
  normalizeDims,
  range,
  reducedShape,
  sameShape,
  show,
  sizeOf,
  stridesOf,
  type Shape,
} from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { primitive, rules, type PrimitiveOp } from './primitive.js';

/** The same elements in another shape of the same size. */
export const reshapeTo: PrimitiveOp<{ shape: readonly number[] }> = primitive('reshape', {
  lowering: { kind: 'alias', transparent: false },
  shape: (_inputs, { shape }) => shape,
  vjp: (_i, ct, [x]) => reshapeNode(ct, (x as Tensor).sizes),
  jvp: 'linear',
  batch: ([x], _batched, { shape }, size) => reshapeNode(x as Tensor, [size, ...shape]),
});

/** `x` in a shape of the same size; `x` itself if that is its shape. */
export function reshapeNode(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.sizes, shape) ? x : reshapeTo([x], { shape });
}

/** Repeats elements along dimensions of size 1, and along new leading ones. */
export const expandTo: PrimitiveOp<{ shape: readonly number[] }> = primitive('expand', {
  lowering: { kind: 'view', view: () => ({ kind: 'expand' }) },
  shape: (_inputs, { shape }) => shape,
  vjp: (_i, ct, [x]) => sumTo(ct, (x as Tensor).sizes),
  jvp: 'linear',
  batch: ([x], _batched, { shape }, size) => {
    const inner = (x as Tensor).sizes.slice(1);
    const ones = new Array<number>(shape.length - inner.length).fill(1);
    return expandNode(reshapeNode(x as Tensor, [size, ...ones, ...inner]), [size, ...shape]);
  },
  reference: ([x], out) => {
    const { data, shape } = x as Value;
    walk(out.shape, broadcastStrides(shape, out.shape), (i, at) => {
      out.data[i] = data[at]!;
    });
  },
});
rules.expand = expandNode;

/** `x` broadcast to `shape`; `x` itself if that is its shape. The caller has checked that it fits. */
export function expandNode(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.sizes, shape) ? x : expandTo([x], { shape });
}

/** The sum over `dims`, which are kept with size 1 if `keepdim`. Booleans and integers add up in int32. */
export const sumOver: PrimitiveOp<{ dims: readonly number[]; keepdim: boolean }> = primitive(
  'sum',
  {
    lowering: { kind: 'fold', fold: 'sum', dims: ({ dims }) => dims },
    shape: ([x], { dims, keepdim }) => reducedShape((x as Tensor).sizes, dims, keepdim),
    dtype: ([x]) => sumType((x as Tensor).dtype),
    vjp: (_i, ct, [x], _out, { dims }) => expandBack(ct, (x as Tensor).sizes, dims),
    jvp: 'linear',
    batch: ([x], _batched, { dims, keepdim }) =>
      sumOver([x as Tensor], { dims: dims.map((d) => d + 1), keepdim }),
    reference: ([x], out, { dims }) => {
      const { data, shape } = x as Value;
      if (out.dtype === 'float32' || out.dtype === 'float64')
        return sumFloats(x as Value, out, dims);
      reduceWalk(shape, dims, (i, at) => {
        out.data[i]! += data[at]!;
      });
    },
  },
);

/** Sums in float64 and adds what their additions rounded away: at least as exact as pairwise sums. */
function sumFloats({ data, shape }: Value, out: Value, dims: readonly number[]): void {
  const sums = new Float64Array(out.data.length);
  const lost = new Float64Array(sums.length);
  reduceWalk(shape, dims, (i, at) => {
    const [sum, x] = [sums[i]!, data[at]!];
    const next = sum + x;
    sums[i] = next;
    lost[i]! += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
  });
  // An infinite sum gets no correction.
  sums.forEach((sum, i) => (out.data[i] = sum + (Number.isFinite(lost[i]) ? lost[i]! : 0)));
}

function sumType(dtype: DType): DType {
  return dtype === 'bool' ? 'int32' : dtype;
}

/** Expands the result of a reduction over `dims` back to the shape before it. */
export function expandBack(y: Tensor, shape: Shape, dims: readonly number[]): Tensor {
  return expandNode(reshapeNode(y, reducedShape(shape, dims, true)), shape);
}

/** Sums away what broadcasting from `shape` added: the transpose of `expand`. */
export function sumTo(y: Tensor, shape: Shape): Tensor {
  if (sameShape(y.sizes, shape)) return y;
  const lead = y.sizes.length - shape.length;
  const dims = range(y.sizes.length).filter(
    (d) => d < lead || (shape[d - lead] === 1 && y.sizes[d] !== 1),
  );
  return reshapeNode(dims.length === 0 ? y : sumOver([y], { dims, keepdim: false }), shape);
}

/** Checks that `x` can be expanded to `shape`. */
export function checkExpand(op: string, x: Shape, shape: Shape): void {
  const lead = shape.length - x.length;
  const fits = lead >= 0 && x.every((n, d) => n === 1 || n === shape[d + lead]);
  if (!fits) {
    throw new ShapeError(
      `${op}: ${show(x)} cannot be expanded to ${show(shape)}; each dimension must keep its size, or have size 1`,
    );
  }
}

/** Visits a shape in row-major order: `f(position, offset under the strides)`. */
export function walk(
  shape: Shape,
  strides: readonly number[],
  f: (i: number, at: number) => void,
): void {
  const n = shape.length;
  const size = sizeOf(shape);
  if (size === 0) return;
  if (n === 0) return f(0, 0);
  const inner = shape[n - 1]!;
  const step = strides[n - 1]!;
  const index = new Array<number>(n).fill(0);
  let base = 0;
  for (let i = 0; i < size;) {
    for (let j = 0, at = base; j < inner; j++, i++, at += step) f(i, at);
    for (let d = n - 2; d >= 0; d--) {
      base += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      base -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
}

/** Visits the elements of `shape`: `f(position in the result of reducing over dims, position in the input)`. */
export function reduceWalk(
  shape: Shape,
  dims: readonly number[],
  f: (i: number, at: number) => void,
): void {
  const kept = stridesOf(reducedShape(shape, dims, true));
  walk(
    shape,
    kept.map((s, d) => (dims.includes(d) ? 0 : s)),
    (at, i) => f(i, at),
  );
}

/** A typed array of `size` copies of `x`. */
export function fillArray(dtype: DType, size: number, x: number): TypedArray {
  return allocate(dtype, size).fill(x);
}

export { normalizeDims };
