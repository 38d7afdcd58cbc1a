/** @file Operations on whole arrays, as operators of ONNX. */
import type { OperationAttributes, OperationName, OperationNode } from '@chainrule/autograd/graph';
import {
  cumprod,
  cumsum,
  cumulativeExtreme,
  linearRecurrence,
  logcumsumexp,
} from './cumulative.js';
import { BEFORE_START, CODE, refuse, TO_END, type Emitter } from './emitter.js';
import { isFixed, type Size } from './sizes.js';
import { shapeFor } from './shapes.js';
import { fold, unfold, windowArgmax, windowSums } from './spans.js';

/** An operation as it was recorded at one set of sizes. */
export interface Recorded<K extends OperationName> {
  readonly node: OperationNode;
  readonly inputs: readonly string[];
  /** Its attributes at each set of sizes; the first are those of `node`. */
  readonly all: readonly OperationAttributes[K][];
  readonly attributes: OperationAttributes[K];
}

type Rule<K extends OperationName> = (e: Emitter, op: Recorded<K>) => string;

const flag = (b: boolean): number => (b ? 1 : 0);

function expand(e: Emitter, { node, inputs }: Recorded<'expand'>): string {
  return e.node('Expand', [inputs[0] as string, e.sizes(e.shape(node), node)]);
}

/** Where a slice begins and ends along one dimension, in a way that holds at every size; null where it is the whole. */
function bounds(
  node: OperationNode,
  starts: Size,
  sizes: Size,
  step: number,
  whole: Size,
): readonly [start: number, end: number] | null {
  const n = starts.length;
  const at = (f: (i: number) => boolean): boolean =>
    Array.from({ length: n }, (_, i) => i).every(f);
  if (step === 1 && at((i) => starts[i] === 0 && sizes[i] === whole[i])) return null;
  const fromEnd = starts.map((s, i) => s - (whole[i] as number));
  const start = isFixed(starts) ? (starts[0] as number) : fixedOf(fromEnd);
  if (start === null) return refuse(node, 'where it begins depends on what is dynamic');
  // One step behind the last element.
  const ends = starts.map((s, i) => s + (sizes[i] as number) * step);
  if (step > 0 && at((i) => (ends[i] as number) >= (whole[i] as number))) return [start, TO_END];
  if (step < 0 && at((i) => (ends[i] as number) < 0)) return [start, BEFORE_START];
  if (isFixed(ends)) return [start, ends[0] as number];
  const end = fixedOf(ends.map((x, i) => x - (whole[i] as number)));
  return end === null ? refuse(node, 'where it ends depends on what is dynamic') : [start, end];
}

/** The one number, if it is negative, so that it counts from the end. */
function fixedOf(values: readonly number[]): number | null {
  return isFixed(values) && (values[0] as number) < 0 ? (values[0] as number) : null;
}

function slice(e: Emitter, { node, inputs, all }: Recorded<'slice'>): string {
  const whole = e.shape(node.inputs[0] as OperationNode);
  const chosen = whole.flatMap((sizes, d) => {
    const of = (read: (a: OperationAttributes['slice']) => readonly number[]): number[] =>
      all.map((a) => read(a)[d] as number);
    const step = of((a) => a.step)[0] as number;
    const range = bounds(
      node,
      of((a) => a.start),
      of((a) => a.size),
      step,
      sizes,
    );
    return range === null ? [] : [{ d, step, start: range[0], end: range[1] }];
  });
  if (chosen.length === 0) return e.node('Identity', [inputs[0] as string]);
  return e.node('Slice', [
    inputs[0] as string,
    e.ints(chosen.map((c) => c.start)),
    e.ints(chosen.map((c) => c.end)),
    e.ints(chosen.map((c) => c.d)),
    e.ints(chosen.map((c) => c.step)),
  ]);
}

