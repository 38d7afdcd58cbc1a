/** @file Reductions over dimensions, scans along one dimension, and sorting. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { positions, sizeOf } from '../../import/host.js';
import { known, type Known } from '../../import/values.js';
import { dimension, dimensions, isFloat, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

type Reduce = (x: cr.Tensor, dims: number[], options: { keepdim: boolean }) => cr.Tensor;

/** The dimensions to reduce: if none are named, all of them, or none if an attribute says so. */
function reduced(call: Call, rank: number): number[] | null {
  const axes = call.listed('axes', 1);
  if (axes === undefined || axes.length === 0)
    return call.flag('noop_with_empty_axes') ? null : range(rank);
  return dimensions(call, axes, rank);
}

function reduction(name: string, f: Reduce, host?: (x: number, y: number) => number): Operator {
  return operator(
    name,
    (call) => {
      const x = call.tensor(0);
      const dims = reduced(call, x.ndim);
      // Without a dimension to reduce, each element is reduced over itself, so that square, logarithm and the like still
      // apply.
      if (dims === null || dims.length === 0)
        return f(x.unsqueeze(-1), [x.ndim], { keepdim: false });
      return f(x, dims, { keepdim: call.flag('keepdims', true) });
    },
    { fold: host === undefined ? null : (inputs, call) => foldAll(inputs, call, host) },
  );
}

/** Known numbers, reduced over all dimensions. */
function foldAll(
  [x]: readonly Known[],
  call: Call,
  f: (x: number, y: number) => number,
): Known | null {
  const dims = reduced(call, x!.shape.length);
  if (dims?.length !== x!.shape.length || x!.data.length === 0) return null;
  const shape = call.flag('keepdims', true) ? x!.shape.map(() => 1) : [];
  return known([Array.from(x!.data).reduce((a, b) => f(a, b))], shape, x!.dtype);
}

/** The logarithm of the sum of exponentials, in a way that does not overflow. */
const logSumExp: Reduce = (x, dims, options) => cr.logsumexp(x, dims, options);

/** The extreme of booleans is a boolean; that of no elements is the identity of the operation. */
function extreme(f: typeof cr.amax, ofNothing: number): Reduce {
  const of: Reduce = (x, dims, options) => {
    if (dims.every((d) => x.shape[d] !== 0)) return f(x, dims, options);
    const worst = isFloat(x.dtype) ? ofNothing : ofNothing < 0 ? -(2 ** 31) : 2 ** 31 - 1;
    const kept = x.shape.map((n, d) => (dims.includes(d) ? 1 : n));
    return cr.full(options.keepdim ? kept : kept.filter((_, d) => !dims.includes(d)), worst, {
      dtype: x.dtype,
    });
  };
  return (x, dims, options) => {
    if (x.dtype !== 'bool') return of(x, dims, options);
    return of(x.cast('int32'), dims, options).gt(0);
  };
}

const meanOf: Reduce = (x, dims, options) => {
  if (isFloat(x.dtype)) return cr.mean(x, dims, options);
  return cr.mean(x.cast('float64'), dims, options).trunc().cast('int32');
};

const prodOf: Reduce = (x, dims, options) =>
  [...dims].sort((a, b) => b - a).reduce((y, dim) => cr.prod(y, dim, options), x);

/** The index of the largest or smallest element. */
function place(name: string, f: typeof cr.argmax): Operator {
  return operator(name, (call) => {
    const x = call.tensor(0);
    const dim = dimension(call, call.int('axis', 0), x.ndim);
    const keepdim = call.flag('keepdims', true);
    if (!call.flag('select_last_index')) return f(x, dim, { keepdim });
    const last = f(cr.flip(x, dim), dim, { keepdim });
    return cr.sub((x.shape[dim] as number) - 1, last);
  });
}

function scan(name: string, f: (x: cr.Tensor, dim: number) => cr.Tensor, start: number): Operator {
  return operator(
    name,
    (call) => {
      const x = call.tensor(0);
      const dim = dimension(call, call.number(1), x.ndim);
      const forward = call.flag('reverse') ? cr.flip(x, dim) : x;
      let y = f(forward, dim);
      if (call.flag('exclusive')) {
        const n = x.shape[dim] as number;
        const first = cr.full(
          x.shape.map((size, d) => (d === dim ? Math.min(1, n) : size)),
          start,
          { dtype: x.dtype },
        );
        y = cr.narrow(cr.cat([first, y], dim), dim, 0, n);
      }
      return call.flag('reverse') ? cr.flip(y, dim) : y;
    },
    { constants: [1] },
  );
}

