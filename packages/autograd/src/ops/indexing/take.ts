/**
 * @file The primitives that read and add whole slices at positions given by an index tensor; each is the other's derivative.
 */
import { ShapeError } from '../../errors.js';
import type { TypedArray } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import { sameShape, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { slicesAt } from '../../kernels/indexing.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { batchAll, moveDim } from '../shape/movement.js';
import { checkIndices, gatherOf, scatterAddOf, type ReadAttrs } from './gather.js';

/**
 * Whole slices of `x` along `dim`, chosen by an index of any shape, which replaces that dimension: `[…, n, …]` and `[k…]` give
 * `[…, k…, …]`.
 */
export const takeOf: PrimitiveOp<ReadAttrs> = primitive<ReadAttrs>('take', {
  lowering: {
    kind: 'kernel',
    family: slicesAt,
    kernel: ({ dim }) => ({ kind: 'slices', mode: 'gather', dim }),
  },
  shape: ([x, index], { dim }) => takenShape((x as Tensor).sizes, (index as Tensor).sizes, dim),
  vjp: (i, ct, [x, index], _out, attrs) =>
    i === 0 ? indexAddOf([zerosOf(x as Tensor), index as Tensor, ct], attrs) : null,
  jvp: ([t], [, index], _out, attrs) =>
    t === null || t === undefined ? null : takeOf([t, index as Tensor], attrs),
  batch: ([x, index], batched, attrs, size) => {
    const { dim } = attrs;
    const [a, b] = [x as Tensor, index as Tensor];
    if (batched[1] !== true) return takeOf([a, b], { ...attrs, dim: dim + 1 });
    if (batched[0] !== true) return moveDim(takeOf([a, b], attrs), dim, 0);
    const k = b.sizes.slice(1);
    const flat = [size, ...a.sizes.slice(1, dim + 1), sizeOf(k), ...a.sizes.slice(dim + 2)];
    const y = gatherOf([a, alongSlices(b, flat, dim + 1)], { ...attrs, dim: dim + 1 });
    return reshapeNode(y, takenShape(a.sizes, k, dim + 1));
  },
  reference: ([x, index], out, { dim, what = 'take: index' }) => {
    const { data, shape } = x as Value;
    slices(what, (index as Value).data, shape, dim, (from, to, inner) => {
      if (inner === 1) out.data[to] = data[from]!;
      else out.data.set(data.subarray(from, from + inner), to);
    });
  },
});

function takenShape(x: Shape, index: Shape, dim: number): number[] {
  return [...x.slice(0, dim), ...index, ...x.slice(dim + 1)];
}

/** An index per example, `[size, k…]`, expanded over the slices it chooses: `shape` with all of `k` at `dim`. */
function alongSlices(index: Tensor, shape: Shape, dim: number): Tensor {
  const own = shape.map((n, d) => (d === 0 || d === dim ? n : 1));
  return expandNode(reshapeNode(index, own), shape);
}

/** Calls `f(offset in x, offset of the same slice in the taken tensor, length)` for each contiguous piece. */
function slices(
  what: string,
  index: TypedArray,
  shape: Shape,
  dim: number,
  f: (from: number, to: number, inner: number) => void,
): void {
  const limit = shape[dim]!;
  const inner = sizeOf(shape.slice(dim + 1));
  const outer = sizeOf(shape.slice(0, dim));
  const k = index.length;
  checkIndices(what, index, limit, dim);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < k; j++) f((o * limit + index[j]!) * inner, (o * k + j) * inner, inner);
  }
}

/** `x` with slices of `src` added at the positions that `take` with the same index reads; equal positions add up. */
export const indexAddOf: PrimitiveOp<ReadAttrs> = primitive<ReadAttrs>('indexAdd', {
  lowering: {
    kind: 'kernel',
    family: slicesAt,
    kernel: ({ dim }) => ({ kind: 'slices', mode: 'add', dim }),
  },
  shape: ([x, index, src], { dim }) => {
    const expected = takenShape((x as Tensor).sizes, (index as Tensor).sizes, dim);
    if (!sameShape(expected, (src as Tensor).sizes)) {
      throw new ShapeError(
        `indexAdd: the source has shape ${show((src as Tensor).sizes)}, expected ${show(expected)}: ` +
          `that of the tensor, ${show((x as Tensor).sizes)}, with one slice for each index in dimension ${dim}`,
      );
    }
    return (x as Tensor).sizes;
  },
  vjp: (i, ct, [, index], _out, attrs) =>
    i === 0 ? ct : i === 2 ? takeOf([ct, index as Tensor], attrs) : null,
  jvp: ([t, , u], [x, index, src], _out, attrs) =>
    indexAddOf([t ?? zerosOf(x as Tensor), index as Tensor, u ?? zerosOf(src as Tensor)], attrs),
  batch: (inputs, batched, attrs, size) => {
    const dim = attrs.dim + 1;
    const [x, , src] = batchAll(inputs, [batched[0] === true, true, batched[2] === true], size) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const index = inputs[1] as Tensor;
    if (batched[1] !== true) return indexAddOf([x, index, src], { ...attrs, dim });
    const flat = [
      ...x.sizes.slice(0, dim),
      sizeOf(index.sizes.slice(1)),
      ...x.sizes.slice(dim + 1),
    ];
    return scatterAddOf([x, alongSlices(index, flat, dim), reshapeNode(src, flat)], {
      ...attrs,
      dim,
    });
  },
  reference: ([x, index, src], out, { dim, what = 'indexAdd: index' }) => {
    const add = (src as Value).data;
    const acc: TypedArray =
      out.dtype === 'float32' ? Float64Array.from((x as Value).data) : out.data;
    if (acc === out.data) acc.set((x as Value).data);
    const bool = out.dtype === 'bool';
    slices(what, (index as Value).data, out.shape, dim, (at, from, inner) => {
      for (let i = 0; i < inner; i++)
        acc[at + i] = bool ? acc[at + i]! | add[from + i]! : acc[at + i]! + add[from + i]!;
    });
    if (acc !== out.data) out.data.set(acc);
  },
});