function pad(e: Emitter, { node, inputs, all }: Recorded<'pad'>): string {
  const from = e.shape(node.inputs[0] as OperationNode);
  if (all.some(({ step }) => step.some((s) => s !== 1)))
    refuse(node, 'elements that are moved apart have no operator in ONNX');
  const low = from.map((_, d) => all.map((a) => a.start[d] as number));
  const high = from.map((sizes, d) =>
    all.map((a, i) => (a.shape[d] as number) - (a.start[d] as number) - (sizes[i] as number)),
  );
  if (![...low, ...high].every(isFixed))
    refuse(node, 'how much is added depends on what is dynamic');
  const pads = e.ints([...low, ...high].map((s) => s[0] as number));
  const isBool = node.dtype === 'bool';
  const cast = (x: string): string => (isBool ? e.node('Cast', [x], { to: CODE.int32 }) : x);
  // The filling is one element of any shape.
  const value = e.node('Reshape', [cast(inputs[1] as string), e.ints([])]);
  const y = e.node('Pad', [cast(inputs[0] as string), pads, value]);
  return isBool ? e.node('Cast', [y], { to: CODE.bool }) : y;
}

/** A reduction with the dimensions as an input, or up to version 17 as an attribute. */
function reduction(name: string): Rule<'sum' | 'prod' | 'max' | 'min'> {
  return (e, { node, inputs, attributes: { dims, keepdim } }) => {
    const from = node.inputs[0]?.dtype;
    const x =
      from === 'bool'
        ? e.node('Cast', [inputs[0] as string], { to: CODE.int32 })
        : (inputs[0] as string);
    const y =
      e.opset >= 18 || name === 'ReduceSum'
        ? e.node(name, [x, e.ints(dims)], { keepdims: flag(keepdim), noop_with_empty_axes: 1 })
        : dims.length === 0
          ? e.node('Identity', [x])
          : e.node(name, [x], { axes: dims, keepdims: flag(keepdim) });
    return node.dtype === 'bool' ? e.node('Cast', [y], { to: CODE.bool }) : y;
  };
}

/** Places count in int64 there, in int32 here. */
const int32 = (e: Emitter, x: string): string => e.node('Cast', [x], { to: CODE.int32 });

function place(op: string): Rule<'argmax' | 'argmin'> {
  return (e, { inputs, attributes: { dim, keepdim } }) =>
    int32(e, e.node(op, inputs, { axis: dim, keepdims: flag(keepdim) }));
}

