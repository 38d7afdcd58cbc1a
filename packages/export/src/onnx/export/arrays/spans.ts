/**
 * @file Operations on windows that are not a single operator of ONNX: by tables of indices, and by matrices of zeros and
 * ones.
 */
import type { GraphNode, OperationAttributes, OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { CODE } from '../encoded.js';
import type { Recorded } from './rule.js';
import { leading, shapeFor } from '../shapes.js';

type Windows = OperationAttributes['windowArgmax'];

/** The indices of each window's elements, flattened over its dimensions; short windows repeat their first index. */
function tableOf({ size, starts, ends, step }: Windows): { table: Int32Array; longest: number } {
  let windows: number[][] = [[0]];
  size.forEach((n, d) => {
    const own = (starts[d] as readonly number[]).map((start, o) => {
      const places: number[] = [];
      for (let i = start; i < (ends[d]?.[o] as number); i += step[d] as number) places.push(i);
      return places;
    });
    windows = windows.flatMap((before) =>
      own.map((places) => before.flatMap((at) => places.map((i) => at * n + i))),
    );
  });
  const longest = Math.max(...windows.map((places) => places.length));
  const table = windows.flatMap((places) =>
    Array.from({ length: longest }, (_, k) => places[k] ?? (places[0] as number)),
  );
  return { table: Int32Array.from(table), longest };
}

/** The index of the largest element of each window, found by gathering the windows. */
export function windowArgmax(
  e: Emitter,
  { node, inputs, attributes }: Recorded<'windowArgmax'>,
): string {
  const { table, longest } = tableOf(attributes);
  const windows = table.length / longest;
  const area = attributes.size.reduce((n, d) => n * d, 1);
  const flat = e.node('Reshape', [inputs[0] as string, e.ints([-1, area])]);
  const places = e.constant([windows, longest], 'int32', table);
  const gathered = e.node('Gather', [flat, places], { axis: 1 });
  const best = e.node('ArgMax', [gathered], { axis: 2, keepdims: 0 });
  const rows = Int32Array.from({ length: windows }, (_, o) => o * longest);
  const own = e.node('Add', [
    e.node('Cast', [best], { to: CODE.int32 }),
    e.constant([windows], 'int32', rows),
  ]);
  const found = e.node('Gather', [e.node('Reshape', [places, e.ints([-1])]), own], { axis: 0 });
  return e.node('Reshape', [found, shapeFor(e, node)]);
}

/** Multiplies one dimension, counted from the end, by a matrix of zeros and ones: its size becomes the number of columns. */
function along(
  e: Emitter,
  x: string,
  rank: number,
  fromEnd: number,
  matrix: {
    readonly rows: number;
    readonly columns: number;
    has(row: number, column: number): boolean;
  },
  dtype: GraphNode['dtype'],
): string {
  const { rows, columns } = matrix;
  const ones = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) ones[r * columns + c] = matrix.has(r, c) ? 1 : 0;
  const data =
    dtype === 'float64'
      ? ones
      : dtype === 'int32'
        ? Int32Array.from(ones)
        : Float32Array.from(ones);
  const perm = Array.from({ length: rank }, (_, d) => d);
  [perm[rank - 1], perm[rank - fromEnd]] = [rank - fromEnd, rank - 1];
  const turned = (name: string): string =>
    fromEnd === 1 ? name : e.node('Transpose', [name], { perm });
  return turned(e.node('MatMul', [turned(x), e.constant([rows, columns], dtype, data)]));
}

/** Sums over windows, one dimension at a time. */
export function windowSums(
  e: Emitter,
  { node, inputs, attributes: { size, starts, ends } }: Recorded<'windowSum' | 'windowSpread'>,
  spread: boolean,
): string {
  const rank = node.shape.length;
  return size.reduce((x, n, d) => {
    const [from, to] = [starts[d] as readonly number[], ends[d] as readonly number[]];
    const isIn = (i: number, o: number): boolean =>
      i >= (from[o] as number) && i < (to[o] as number);
    const matrix = spread
      ? { rows: from.length, columns: n, has: (o: number, i: number) => isIn(i, o) }
      : { rows: n, columns: from.length, has: isIn };
    return along(e, x, rank, size.length - d, matrix, node.dtype);
  }, inputs[0] as string);
}

