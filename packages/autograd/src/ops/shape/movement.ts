/** @file The primitives that move elements and compute nothing: permute, slice, pad, concatenate, count. */
import { ShapeError } from '../../errors.js';
import type { Value } from '../../graph/primitive.js';
import { range, sameShape, show, sizeOf, stridesOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { counting } from '../../kernels/counting.js';
import { joining } from '../../kernels/joining.js';
import { expandNode, reshapeNode, sumOver, walk } from '../build/broadcast.js';
import { sub } from '../elements/arithmetic.js';
import { operand, primitive, type PrimitiveOp } from '../build/primitive.js';
import { padAt, placedBy, sliceAt } from './dynamicSlice.js';
import { sumOfParts } from './sumOfParts.js';

/** Dimension `d` of the result is dimension `dims[d]` of the input. */
export const permuteTo: PrimitiveOp<{ dims: readonly number[] }> = primitive('permute', {
  lowering: { kind: 'view', view: ({ dims }) => ({ kind: 'permute', dims }) },
  shape: ([x], { dims }) => dims.map((d) => (x as Tensor).sizes[d]!),
  vjp: (_i, ct, _inputs, _out, { dims }) => permuteNode(ct, inverseOrder(dims)),
  jvp: 'linear',
  batch: ([x], _batched, { dims }) => permuteNode(x as Tensor, [0, ...dims.map((d) => d + 1)]),
  reference: ([x], out, { dims }) => {
    const { data, shape } = x as Value;
    const strides = stridesOf(shape);
    walk(
      out.shape,
      dims.map((d) => strides[d]!),
      (i, at) => {
        out.data[i] = data[at]!;
      },
    );
  },
});

/** `x` with its dimensions in another order; `x` itself if the order is the same. */
export function permuteNode(x: Tensor, dims: readonly number[]): Tensor {
  return dims.every((d, i) => d === i) ? x : permuteTo([x], { dims });
}

/** The permutation that undoes `dims`. */
export function inverseOrder(dims: readonly number[]): number[] {
  const inverse = new Array<number>(dims.length);
  dims.forEach((d, i) => (inverse[d] = i));
  return inverse;
}

/** `x` with dimension `from` moved to position `to`, the others in their order. */
export function moveDim(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const dims = range(x.ndim).filter((d) => d !== from);
  dims.splice(to, 0, from);
  return permuteNode(x, dims);
}

/**
 * The location of a slice: element `i` of dimension `d` is element `start[d] + i · step[d]` of the whole; steps may be
 * negative.
 */
interface Window {
  readonly start: readonly number[];
  readonly step: readonly number[];
}

/** Every `step`-th element from `start`, `size` of them, in each dimension. */
export const sliceTo: PrimitiveOp<{
  start: readonly number[];
  size: readonly number[];
  step: readonly number[];
}> = primitive('slice', {
  lowering: { kind: 'view', view: ({ start, step }) => ({ kind: 'slice', start, step }) },
  shape: (_inputs, { size }) => size,
  vjp: (_i, ct, [x], _out, { start, step }) => padNode(ct, (x as Tensor).sizes, { start, step }),
  jvp: 'linear',
  batch: ([x], _batched, { start, size, step }, n) =>
    sliceTo([x as Tensor], { start: [0, ...start], size: [n, ...size], step: [1, ...step] }),
  reference: ([x], out, { start, size, step }) => {
    const { data, shape } = x as Value;
    const { offset, strides } = accessOf(shape, { start, step });
    walk(size, strides, (i, at) => {
      out.data[i] = data[offset + at]!;
    });
  },
  dynamic: ([x], { start, size, step }) => {
    const { fixed, dims, starts } = placedBy((x as Tensor).sizes, size, start);
    if (dims.length === 0) return null;
    const attrs = { start: fixed, step, dims, size };
    return { op: sliceAt.primitive, inputs: [x as Tensor, ...starts], attrs };
  },
});

/** A slice of `x`; `x` itself if that is the whole. */
export function sliceNode(
  x: Tensor,
  start: readonly number[],
  size: Shape,
  step?: readonly number[],
): Tensor {
  if (sameShape(size, x.sizes) && (step === undefined || step.every((s) => s === 1))) return x;
  return sliceTo([x], { start, size, step: step ?? size.map(() => 1) });
}

/** `length` elements from `start` along one dimension. */
export function narrowNode(
  x: Tensor,
  dim: number,
  start: number,
  length: number,
  step = 1,
): Tensor {
  return sliceNode(
    x,
    x.sizes.map((_, d) => (d === dim ? start : 0)),
    x.sizes.map((n, d) => (d === dim ? length : n)),
    x.sizes.map((_, d) => (d === dim ? step : 1)),
  );
}

/** The elements of `x` in reverse along each of `dims`. */
export function flipNode(x: Tensor, dims: readonly number[]): Tensor {
  if (x.size === 0) return x;
  const isFlipped = (d: number): boolean => dims.includes(d) && x.sizes[d] !== 1;
  return sliceNode(
    x,
    x.sizes.map((n, d) => (isFlipped(d) ? n - 1 : 0)),
    x.sizes,
    x.sizes.map((_, d) => (isFlipped(d) ? -1 : 1)),
  );
}

/**
 * The transpose of `slice`: a tensor of `shape` with the first input at the positions of the window and the second, a single
 * element, everywhere else.
 */
export const padTo: PrimitiveOp<{
  shape: readonly number[];
  start: readonly number[];
  step: readonly number[];
}> = primitive('pad', {
  lowering: {
    kind: 'parts',
    parts: ({ start, step }) => ({ kind: 'pad', start, step }),
    join: (parts, dim) => concatNode(parts, dim),
    sum: sumOfParts,
  },
  shape: (_inputs, { shape }) => shape,
  vjp: (i, ct, [x], _out, { start, step }) => {
    const inside = sliceNode(ct, start, (x as Tensor).sizes, step);
    if (i === 0) return inside;
    const all = (y: Tensor): Tensor => sumOver([y], { dims: range(y.ndim), keepdim: false });
    return sub(all(ct), all(inside));
  },
  jvp: 'linear',
  batch: ([x, value], batched, { shape, start, step }, n) => {
    const y =
      batched[0] === true ? (x as Tensor) : expandNode(x as Tensor, [n, ...(x as Tensor).sizes]);
    if (batched[1] !== true) {
      return padTo([y, value as Tensor], {
        shape: [n, ...shape],
        start: [0, ...start],
        step: [1, ...step],
      });
    }
    // If each example has its own padding value, the examples are padded one by one.
    return concatNode(
      range(n).map((i) =>
        padTo([narrowNode(y, 0, i, 1), reshapeNode(narrowNode(value as Tensor, 0, i, 1), [])], {
          shape: [1, ...shape],
          start: [0, ...start],
          step: [1, ...step],
        }),
      ),
      0,
    );
  },
  reference: ([x, value], out, { shape, start, step }) => {
    const { data, shape: own } = x as Value;
    const { offset, strides } = accessOf(shape, { start, step });
    const filling = (value as Value).data[0]!;
    if (filling !== 0) out.data.fill(filling);
    walk(own, strides, (i, at) => {
      out.data[offset + at] = data[i]!;
    });
  },
  dynamic: ([x, value], { shape, start, step }) => {
    const { fixed, dims, starts } = placedBy(shape, (x as Tensor).sizes, start);
    if (dims.length === 0) return null;
    const attrs = { start: fixed, step, dims, shape, parts: 1 };
    const inputs = [x as Tensor, value as Tensor, ...starts];
    return { op: padAt.primitive, inputs, attrs };
  },
});

/** `x` placed in a tensor of `shape` that is otherwise `value`. */
export function padNode(x: Tensor, shape: Shape, { start, step }: Window, value = 0): Tensor {
  if (sameShape(x.sizes, shape) && step.every((s) => s === 1)) return x;
  return padTo([x, operand('pad', value, x.dtype)], { shape, start, step });
}

function accessOf(shape: Shape, { start, step }: Window): { offset: number; strides: number[] } {
  const own = stridesOf(shape);
  return {
    offset: own.reduce((sum, s, d) => sum + s * start[d]!, 0),
    strides: own.map((s, d) => s * step[d]!),
  };
}

/** The start of each of some joined tensors: cached, because they are asked for one by one and there may be a million. */
function startsOf(inputs: readonly Tensor[], dim: number): readonly number[] {
  const known = starts.get(inputs);
  if (known !== undefined) return known;
  let next = 0;
  const found = inputs.map(({ sizes: shape }) => (next += shape[dim]!) - shape[dim]!);
  starts.set(inputs, found);
  return found;
}

const starts = new WeakMap<readonly Tensor[], readonly number[]>();

/** Tensors joined along a dimension; their other dimensions are equal. */
export const concatOf: PrimitiveOp<{ dim: number }> = primitive('concat', {
  lowering: { kind: 'parts', parts: ({ dim }) => ({ kind: 'concat', dim }), joining },
  shape: (inputs, { dim }) => {
    const { sizes: shape } = inputs[0] as Tensor;
    for (const { sizes: other } of inputs) {
      if (other.length !== shape.length || other.some((n, d) => d !== dim && n !== shape[d])) {
        throw new ShapeError(
          `cat: shapes ${show(shape)} and ${show(other)} may differ only in dimension ${dim}, along which they are joined`,
        );
      }
    }
    return shape.map((n, d) => (d === dim ? inputs.reduce((sum, x) => sum + x.sizes[d]!, 0) : n));
  },
  vjp: (i, ct, inputs, _out, { dim }) =>
    narrowNode(ct, dim, startsOf(inputs, dim)[i]!, (inputs[i] as Tensor).sizes[dim]!),
  jvp: 'linear',
  batch: (inputs, batched, { dim }, n) => concatOf(batchAll(inputs, batched, n), { dim: dim + 1 }),
  reference: (inputs, out, { dim }) => {
    const outer = sizeOf(out.shape.slice(0, dim));
    const row = sizeOf(out.shape.slice(dim));
    let at = 0;
    for (const { data, shape } of inputs) {
      const length = sizeOf(shape.slice(dim));
      for (let r = 0; r < outer; r++)
        out.data.set(data.subarray(r * length, (r + 1) * length), r * row + at);
      at += length;
    }
  },
});

/** Tensors of one dtype joined along `dim`; a single one is returned as it is. */
export function concatNode(xs: readonly Tensor[], dim: number): Tensor {
  return xs.length === 1 ? (xs[0] as Tensor) : concatOf(xs, { dim });
}

/** `0, 1, …, size − 1` in int32, without storage. */
export const iotaOf: PrimitiveOp<{ size: number }> = primitive('iota', {
  lowering: { kind: 'kernel', family: counting, kernel: () => ({ kind: 'count' }) },
  shape: (_inputs, { size }) => [size],
  dtype: () => 'int32',
  batch: () => {
    throw new Error('iota has no inputs to be batched');
  },
  reference: (_inputs, out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = i;
  },
});

/** Positions along dimension `dim` of a tensor with `ndim` dimensions: `[1, …, size, …, 1]`. */
export function iotaAlong(size: number, dim: number, ndim: number): Tensor {
  return reshapeNode(
    iotaOf([], { size }),
    range(ndim).map((d) => (d === dim ? size : 1)),
  );
}

/** Gives every input a first dimension of `size` examples: inputs that are not batched are repeated. */
export function batchAll(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
): Tensor[] {
  return inputs.map((x, i) => (batched[i] === true ? x : expandNode(x, [size, ...x.sizes])));
}
