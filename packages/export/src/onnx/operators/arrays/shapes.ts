/** @file Operators that move elements, and make them: shapes, joining and cutting, casts, constants. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { constantOf } from '../../import/constant.js';
import { broadcastShapes, expanded, rearranged, sizeOf } from '../../import/host.js';
import { countOf, DEFAULT_LIMITS } from '../../import/limits.js';
import { integers, Known, known, Strings } from '../../import/values.js';
import { asTexts, bitCasted, casted, foldCast, TYPE_OF } from '../elements/casting.js';
import { ELEMENTS } from '../../schema/elementTypes.js';
import { dimension, dimensions, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

const TEXT = ELEMENTS.string;

/** An operator that only changes the shape: what is known keeps its numbers. */
function reshaping(
  name: string,
  shapeOf: (call: Call, shape: readonly number[]) => number[],
): Operator {
  return operator(
    name,
    (call) => {
      const value = call.value(0);
      if (value instanceof Strings) return new Strings(value.data, shapeOf(call, value.shape));
      const x = call.tensor(0);
      return x.reshape(shapeOf(call, x.shape));
    },
    {
      fold: ([x], call) => {
        const shape = shapeOf(call, x!.shape);
        return sizeOf(shape) === x!.data.length ? new Known(x!.data, shape, x!.dtype) : null;
      },
      constants: [1],
    },
  );
}

function reshaped(call: Call, from: readonly number[]): number[] {
  const wanted = call.listed('shape', 1) ?? call.refuse('the shape is missing');
  const keep = !call.flag('allowzero');
  const shape = wanted.map((n, d) =>
    n === 0 && keep ? (from[d] ?? call.refuse(`no dimension ${d}`)) : n,
  );
  const open = shape.indexOf(-1);
  if (open < 0) return shape;
  const rest = shape.reduce((p, n, d) => (d === open ? p : p * n), 1);
  const size = sizeOf(from);
  if (rest === 0 || size % rest !== 0)
    call.refuse(`shape [${from.join(', ')}] cannot be reshaped to [${shape.join(', ')}]`);
  shape[open] = size / rest;
  return shape;
}

function squeezed(call: Call, from: readonly number[]): number[] {
  const axes = call.listed('axes', 1);
  if (axes === undefined) return from.filter((n) => n !== 1);
  const dims = dimensions(call, axes, from.length);
  for (const d of dims)
    if (from[d] !== 1) call.refuse(`dimension ${d} of [${from.join(', ')}] is not 1`);
  return from.filter((_, d) => !dims.includes(d));
}

function unsqueezed(call: Call, from: readonly number[]): number[] {
  const axes = call.listed('axes', 1) ?? call.refuse('the axes are missing');
  const rank = from.length + axes.length;
  const dims = new Set(dimensions(call, axes, rank));
  const rest = [...from];
  return range(rank).map((d) => (dims.has(d) ? 1 : (rest.shift() as number)));
}

function flattened(call: Call, from: readonly number[]): number[] {
  const axis = call.int('axis', 1);
  const split = axis < 0 ? axis + from.length : axis;
  if (split < 0 || split > from.length)
    call.refuse(`axis ${axis} is out of range for ${from.length} dimensions`);
  return [sizeOf(from.slice(0, split)), sizeOf(from.slice(split))];
}

function expandedTo(call: Call): number[] {
  const [from, to] = [call.shape(0), call.numbers(1)];
  return (
    broadcastShapes([from, to]) ??
    call.refuse(`shape [${from.join(', ')}] cannot be expanded to [${to.join(', ')}]`)
  );
}

function shapeOf(call: Call): Known {
  const shape = call.shape(0);
  const end = call.int('end', shape.length);
  return integers(shape.slice(call.int('start', 0), end < -shape.length ? 0 : end));
}

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

/** The elements of arrays one after the other along a dimension. */
function joined(inputs: readonly Known[], dim: number): number[] {
  const outer = sizeOf(inputs[0]!.shape.slice(0, dim));
  return range(outer).flatMap((i) =>
    inputs.flatMap((x) => {
      const run = x.data.length / Math.max(outer, 1);
      return Array.from(x.data.subarray(i * run, (i + 1) * run));
    }),
  );
}