/** Sliding windows, gathered with a table of indices, one dimension at a time. */
export function unfold(e: Emitter, { node, inputs, attributes: a }: Recorded<'unfold'>): string {
  const rank = a.size.length;
  const pads = [0, 0, ...a.padLow, 0, 0, ...a.padHigh];
  let x = inputs[0] as string;
  if (pads.some((p) => p !== 0)) x = e.node('Pad', [x, e.ints(pads), e.number(0, node.dtype)]);
  a.kernel.forEach((k, d) => {
    const windows = node.shape[2 + rank + d] as number;
    const places = Int32Array.from({ length: k * windows }, (_, i) => {
      const [tap, window] = [Math.floor(i / windows), i % windows];
      return tap * (a.dilation[d] as number) + window * (a.stride[d] as number);
    });
    // Each earlier dimension has become two.
    x = e.node('Gather', [x, e.constant([k, windows], 'int32', places)], { axis: 2 + 2 * d });
  });
  const dims = Array.from({ length: rank }, (_, d) => d);
  const perm = [0, 1, ...dims.map((d) => 2 + 2 * d), ...dims.map((d) => 3 + 2 * d)];
  return e.node('Transpose', [x], { perm });
}

/** The adjoint of `unfold`: adds up elements with the same index, one dimension at a time. */
export function fold(e: Emitter, { node, inputs, attributes: a }: Recorded<'fold'>): string {
  const rank = a.size.length;
  const [from] = node.inputs as [GraphNode];
  const windows = from.shape.slice(2 + rank);
  const dims = Array.from({ length: rank }, (_, d) => d);
  const perm = [0, 1, ...dims.flatMap((d) => [2 + d, 2 + rank + d])];
  const pairs = e.node('Transpose', [inputs[0] as string], { perm });
  const joined = dims.map((d) => (a.kernel[d] as number) * (windows[d] as number));
  const shape = leading(e, from, 2, joined);
  return dims.reduce(
    (x, d) => {
      const count = windows[d] as number;
      const has = (row: number, i: number): boolean => {
        const [tap, window] = [Math.floor(row / count), row % count];
        const at = tap * (a.dilation[d] as number) + window * (a.stride[d] as number);
        return at - (a.padLow[d] as number) === i;
      };
      const matrix = { rows: joined[d] as number, columns: a.size[d] as number, has };
      return along(e, x, rank + 2, rank - d, matrix, node.dtype);
    },
    e.node('Reshape', [pairs, shape]),
  );
}

/** Sums over evenly spaced windows that are cut off at the edges: means with zeros as padding, times the window size. */
export function windowSum(
  e: Emitter,
  { node, inputs, all, attributes }: Recorded<'windowSum'>,
): string {
  const { size, starts, ends } = attributes;
  const rank = size.length;
  const dims = starts.map((start, d) =>
    regular(start, ends[d] as readonly number[], size[d] as number),
  );
  // Runtimes differ in what they count of padding that is not the same everywhere.
  const found = dims
    .filter((dim) => dim !== null)
    .filter(({ low, high }) => low === high && low === dims[0]?.low);
  if (found.length < rank || rank > 3 || node.dtype === 'int32')
    return windowSums(e, { node, inputs, all, attributes }, false);
  const kernel = found.map((dim) => dim.kernel);
  // Examples and channels come before the window dimensions.
  const [from] = node.inputs as [OperationNode];
  const flat = [-1, 1, ...size];
  const x =
    from.shape.length === rank + 2
      ? (inputs[0] as string)
      : e.node('Reshape', [inputs[0] as string, e.ints(flat)]);
  const pads = found.map((dim) => dim.low);
  const mean = e.node('AveragePool', [x], {
    kernel_shape: kernel,
    strides: found.map((dim) => dim.stride),
    pads: [...pads, ...pads],
    count_include_pad: 1,
  });
  const count = kernel.reduce((n, k) => n * k, 1);
  const sums = e.node('Mul', [mean, e.number(count, node.dtype)]);
  return from.shape.length === rank + 2 ? sums : e.node('Reshape', [sums, shapeFor(e, node)]);
}

/** The geometry of windows of one size at equal distances; null if they are not of that kind. */
function regular(
  starts: readonly number[],
  ends: readonly number[],
  size: number,
): { kernel: number; stride: number; low: number; high: number } | null {
  const n = starts.length;
  const kernel = Math.max(...starts.map((s, i) => (ends[i] as number) - s));
  const low = kernel - (ends[0] as number);
  // The distance follows from a window that is not cut off and its neighbour.
  const apart = starts
    .slice(1)
    .map((s, i) =>
      Math.max(s - (starts[i] as number), (ends[i + 1] as number) - (ends[i] as number)),
    );
  const stride = Math.max(1, ...apart);
  const at = (i: number): number => i * stride - low;
  const fits = starts.every(
    (s, i) => s === Math.max(0, at(i)) && ends[i] === Math.min(size, at(i) + kernel),
  );
  const high = at(n - 1) + kernel - size;
  return fits && low >= 0 && low < kernel && high < kernel
    ? { kernel, stride, low, high: Math.max(0, high) }
    : null;
}
