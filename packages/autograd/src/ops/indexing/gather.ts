/** @file The primitives that read and write at places given by an index tensor, each the other's derivative. */
import { IndexError, ShapeError } from '../../errors.js';
import type { TypedArray } from '../../graph/dtype.js';
import type { Attrs, Value } from '../../graph/primitive.js';
import { sameShape, show, sizeOf, stridesOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { elementsAt, slicesAt } from '../../kernels/indexing.js';
import { expandNode, reshapeNode, walk } from '../build/broadcast.js';
import { eq } from '../build/relations.js';
import { castNode, strongMul } from '../build/element.js';
import { batchAll, iotaOf, moveDim } from '../shape/movement.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';

interface DimAttrs extends Record<string, number> {
  readonly dim: number;
}

/** Of what reads at an index. */
interface ReadAttrs extends Attrs {
  readonly dim: number;
  /** The index in errors, where something else than the primitive was called: `embedding: index`. */
  readonly what?: string;
}

/** An index out of range, by what it is (`gather: index`), value, limit and place. */
export function outOfRange(
  what: string,
  value: number,
  limit: number,
  position: number,
  dim: number,
): IndexError {
  return new IndexError(
    `${what} ${value} at position ${position} is out of range for dimension ${dim} of size ${limit}; ` +
      (limit === 0 ? 'it is empty' : `it must be from 0 to ${limit - 1}`),
  );
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
  vjp: (i, ct, [x, index], _out, { dim }) =>
    i === 0 ? scatterAddOf([zerosOf(x as Tensor), index as Tensor, ct], { dim }) : null,
  jvp: ([t], [, index], _out, { dim }) =>
    t === null || t === undefined ? null : gatherOf([t, index as Tensor], { dim }),
  batch: (inputs, batched, attrs, size) =>
    gatherOf(batchAll(inputs, batched, size), { ...attrs, dim: attrs.dim + 1 }),
  reference: ([x, index], out, { dim, what = 'gather: index' }) => {
    const { data, shape } = x as Value;
    places(what, (index as Value).data, out.shape, shape, dim, (i, at) => {
      out.data[i] = data[at]!;
    });
  },
});

/** Calls `f(position in the index, position in x)`. */
export function places(
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

/** `x` with `src` added at the places that `gather` with the same index reads; equal places add up. */
export const scatterAddOf: PrimitiveOp<DimAttrs> = primitive('scatterAdd', {
  lowering: {
    kind: 'kernel',
    family: elementsAt,
    kernel: ({ dim }) => ({ kind: 'elements', mode: 'add', dim }),
  },
  shape: ([x, index, src], { dim }) => {
    scatterShapes('scatterAdd', x as Tensor, index as Tensor, src as Tensor, dim);
    return (x as Tensor).sizes;
  },
  vjp: (i, ct, [, index], _out, { dim }) =>
    i === 0 ? ct : i === 2 ? gatherOf([ct, index as Tensor], { dim }) : null,
  jvp: ([t, , u], [x, index, src], _out, { dim }) =>
    scatterAddOf([t ?? zerosOf(x as Tensor), index as Tensor, u ?? zerosOf(src as Tensor)], {
      dim,
    }),
  batch: (inputs, batched, { dim }, size) =>
    scatterAddOf(batchAll(inputs, batched, size), { dim: dim + 1 }),
  reference: ([x, index, src], out, { dim }) => {
    const add = (src as Value).data;
    const acc: TypedArray =
      out.dtype === 'float32' ? Float64Array.from((x as Value).data) : out.data;
    if (acc === out.data) acc.set((x as Value).data);
    const bool = out.dtype === 'bool';
    places(
      'scatterAdd: index',
      (index as Value).data,
      (index as Value).shape,
      out.shape,
      dim,
      (i, at) => {
        acc[at] = bool ? acc[at]! | add[i]! : acc[at]! + add[i]!;
      },
    );
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

/** `x` with `src` written at the places of the index; of several at one place the last stays. */
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
      castNode(survivors(index as Tensor, ct, dim), ct.dtype),
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
    places(
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

/** Which elements of a source are not overwritten by a later one: what was overwritten has no derivative. */
function survivors(index: Tensor, target: Tensor, dim: number): Tensor {
  const number = reshapeNode(iotaOf([], { size: index.size }), index.sizes);
  const blank = castNode(zerosOf(target), 'int32');
  return eq(gatherOf([scatterOf([blank, index, number], { dim }), index], { dim }), number);
}

/**
 * Whole slices of `x` along `dim`, chosen by an index of any shape, which takes that dimension's place:
 * `[…, n, …]` and `[k…]` give `[…, k…, …]`.
 */
export const takeOf: PrimitiveOp<ReadAttrs> = primitive<ReadAttrs>('take', {
  lowering: {
    kind: 'kernel',
    family: slicesAt,
    kernel: ({ dim }) => ({ kind: 'slices', mode: 'gather', dim }),
  },
  shape: ([x, index], { dim }) => takenShape((x as Tensor).sizes, (index as Tensor).sizes, dim),
  vjp: (i, ct, [x, index], _out, { dim }) =>
    i === 0 ? indexAddOf([zerosOf(x as Tensor), index as Tensor, ct], { dim }) : null,
  jvp: ([t], [, index], _out, { dim }) =>
    t === null || t === undefined ? null : takeOf([t, index as Tensor], { dim }),
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

/** An index of each example, `[size, k…]`, repeated over the slices it chooses: `shape` with all of `k` at `dim`. */
function alongSlices(index: Tensor, shape: Shape, dim: number): Tensor {
  const own = shape.map((n, d) => (d === 0 || d === dim ? n : 1));
  return expandNode(reshapeNode(index, own), shape);
}

/** Calls `f(offset in x, offset of the same slice in the taken tensor, length)` for each piece that lies together. */
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

/** `x` with slices of `src` added at the places that `take` with the same index reads; equal places add up. */
export const indexAddOf: PrimitiveOp<DimAttrs> = primitive('indexAdd', {
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
  vjp: (i, ct, [, index], _out, { dim }) =>
    i === 0 ? ct : i === 2 ? takeOf([ct, index as Tensor], { dim }) : null,
  jvp: ([t, , u], [x, index, src], _out, { dim }) =>
    indexAddOf([t ?? zerosOf(x as Tensor), index as Tensor, u ?? zerosOf(src as Tensor)], { dim }),
  batch: (inputs, batched, { dim }, size) => {
    const [x, , src] = batchAll(inputs, [batched[0] === true, true, batched[2] === true], size) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const index = inputs[1] as Tensor;
    if (batched[1] !== true) return indexAddOf([x, inputs[1] as Tensor, src], { dim: dim + 1 });
    const flat = [
      ...x.sizes.slice(0, dim + 1),
      sizeOf(index.sizes.slice(1)),
      ...x.sizes.slice(dim + 2),
    ];
    return scatterAddOf([x, alongSlices(index, flat, dim + 1), reshapeNode(src, flat)], {
      dim: dim + 1,
    });
  },
  reference: ([x, index, src], out, { dim }) => {
    const add = (src as Value).data;
    const acc: TypedArray =
      out.dtype === 'float32' ? Float64Array.from((x as Value).data) : out.data;
    if (acc === out.data) acc.set((x as Value).data);
    const bool = out.dtype === 'bool';
    slices('indexAdd: index', (index as Value).data, out.shape, dim, (at, from, inner) => {
      for (let i = 0; i < inner; i++)
        acc[at + i] = bool ? acc[at + i]! | add[from + i]! : acc[at + i]! + add[from + i]!;
    });
    if (acc !== out.data) out.data.set(acc);
  },
});