function matmul(e: Emitter, { node, inputs, attributes }: Recorded<'matmul'>): string {
  const [a, b] = node.inputs.map((x) => x.shape.length) as [number, number];
  const [x, y] = inputs as [string, string];
  const turned = (value: string, rank: number): string => {
    const perm = Array.from({ length: rank }, (_, d) => d);
    [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
    return e.node('Transpose', [value], { perm });
  };
  const { transA, transB } = attributes;
  if (a === 2 && b === 2 && (transA || transB) && node.dtype !== 'int32')
    return e.node('Gemm', [x, y], { transA: flag(transA), transB: flag(transB) });
  return e.node('MatMul', [transA ? turned(x, a) : x, transB ? turned(y, b) : y]);
}

export function conv(e: Emitter, { inputs, attributes: a }: Recorded<'conv'>): string {
  const [x, w, bias] = inputs as [string, string, string | undefined];
  const least = [...a.padLow, ...a.padHigh].map((p) => Math.max(p, 0));
  let input = x;
  // Negative padding cuts off.
  if ([...a.padLow, ...a.padHigh].some((p) => p < 0)) {
    const dims = a.padLow.map((_, d) => d + 2);
    const starts = a.padLow.map((p) => Math.max(-p, 0));
    const ends = a.padHigh.map((p) => (p < 0 ? p : TO_END));
    input = e.node('Slice', [x, e.ints(starts), e.ints(ends), e.ints(dims)]);
  }
  return e.node('Conv', bias === undefined ? [input, w] : [input, w, bias], {
    strides: a.stride,
    pads: least,
    dilations: a.dilation,
    group: a.groups,
  });
}

/** The gradient of a convolution by its input is the transposed convolution. */
export function convInput(e: Emitter, op: Recorded<'convInput'>): string {
  const { attributes: a, node, inputs, all } = op;
  // What the padding leaves over behind the last window.
  const more = a.size.map((_, d) =>
    all.map((b) => {
      const windows = (e.shape(node.inputs[0] as OperationNode)[d + 2] as Size)[
        all.indexOf(b)
      ] as number;
      const reach = ((b.kernel[d] as number) - 1) * (b.dilation[d] as number) + 1;
      const full = (windows - 1) * (b.stride[d] as number) + reach;
      return (b.size[d] as number) + (b.padLow[d] as number) + (b.padHigh[d] as number) - full;
    }),
  );
  if (!more.every(isFixed) || [...a.padLow, ...a.padHigh].some((p) => p < 0))
    refuse(node, 'its padding is none that ONNX has');
  const [y, w, bias] = inputs as [string, string, string | undefined];
  return e.node('ConvTranspose', bias === undefined ? [y, w] : [y, w, bias], {
    strides: a.stride,
    pads: [...a.padLow, ...a.padHigh],
    dilations: a.dilation,
    group: a.groups,
    output_padding: more.map((s) => s[0] as number),
  });
}

function argsort(
  e: Emitter,
  { node, inputs, attributes: { dim, descending } }: Recorded<'argsort'>,
): string {
  const size =
    e.size(e.shape(node)[dim] as Size) ?? refuse(node, 'its size depends on what is dynamic');
  const [, places] = e.outputs('TopK', [inputs[0] as string, size], 2, {
    axis: dim,
    largest: flag(descending),
  });
  return int32(e, places as string);
}

function scatter(reduction: string): Rule<'scatter' | 'scatterAdd' | 'scatterProd'> {
  return (e, { inputs, attributes: { dim } }) =>
    e.node(
      'ScatterElements',
      inputs,
      reduction === 'none' ? { axis: dim } : { axis: dim, reduction },
    );
}

/** A shape with one dimension left open. */
function alongWith(e: Emitter, node: OperationNode, sizes: readonly Size[], dim: number): string {
  const parts = sizes.map((size, d) =>
    d === dim
      ? e.ints([-1])
      : (e.size(size) ?? refuse(node, 'its size depends on what is dynamic')),
  );
  return e.node('Concat', parts, { axis: 0 });
}

/** Slices added at places: the places are spread over the slices. */
function indexAdd(e: Emitter, { node, inputs, attributes: { dim } }: Recorded<'indexAdd'>): string {
  const [x, index, source] = inputs as [string, string, string];
  const from = node.inputs[2] as OperationNode;
  const places = node.inputs[1] as OperationNode;
  const around = [
    ...Array<number>(dim).fill(1),
    ...Array<number>(node.shape.length - dim - 1).fill(1),
  ];
  const spread = [...around.slice(0, dim), ...places.shape, ...around.slice(dim)];
  const sizes = e.shape(places);
  const column = sizes.every(isFixed)
    ? e.node('Reshape', [index, e.ints(spread)])
    : e.node('Unsqueeze', [
        index,
        e.ints(spread.flatMap((_, d) => (d < dim || d >= dim + sizes.length ? [d] : []))),
      ]);
  const each = e.node('Expand', [column, e.sizes(e.shape(from), node)]);
  const result = e.shape(node);
  const flat = (name: string): string =>
    sizes.length === 1 ? name : e.node('Reshape', [name, alongWith(e, node, result, dim)]);
  return e.node('ScatterElements', [x, flat(each), flat(source)], { axis: dim, reduction: 'add' });
}

/** By comparing, as runtimes have `OneHot` for few types. */
function oneHot(e: Emitter, { inputs, attributes: { count } }: Recorded<'oneHot'>): string {
  const classes = e.constant(
    [count],
    'int32',
    Int32Array.from({ length: count }, (_, i) => i),
  );
  const column = e.node('Unsqueeze', [inputs[0] as string, e.ints([-1])]);
  return int32(e, e.node('Equal', [column, classes]));
}

function iota(e: Emitter, { node }: Recorded<'iota'>): string {
  const [size] = e.shape(node) as [Size];
  const n = e.size(size) ?? refuse(node, 'its size depends on what is dynamic');
  const scalar = e.node('Squeeze', [int32(e, n)]);
  return e.node('Range', [e.number(0, 'int32'), scalar, e.number(1, 'int32')]);
}

/** Sums over windows at equal distances, cut off at the edges, are means with zeros around, times the size of a window. */
function windowSum(e: Emitter, { node, inputs, all, attributes }: Recorded<'windowSum'>): string {
  const { size, starts, ends } = attributes;
  const rank = size.length;
  const dims = starts.map((start, d) =>
    regular(start, ends[d] as readonly number[], size[d] as number),
  );
  const found = dims.filter((dim) => dim !== null);
  if (found.length < rank || rank > 3 || node.dtype === 'int32')
    return windowSums(e, { node, inputs, all, attributes }, false);
  const kernel = found.map((dim) => dim.kernel);
  // What is before the windows is examples and channels.
  const [from] = node.inputs as [OperationNode];
  const flat = [-1, 1, ...size];
  const x =
    from.shape.length === rank + 2
      ? (inputs[0] as string)
      : e.node('Reshape', [inputs[0] as string, e.ints(flat)]);
  const mean = e.node('AveragePool', [x], {
    kernel_shape: kernel,
    strides: found.map((dim) => dim.stride),
    pads: [...found.map((dim) => dim.low), ...found.map((dim) => dim.high)],
    count_include_pad: 1,
  });
  const count = kernel.reduce((n, k) => n * k, 1);
  const sums = e.node('Mul', [mean, e.number(count, node.dtype)]);
  return from.shape.length === rank + 2 ? sums : e.node('Reshape', [sums, shapeFor(e, node)]);
}

/** Windows of one size at equal distances; null if they are none. */
function regular(
  starts: readonly number[],
  ends: readonly number[],
  size: number,
): { kernel: number; stride: number; low: number; high: number } | null {
  const n = starts.length;
  const kernel = Math.max(...starts.map((s, i) => (ends[i] as number) - s));
  const low = kernel - (ends[0] as number);
  // Where a window is whole on both sides its neighbour tells the distance.
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

/** Where the lower median is: the element in the middle of those in order. */
function middle(
  e: Emitter,
  { node, inputs, attributes: { dim, keepdim } }: Recorded<'argmedian'>,
): string {
  const [from] = node.inputs as [OperationNode];
  const [, places] = ordered(e, node, inputs[0] as string, e.shape(from)[dim] as Size, dim);
  const last = int32(e, e.node('Slice', [places, e.ints([-1]), e.ints([TO_END]), e.ints([dim])]));
  return keepdim ? last : e.node('Squeeze', [last, e.ints([dim])]);
}

/** The smaller half of the elements along a dimension, in order, with their places. */
function ordered(
  e: Emitter,
  node: OperationNode,
  x: string,
  size: Size,
  axis: number,
): [string, string] {
  if (!isFixed(size)) refuse(node, 'how many elements it has depends on what is dynamic');
  const half = Math.ceil((size[0] as number) / 2);
  return e.outputs('TopK', [x, e.ints([half])], 2, { axis, largest: 0 }) as [string, string];
}

function median(e: Emitter, { node, inputs, attributes: { dims } }: Recorded<'median'>): string {
  const [from] = node.inputs as [OperationNode];
  const sizes = e.shape(from);
  const kept = sizes.flatMap((_, d) => (dims.includes(d) ? [] : [d]));
  const turned = e.node('Transpose', inputs, { perm: [...kept, ...dims] });
  const counts = dims.map((d) => sizes[d] as Size);
  const together = (sizes[0] ?? [1]).map((_, i) =>
    counts.reduce((n, s) => n * (s[i] as number), 1),
  );
  const flat = e.node('Reshape', [
    turned,
    shapeFor(e, node, [...kept.map((d) => sizes[d] as Size), together]),
  ]);
  const [values] = ordered(e, node, flat, together, kept.length);
  const last = e.node('Slice', [values, e.ints([-1]), e.ints([TO_END]), e.ints([kept.length])]);
  return e.node('Reshape', [last, shapeFor(e, node)]);
}

/** How many elements are smaller, or not larger. */
function searchsorted(
  e: Emitter,
  { node, inputs, attributes: { right } }: Recorded<'searchsorted'>,
): string {
  const [sorted, x] = inputs as [string, string];
  const [list] = node.inputs as [OperationNode];
  const row = list.shape.length === 1 ? sorted : e.node('Unsqueeze', [sorted, e.ints([-2])]);
  const column = e.node('Unsqueeze', [x, e.ints([-1])]);
  const before = int32(e, e.node(right ? 'LessOrEqual' : 'Less', [row, column]));
  return e.node('ReduceSum', [before, e.ints([-1])], { keepdims: 0 });
}

/** `DFT` divides by the length on the way back. */
function fft(
  e: Emitter,
  { node, inputs, attributes: { dim, sign, scale } }: Recorded<'fft'>,
): string {
  const whole = e.node('Unsqueeze', [inputs[0] as string, e.ints([0])]);
  const inverse = flag(sign > 0);
  const y =
    e.opset >= 20
      ? e.node('DFT', [whole, '', e.node('Squeeze', [e.ints([dim + 1])])], { inverse })
      : e.node('DFT', [whole], { inverse, axis: dim + 1 });
  const size = e.shape(node)[dim] as Size;
  if (!isFixed(size)) refuse(node, 'its length depends on what is dynamic');
  const factor = sign > 0 ? scale * (size[0] as number) : scale;
  return e.node('Mul', [e.node('Squeeze', [y, e.ints([0])]), e.number(factor, node.dtype)]);
}

/** The operations on arrays that ONNX has. */
export const ARRAYS: { readonly [K in OperationName]?: Rule<K> } = {
  cast: (e, { inputs, attributes: { dtype } }) => e.node('Cast', inputs, { to: CODE[dtype] }),
  reshape: (e, { node, inputs }) => e.node('Reshape', [inputs[0] as string, shapeFor(e, node)]),
  expand,
  permute: (e, { inputs, attributes: { dims } }) => e.node('Transpose', inputs, { perm: dims }),
  slice,
  pad,
  concat: (e, { inputs, attributes: { dim } }) => e.node('Concat', inputs, { axis: dim }),
  iota,
  sum: reduction('ReduceSum'),
  prod: reduction('ReduceProd'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  argmax: place('ArgMax'),
  argmin: place('ArgMin'),
  matmul,
  conv,
  convInput,
  windowSum,
  windowSpread: (e, op) => windowSums(e, op, true),
  windowArgmax,
  unfold,
  fold,
  gather: (e, { inputs, attributes: { dim } }) => e.node('GatherElements', inputs, { axis: dim }),
  take: (e, { inputs, attributes: { dim } }) => e.node('Gather', inputs, { axis: dim }),
  scatter: scatter('none'),
  scatterAdd: scatter('add'),
  scatterProd: scatter('mul'),
  scatterExtreme: (e, { inputs, attributes: { dim, sign } }) =>
    e.node('ScatterElements', inputs, { axis: dim, reduction: sign > 0 ? 'max' : 'min' }),
  indexAdd,
  oneHot,
  cumsum,
  cumprod,
  logcumsumexp,
  linearRecurrence,
  cumulativeExtreme,
  argsort,
  argmedian: middle,
  median,
  searchsorted,
  fft,
  det: (e, { inputs }) => e.node('Det', inputs),
  assertBetween: (e, { inputs }) => e.node('Identity', [inputs[0] as string]),
  recompute: (e, { inputs }) => e.node('Identity', [inputs[0] as string]),
};