function topk(call: Call): Result {
  const x = call.tensor(0);
  const dim = dimension(call, call.int('axis', -1), x.ndim);
  const k = call.attributeGiven('k') ? call.int('k') : call.number(1);
  const { values, indices } = cr.topk(x, k, { dim, largest: call.flag('largest', true) });
  return outputs(values, indices);
}

/** The sorted distinct elements, with the first index of each, and for every element its index among them. */
function unique(call: Call): Result {
  const x = call.tensor(0);
  const axis = call.attributeGiven('axis') ? dimension(call, call.int('axis'), x.ndim) : null;
  const rows =
    axis === null ? x.reshape([-1, 1]) : x.movedim(axis, 0).reshape([x.shape[axis] as number, -1]);
  const [n, width] = rows.shape;
  const data = rows.dataSync();
  const first: number[] = [];
  const groups: number[][] = [];
  const places = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const key = data.slice(i * width, (i + 1) * width).join();
    const group = places.get(key);
    if (group === undefined) {
      places.set(key, groups.length);
      first.push(i);
      groups.push([i]);
    } else groups[group]!.push(i);
  }
  const order = range(first.length);
  if (call.flag('sorted', true)) {
    order.sort((a, b) => {
      for (let j = 0; j < width; j++) {
        const difference = data[first[a]! * width + j]! - data[first[b]! * width + j]!;
        if (difference !== 0) return difference;
      }
      return 0;
    });
  }
  const inverse = new Array<number>(n).fill(0);
  order.forEach((group, to) => groups[group]!.forEach((i) => (inverse[i] = to)));
  const chosen = known(
    order.map((g) => first[g]!),
    [order.length],
  );
  const values =
    axis === null
      ? x.reshape([-1]).indexSelect(0, chosen.tensor)
      : x.indexSelect(axis, chosen.tensor);
  return outputs(
    values,
    chosen,
    known(inverse, [n]),
    known(
      order.map((g) => groups[g]!.length),
      [order.length],
    ),
  );
}

/** The indices of the elements that are not 0, one column each. */
function nonZero(call: Call): Result {
  const x = call.known(0);
  if (x === null) return cr.nonzero(call.tensor(0)).transpose(0, 1);
  const found = [...positions(x.shape)].map((at) => [...at]).filter((_, i) => x.data[i] !== 0);
  return known(
    x.shape.flatMap((_, d) => found.map((at) => at[d]!)),
    [x.shape.length, found.length],
  );
}

export const REDUCTIONS: readonly Operator[] = [
  reduction(
    'ReduceSum',
    (x, dims, o) => cr.sum(x, dims, o),
    (x, y) => x + y,
  ),
  reduction('ReduceMean', meanOf),
  reduction('ReduceMax', extreme(cr.amax, -Infinity), Math.max),
  reduction('ReduceMin', extreme(cr.amin, Infinity), Math.min),
  reduction('ReduceProd', prodOf, (x, y) => x * y),
  reduction('ReduceL1', (x, dims, o) => cr.sum(x.abs(), dims, o)),
  reduction('ReduceL2', (x, dims, o) => cr.sum(x.square(), dims, o).sqrt().cast(x.dtype)),
  reduction('ReduceSumSquare', (x, dims, o) => cr.sum(x.square(), dims, o)),
  reduction('ReduceLogSum', (x, dims, o) => cr.sum(x, dims, o).log().cast(x.dtype)),
  reduction('ReduceLogSumExp', (x, dims, o) =>
    logSumExp(isFloat(x.dtype) ? x : x.cast('float64'), dims, o).cast(x.dtype),
  ),
  place('ArgMax', cr.argmax),
  place('ArgMin', cr.argmin),
  scan('CumSum', cr.cumsum, 0),
  scan('CumProd', cr.cumprod, 1),
  operator('TopK', topk, { constants: [1] }),
  operator('Unique', unique),
  operator('NonZero', nonZero),
  operator('Size', (call) => known([sizeOf(call.shape(0))], [])),
];
