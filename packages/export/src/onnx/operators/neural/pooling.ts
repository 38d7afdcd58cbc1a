/** @file Pooling: the maximum, the mean or a norm of each window, or of the whole image. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { isFloat, product, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';
import { isSymmetric, surround, windowsOf, type Windows } from './windows.js';

const MAX = [cr.maxPool1d, cr.maxPool2d, cr.maxPool3d] as const;
const AVERAGE = [cr.avgPool1d, cr.avgPool2d, cr.avgPool3d] as const;

/** Windows, and how far the last ones reach beyond the padding if sizes are rounded up. */
interface Pooled extends Windows {
  readonly beyond: number[];
}

function geometry(call: Call, x: cr.Tensor): Pooled {
  const size = x.shape.slice(2);
  const windows = windowsOf(call, size, call.ints('kernel_shape'));
  const up = call.flag('ceil_mode');
  const beyond = size.map((n, d) => {
    const reach = (windows.kernel[d]! - 1) * windows.dilations[d]! + 1;
    const room = n + windows.low[d]! + windows.high[d]! - reach;
    const stride = windows.strides[d]!;
    if (!up || room % stride === 0) return 0;
    // A window that would begin in the padding after the image is left out.
    const starts = (Math.floor(room / stride) + 1) * stride;
    return starts >= n + windows.low[d]! ? 0 : starts - room;
  });
  return { ...windows, beyond };
}

/** The maximum of each window of `input`, and its index if the node has that output. */
export function maxPool(call: Call, input: cr.Tensor): [values: cr.Tensor, places?: cr.Tensor] {
  const x = isFloat(input.dtype) ? input : input.cast('float32');
  const windows = geometry(call, x);
  const { kernel, strides: stride, dilations: dilation, low, high, beyond } = windows;
  const pool = MAX[kernel.length - 1] ?? call.refuse('no such pooling');
  const plain = isSymmetric(windows) && beyond.every((p) => p === 0);
  const padding = plain && low.every((p, d) => 2 * p <= kernel[d]!) ? low : null;
  const given =
    padding === null
      ? surround(
          x,
          low,
          high.map((p, d) => p + beyond[d]!),
          -Infinity,
        )
      : x;
  const options = { stride, dilation, padding: padding ?? 0 };
  if (!call.wants(1)) return [pool(given, [...kernel], options).cast(input.dtype)];
  const { values, indices } = pool(given, [...kernel], { ...options, returnIndices: true });
  const places = padding === null ? unpadded(indices, given.shape, x.shape, low) : indices;
  return [values.cast(input.dtype), wholePlaces(places, x.shape, call.int('storage_order', 0))];
}

/** Turns indices into a padded image into indices into the image itself. */
function unpadded(
  places: cr.Tensor,
  padded: readonly number[],
  shape: readonly number[],
  low: readonly number[],
): cr.Tensor {
  let rest = places;
  let result: cr.Tensor = cr.zeros(places.shape, { dtype: 'int32' });
  let stride = 1;
  for (let d = shape.length - 1; d >= 2; d--) {
    const at = cr.remainder(rest, padded[d] as number);
    rest = cr.floorDivide(rest, padded[d] as number);
    result = result.add(at.sub(low[d - 2] as number).mul(stride));
    stride *= shape[d] as number;
  }
  return result;
}

/**
 * Turns indices into an image into ONNX's, which count over the whole tensor, with each image in row-major or column-major
 * order.
 */
function wholePlaces(places: cr.Tensor, shape: readonly number[], order: number): cr.Tensor {
  const [n, c] = shape as readonly [number, number];
  const size = shape.slice(2);
  let inside = places;
  if (order === 1) {
    let rest = places;
    const at = [...size].reverse().map((length) => {
      const i = cr.remainder(rest, length);
      rest = cr.floorDivide(rest, length);
      return i;
    });
    inside = at.reverse().reduceRight((sum, i, d) => sum.mul(size[d] as number).add(i));
  }
  const images = cr
    .arange(n * c, { dtype: 'int32' })
    .mul(product(size))
    .reshape([n, c, ...size.map(() => 1)]);
  return inside.add(images);
}

