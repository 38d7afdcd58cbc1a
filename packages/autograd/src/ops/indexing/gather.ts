/**
 * @file The primitives that read and write single elements at positions given by an index tensor; each is the other's
 * derivative.
 */
import { ShapeError } from '../../errors.js';
import type { TypedArray } from '../../graph/dtype.js';
import { outOfRange } from '../../graph/outOfBounds.js';
import type { Attrs, Value } from '../../graph/primitive.js';
import { sameShape, show, stridesOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { elementsAt } from '../../kernels/indexing.js';
import { reshapeNode, walk } from '../build/broadcast.js';
import { eq } from '../build/relations.js';
import { castNode, strongMul } from '../build/element.js';
import { batchAll, iotaOf } from '../shape/movement.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';

export interface DimAttrs extends Record<string, number> {
  readonly dim: number;
}

/** Attributes of primitives that read, or add as the derivative of reading, at an index. */
export interface ReadAttrs extends Attrs {
  readonly dim: number;
  /** The name of the index in errors, if another function than the primitive was called: `embedding: index`. */
  readonly what?: string;
}

/** Throws for the first index that is negative or not below `limit`. */
export function checkIndices(what: string, index: TypedArray, limit: number, dim: number): void {
  for (let i = 0; i < index.length; i++) {
    if (index[i]! < 0 || index[i]! >= limit) throw outOfRange(what, index[i]!, limit, i, dim);
  }
}

/**
 * `out[i][j][k] = x[index[i][j][k]][j][k]` for `dim` 0, and so on: the result has the shape of the index, which may be
 * smaller than `x` in the other dimensions.
 */
export const gatherOf: PrimitiveOp<ReadAttrs> = primitive<ReadAttrs>('gather', {
  lowering: {
    kind: 'kernel',
    family: elementsAt,
    kernel: ({ dim }) => ({ kind: 'elements', mode: 'gather', dim }),
  },
  shape: ([x, index], { dim }) => {
    const [s, t] = [(x as Tensor).sizes, (index as Tensor).sizes];
    checkIndexShape('gather', t, s, dim);
    return t;
  },
  vjp: (i, ct, [x, index], _out, attrs) =>
    i === 0 ? scatterAddOf([zerosOf(x as Tensor), index as Tensor, ct], attrs) : null,
  jvp: ([t], [, index], _out, attrs) =>
    t === null || t === undefined ? null : gatherOf([t, index as Tensor], attrs),
  batch: (inputs, batched, attrs, size) =>
    gatherOf(batchAll(inputs, batched, size), { ...attrs, dim: attrs.dim + 1 }),
  reference: ([x, index], out, { dim, what = 'gather: index' }) => {
    const { data, shape } = x as Value;
    eachPosition(what, (index as Value).data, out.shape, shape, dim, (i, at) => {
      out.data[i] = data[at]!;
    });
  },
});

/** Calls `f(position in the index, position in x)` for each element. */
export function eachPosition(
  what: string,
  index: TypedArray,
  indexShape: Shape,
  shape: Shape,
  dim: number,
  f: (i: number, at: number) => void,
): void {
  const strides = stridesOf(shape);
  const step = strides[dim] ?? 1;
  const limit = shape[dim] ?? 1;
  walk(
    indexShape,
    strides.map((s, d) => (d === dim ? 0 : s)),
    (i, at) => {
      const k = index[i]!;
      if (k < 0 || k >= limit) throw outOfRange(what, k, limit, i, dim);
      f(i, at + k * step);
    },
  );
}

export function checkIndexShape(op: string, index: Shape, x: Shape, dim: number): void {
  if (index.length !== x.length || index.some((n, d) => d !== dim && n > x[d]!)) {
    throw new ShapeError(
      `${op}: the index of shape ${show(index)} must have as many dimensions as the tensor of shape ${show(x)}` +
        ` and be no larger in any dimension but ${dim}`,
    );
  }
}

/** `x` with `src` added at the positions that `gather` with the same index reads; equal positions add up. */
export const scatterAddOf: PrimitiveOp<ReadAttrs> = primitive<ReadAttrs>('scatterAdd', {
  lowering: {
    kind: 'kernel',
    family: elementsAt,
    kernel: ({ dim }) => ({ kind: 'elements', mode: 'add', dim }),
  },
  shape: ([x, index, src], { dim }) => {
    scatterShapes('scatterAdd', x as Tensor, index as Tensor, src as Tensor, dim);
    return (x as Tensor).sizes;
  },
  vjp: (i, ct, [, index], _out, attrs) =>
    i === 0 ? ct : i === 2 ? gatherOf([ct, index as Tensor], attrs) : null,
  jvp: ([t, , u], [x, index, src], _out, attrs) =>
    scatterAddOf([t ?? zerosOf(x as Tensor), index as Tensor, u ?? zerosOf(src as Tensor)], attrs),
  batch: (inputs, batched, attrs, size) =>
    scatterAddOf(batchAll(inputs, batched, size), { ...attrs, dim: attrs.dim + 1 }),
  reference: ([x, index, src], out, { dim, what = 'scatterAdd: index' }) => {
    const add = (src as Value).data;
    const acc: TypedArray =
      out.dtype === 'float32' ? Float64Array.from((x as Value).data) : out.data;
    if (acc === out.data) acc.set((x as Value).data);
    const bool = out.dtype === 'bool';
    eachPosition(what, (index as Value).data, (index as Value).shape, out.shape, dim, (i, at) => {
      acc[at] = bool ? acc[at]! | add[i]! : acc[at]! + add[i]!;
    });
    if (acc !== out.data) out.data.set(acc);
  },
});

export function scatterShapes(
  op: string,
  x: Tensor,
  index: Tensor,
  src: Tensor,
  dim: number,
): void {
  checkIndexShape(op, index.sizes, x.sizes, dim);
  if (!sameShape(index.sizes, src.sizes)) {
    throw new ShapeError(
      `${op}: the index has shape ${show(index.sizes)}, the source ${show(src.sizes)}; each index needs one element`,
    );
  }
}

/** `x` with `src` written at the positions of the index; of several at one position the last wins. */
export const scatterOf: PrimitiveOp<DimAttrs> = primitive('scatter', {
  lowering: {
    kind: 'kernel',
    family: elementsAt,
    kernel: ({ dim }) => ({ kind: 'elements', mode: 'set', dim }),
  },
  shape: ([x, index, src], { dim }) => {
    scatterShapes('scatter', x as Tensor, index as Tensor, src as Tensor, dim);
    return (x as Tensor).sizes;
  },
  vjp: (i, ct, [, index, src], _out, { dim }) => {
    if (i === 1) return null;
    if (i === 0) return scatterOf([ct, index as Tensor, zerosOf(src as Tensor)], { dim });
    return strongMul(
      castNode(lastWriters(index as Tensor, ct, dim), ct.dtype),
      gatherOf([ct, index as Tensor], { dim }),
    );
  },
  jvp: ([t, , u], [x, index, src], _out, { dim }) =>
    scatterOf([t ?? zerosOf(x as Tensor), index as Tensor, u ?? zerosOf(src as Tensor)], { dim }),
  batch: (inputs, batched, { dim }, size) =>
    scatterOf(batchAll(inputs, batched, size), { dim: dim + 1 }),
  reference: ([x, index, src], out, { dim }) => {
    const { data } = src as Value;
    out.data.set((x as Value).data);
    eachPosition(
      'scatter: index',
      (index as Value).data,
      (index as Value).shape,
      out.shape,
      dim,
      (i, at) => {
        out.data[at] = data[i]!;
      },
    );
  },
});

/** Which elements of a source are not overwritten by a later one: overwritten elements have no derivative. */
function lastWriters(index: Tensor, target: Tensor, dim: number): Tensor {
  const number = reshapeNode(iotaOf([], { size: index.size }), index.sizes);
  const blank = castNode(zerosOf(target), 'int32');
  return eq(gatherOf([scatterOf([blank, index, number], { dim }), index], { dim }), number);
}