/** Where a slice begins along each dimension, how many elements it has, and how far they are apart. */
interface SliceRange {
  readonly start: number;
  readonly count: number;
  readonly step: number;
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
    const end = step > 0 ? bound(ends[i], 0, n) : bound(ends[i], -1, n - 1);
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

function pad(call: Call): Result {
  const x = call.tensor(0);
  const pads = call.listed('pads', 1) ?? call.ints('paddings');
  const axes = call.has(3) ? dimensions(call, call.numbers(3), x.ndim) : range(x.ndim);
  const mode = call.text('mode', 'constant');
  const value = call.attributeGiven('value')
    ? call.float('value')
    : call.has(2)
      ? call.number(2)
      : 0;
  const sizes = x.shape.map(() => [0, 0] as [number, number]);
  axes.forEach((d, i) => (sizes[d] = [pads[i] ?? 0, pads[i + axes.length] ?? 0]));
  return padded(call, x, sizes, mode, value);
}

/** Negative padding cuts off. */
function padded(
  call: Call,
  x: cr.Tensor,
  sizes: readonly [number, number][],
  mode: string,
  value: number,
): cr.Tensor {
  const cut = sizes.reduce((y, [low, high], d) => {
    const [start, end] = [Math.max(0, -low), Math.max(0, -high)];
    return start + end === 0 ? y : cr.narrow(y, d, start, (y.shape[d] as number) - start - end);
  }, x);
  const added = sizes.map(([low, high]) => [Math.max(0, low), Math.max(0, high)] as const);
  if (added.every(([low, high]) => low + high === 0)) return cut;
  if (mode === 'constant') {
    const flat = [...added].reverse().flat();
    return x.dtype === 'bool'
      ? cr.pad(cut.cast('int32'), flat, { value }).cast('bool')
      : cr.pad(cut, flat, { value });
  }
  // Each dimension reads from places inside.
  return added.reduce((y, [low, high], d) => {
    const n = y.shape[d] as number;
    if (low + high === 0) return y;
    if (n === 0) call.refuse(`dimension ${d} is empty: there is nothing to pad with`);
    const places = range(low + n + high).map((i) => sourceOf(i - low, n, mode, call));
    return y.indexSelect(d, integers(places).tensor);
  }, cut);
}

function sourceOf(i: number, n: number, mode: string, call: Call): number {
  if (mode === 'edge') return Math.min(Math.max(i, 0), n - 1);
  if (mode === 'wrap') return ((i % n) + n) % n;
  if (mode !== 'reflect') return call.refuse(`there is no padding '${mode}'`);
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const at = ((i % period) + period) % period;
  return at < n ? at : period - at;
}

function constantOfShape(call: Call): Result {
  const shape = call.numbers(0);
  const value = call.constant('value') ?? known([0], [1], 'float32');
  const count = countOf(shape, DEFAULT_LIMITS, 'a constant');
  if (count <= 4096)
    return known(new Array<number>(count).fill(value.data[0] ?? 0), shape, value.dtype);
  const x = value.data[0] ?? 0;
  return value.dtype === 'bool'
    ? cr.full(shape, x !== 0, { dtype: 'bool' })
    : cr.full(shape, x, { dtype: value.dtype });
}

function rangeOf(call: Call): Result {
  const [start, limit, delta] = [call.number(0), call.number(1), call.number(2)] as const;
  if (delta === 0) call.refuse('the step is 0');
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  countOf([count], DEFAULT_LIMITS, 'a range');
  const { dtype } = call.known(0) ?? call.tensor(0);
  return known(
    Array.from({ length: count }, (_, i) => start + i * delta),
    [count],
    dtype,
  );
}

function eyeLike(call: Call): Result {
  const x = call.tensor(0);
  const [n, m] = x.shape as [number, number];
  const dtype = call.attributeGiven('dtype') ? call.elementType('dtype').dtype : x.dtype;
  const k = call.int('k', 0);
  return cr.arange(m).unsqueeze(0).sub(cr.arange(n).unsqueeze(1)).eq(k).cast(dtype);
}

function trilu(call: Call): Result {
  const x = call.tensor(0);
  const k = call.has(1) ? call.number(1) : 0;
  const cast = x.dtype === 'bool' ? x.cast('int32') : x;
  const y = call.flag('upper', true) ? cr.triu(cast, k) : cr.tril(cast, k);
  return y.cast(x.dtype);
}

/** Blocks of pixels as channels, or the other way. */
function depthToSpace(call: Call): Result {
  const x = call.tensor(0);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const b = call.int('blocksize');
  const inner = c / (b * b);
  if (!Number.isInteger(inner)) call.refuse(`${c} channels are not a multiple of ${b * b}`);
  const y =
    call.text('mode', 'DCR') === 'DCR'
      ? x.reshape([n, b, b, inner, h, w]).permute([0, 3, 4, 1, 5, 2])
      : x.reshape([n, inner, b, b, h, w]).permute([0, 1, 4, 2, 5, 3]);
  return y.reshape([n, inner, h * b, w * b]);
}

function spaceToDepth(call: Call): Result {
  const x = call.tensor(0);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const b = call.int('blocksize');
  const order = call.text('mode', 'DCR') === 'DCR' ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
  const y = x.reshape([n, c, h / b, b, w / b, b]).permute(order);
  return y.reshape([n, c * b * b, h / b, w / b]);
}

function permutation(call: Call, rank: number): number[] {
  return dimensions(call, call.ints('perm', range(rank).reverse()), rank);
}

/** The middle of an image, or zeros around it. */
function centerCropPad(call: Call): Result {
  const x = call.tensor(0);
  const axes = dimensions(call, call.ints('axes', range(x.ndim)), x.ndim);
  const target = call.numbers(1);
  const sizes = x.shape.map(() => [0, 0] as [number, number]);
  axes.forEach((d, i) => {
    const more = (target[i] ?? 0) - (x.shape[d] as number);
    const low = more >= 0 ? Math.floor(more / 2) : -Math.floor(-more / 2);
    sizes[d] = [low, more - low];
  });
  return padded(call, x, sizes, 'constant', 0);
}

export const SHAPES: readonly Operator[] = [
  reshaping('Reshape', reshaped),
  reshaping('Squeeze', squeezed),
  reshaping('Unsqueeze', unsqueezed),
  reshaping('Flatten', flattened),
  operator('Identity', (call) => call.value(0)),
  operator('Shape', shapeOf),
  operator(
    'Cast',
    (call) => (call.int('to') === TEXT.code ? asTexts(call) : casted(call, call.elementType('to'))),
    { fold: foldCast },
  ),
  operator('CastLike', (call) => {
    const like = call.value(1);
    if (like instanceof Strings) return asTexts(call);
    const { dtype } = call.tensor(1);
    return casted(call, { type: call.type(1) ?? TYPE_OF[dtype], dtype });
  }),
  operator('BitCast', bitCasted),
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
  operator('Split', split),
  operator(
    'Transpose',
    (call) => {
      const x = call.tensor(0);
      return x.permute(permutation(call, x.ndim));
    },
    {
      fold: ([x], call) => {
        const perm = permutation(call, x!.shape.length);
        return rearranged(
          x!,
          perm.map((d) => x!.shape[d]!),
          (at) => x!.shape.map((_, d) => at[perm.indexOf(d)]!),
        );
      },
    },
  ),
  operator('Expand', (call) => cr.expand(call.tensor(0), expandedTo(call)), {
    fold: ([x], call) => {
      const shape = expandedTo(call);
      return sizeOf(shape) <= 4096 ? expanded(x!, shape) : null;
    },
  }),
  operator('Tile', (call) => {
    const x = call.tensor(0);
    if (call.version < 6) {
      const repeats = x.shape.map((_, d) => (d === call.number(2) ? call.number(1) : 1));
      return cr.repeat(x, repeats);
    }
    return cr.repeat(x, call.numbers(1));
  }),
  operator('Pad', pad, { constants: [1, 2, 3] }),
  operator('CenterCropPad', centerCropPad, { constants: [1] }),
  operator('Constant', (call) => constantOf(call.attributes) ?? call.refuse('it holds nothing')),
  operator('ConstantOfShape', constantOfShape),
  operator('Range', rangeOf, { constants: [0, 1, 2] }),
  operator('EyeLike', eyeLike),
  operator('Trilu', trilu),
  operator('DepthToSpace', depthToSpace),
  operator('SpaceToDepth', spaceToDepth),
];