/** The mean of each window of `x`, with the attributes of a node. */
export function averagePool(call: Call, x: cr.Tensor): cr.Tensor {
  const windows = geometry(call, x);
  const { kernel, strides: stride, dilations, low, high, beyond } = windows;
  const pool = AVERAGE[kernel.length - 1] ?? call.refuse('no such pooling');
  const countPadding = call.flag('count_include_pad');
  const simple = isSymmetric(windows) && [...beyond].every((p) => p === 0);
  const dense = dilations.every((d) => d === 1);
  if (simple && dense && low.every((p, d) => 2 * p <= kernel[d]!))
    return pool(x, [...kernel], { stride, padding: low, countIncludePad: countPadding });
  const sums = (t: cr.Tensor): cr.Tensor => windowSums(t, windows);
  const around = (t: cr.Tensor): cr.Tensor => surround(t, low, high);
  const behind = (t: cr.Tensor): cr.Tensor =>
    surround(
      t,
      low.map(() => 0),
      beyond,
    );
  const ones = cr.ones([1, 1, ...x.shape.slice(2)], { dtype: x.dtype });
  const counted = countPadding
    ? behind(cr.ones(around(ones).shape, { dtype: x.dtype }))
    : behind(around(ones));
  return sums(behind(around(x))).div(sums(counted));
}

/** The sum over each window, with dilation: a convolution with ones, per channel. */
function windowSums(
  x: cr.Tensor,
  { kernel, strides: stride, dilations: dilation }: Windows,
): cr.Tensor {
  const [n, c] = x.shape as [number, number];
  const conv = [cr.conv1d, cr.conv2d, cr.conv3d][kernel.length - 1] as typeof cr.conv1d;
  const one = x.reshape([n * c, 1, ...x.shape.slice(2)]);
  const y = conv(one, cr.ones([1, 1, ...kernel], { dtype: x.dtype }), { stride, dilation });
  return y.reshape([n, c, ...y.shape.slice(2)]);
}

function lpPool(call: Call): Result {
  const x = call.tensor(0);
  const p = call.int('p', 2);
  const windows = geometry(call, x);
  const high = windows.high.map((n, d) => n + windows.beyond[d]!);
  const powers = surround(x.abs().pow(p), windows.low, high);
  return windowSums(powers, windows).pow(1 / p);
}

/** An operator that reduces the whole image to one element. */
function whole(name: string, f: (x: cr.Tensor, dims: number[], call: Call) => cr.Tensor): Operator {
  return operator(name, (call) => {
    const x = call.tensor(0);
    return f(x, range(x.ndim).slice(2), call);
  });
}

function maxUnpool(call: Call): Result {
  const [x, places] = [call.tensor(0), call.tensor(1)];
  const kernel = call.ints('kernel_shape');
  const strides = call.ints(
    'strides',
    kernel.map(() => 1),
  );
  const pads = call.ints(
    'pads',
    [...kernel, ...kernel].map(() => 0),
  );
  const own = x.shape
    .slice(2)
    .map((n, d) => (n - 1) * strides[d]! - pads[d]! - pads[d + kernel.length]! + kernel[d]!);
  const shape = call.has(2) ? call.numbers(2) : [...x.shape.slice(0, 2), ...own];
  // Indices refer to the tensor that was pooled, which may be smaller than the result.
  const from = [...x.shape.slice(0, 2), ...own];
  let rest = places.reshape([-1]);
  let flat: cr.Tensor = cr.zeros([rest.size], { dtype: 'int32' });
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    flat = flat.add(cr.remainder(rest, from[d] as number).mul(stride));
    rest = cr.floorDivide(rest, from[d] as number);
    stride *= shape[d] as number;
  }
  const zeros = cr.zeros([product(shape)], { dtype: x.dtype });
  return cr.scatter(zeros, 0, flat, x.reshape([-1])).reshape(shape);
}

export const POOLING: readonly Operator[] = [
  operator('MaxPool', (call) => outputs(...maxPool(call, call.tensor(0)))),
  operator('AveragePool', (call) => averagePool(call, call.tensor(0))),
  operator('LpPool', lpPool),
  operator('MaxUnpool', maxUnpool, { constants: [1, 2] }),
  whole('GlobalAveragePool', (x, dims) => x.mean(dims, { keepdim: true })),
  whole('GlobalMaxPool', (x, dims) => x.amax(dims, { keepdim: true })),
  whole('GlobalLpPool', (x, dims, call) => {
    const p = call.int('p', 2);
    return x
      .abs()
      .pow(p)
      .sum(dims, { keepdim: true })
      .pow(1 / p);
  }),
];
