/** @file Operators that concatenate and split tensors. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { rearranged, sizeOf } from '../../import/host.js';
import { integers, known, Strings, type Known } from '../../import/values.js';
import { dimension, dimensions, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

function concat(call: Call): Result {
  const values = call.values();
  if (values[0] instanceof Strings) return new Strings(values.flatMap((x) => (x as Strings).data));
  const tensors = call.tensors();
  const dim = dimension(call, call.int('axis', 1), tensors[0]?.ndim ?? 0);
  return cr.cat(tensors, dim);
}

function foldConcat(inputs: readonly Known[], call: Call): Known | null {
  const [first] = inputs as readonly [Known];
  const dim = dimension(call, call.int('axis', 1), first.shape.length);
  const total = inputs.reduce((n, x) => n + (x.shape[dim] ?? 0), 0);
  const shape = first.shape.map((n, d) => (d === dim ? total : n));
  const data = joined(inputs, dim);
  return data.length === sizeOf(shape) ? known(data, shape, first.dtype) : null;
}

/** The elements of arrays concatenated along a dimension. */
function joined(inputs: readonly Known[], dim: number): number[] {
  const outer = sizeOf(inputs[0]!.shape.slice(0, dim));
  return range(outer).flatMap((i) =>
    inputs.flatMap((x) => {
      const run = x.data.length / Math.max(outer, 1);
      return Array.from(x.data.subarray(i * run, (i + 1) * run));
    }),
  );
}

/** The start of a slice along a dimension, the number of its elements, and the step between them. */
interface SliceRange {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** The largest integers mean 'to the end', also backwards, as ONNX Runtime and models written for it have it. */
function endless(end: number | undefined): boolean {
  return end === 2 ** 31 - 1 || (end ?? 0) >= 2 ** 63;
}

function sliceRanges(call: Call, shape: readonly number[]): SliceRange[] {
  const starts = call.listed('starts', 1) ?? call.refuse('the starts are missing');
  const ends = call.listed('ends', 2) ?? call.refuse('the ends are missing');
  const axes = dimensions(call, call.listed('axes', 3) ?? range(starts.length), shape.length);
  const steps = (call.has(4) ? call.numbers(4) : undefined) ?? starts.map(() => 1);
  const ranges = shape.map((count): SliceRange => ({ start: 0, count, step: 1 }));
  axes.forEach((d, i) => {
    const [n, step] = [shape[d]!, steps[i] ?? 1];
    if (step === 0) call.refuse('a step is 0');
    const bound = (x: number | undefined, low: number, high: number): number =>
      Math.min(Math.max(x === undefined ? high : x < 0 ? x + n : x, low), high);
    const start = step > 0 ? bound(starts[i], 0, n) : bound(starts[i], 0, n - 1);
    const given = step < 0 && endless(ends[i]) ? -Infinity : ends[i];
    const end = step > 0 ? bound(given, 0, n) : bound(given, -1, n - 1);
    ranges[d] = { start, count: Math.max(0, Math.ceil((end - start) / step)), step };
  });
  return ranges;
}

function slice(call: Call): Result {
  const value = call.value(0);
  if (value instanceof Strings) {
    const [range0] = sliceRanges(call, value.shape);
    const { start, count, step } = range0 ?? call.refuse('a string cannot be split');
    return new Strings(range(count).map((i) => value.data[start + i * step]!));
  }
  const x = call.tensor(0);
  return sliceRanges(call, x.shape).reduce((y, { start, count, step }, d) => {
    if (step === 1) return count === x.shape[d] ? y : cr.narrow(y, d, start, count);
    const places = range(count).map((i) => start + i * step);
    return y.indexSelect(d, integers(places).tensor);
  }, x);
}

function split(call: Call): Result {
  const x = call.tensor(0);
  const dim = dimension(call, call.int('axis', 0), x.ndim);
  const n = x.shape[dim] as number;
  let sizes = call.listed('split', 1);
  if (sizes === undefined) {
    const parts = call.int('num_outputs', call.outputCount);
    const size = Math.ceil(n / parts);
    sizes = range(parts).map((i) => Math.max(0, Math.min(size, n - i * size)));
  }
  return outputs(...cr.split(x, sizes, dim));
}

export const JOINING: readonly Operator[] = [
  operator('Concat', concat, { fold: foldConcat }),
  operator('Slice', slice, {
    constants: [1, 2, 3, 4],
    fold: ([x], call) => {
      const ranges = sliceRanges(call, x!.shape);
      return rearranged(
        x!,
        ranges.map(({ count }) => count),
        (at) => at.map((i, d) => ranges[d]!.start + i * ranges[d]!.step),
      );
    },
  }),
  // An experimental operator of early files, with the inputs that `Slice` later got.
  operator('DynamicSlice', slice, { constants: [1, 2, 3] }),
  operator('Split', split),
];
