/** @file Operators that extend a tensor at its edges, or cut it there. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { dimensions, range } from '../helpers.js';
import { operator, type Operator, type Result } from '../operator.js';

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

/** Pads a tensor; negative padding cuts off. */
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
  // The padding of each dimension reads elements from inside.
  return added.reduce((y, [low, high], d) => {
    const n = y.shape[d] as number;
    if (low + high === 0) return y;
    if (n === 0) call.refuse(`dimension ${d} is empty: there is nothing to pad with`);
    const places = new Int32Array(call.checkedSize(low + n + high));
    for (let i = 0; i < places.length; i++) places[i] = sourceOf(i - low, n, mode, call);
    return y.indexSelect(d, cr.tensor(places));
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

/**
 * Cuts off borders (left, top, right, bottom); if a size is given, takes that much from the upper left corner on. Only in
 * early files.
 */
function crop(call: Call): Result {
  const x = call.tensor(0);
  const [left = 0, top = 0, right = 0, bottom = 0] = call.ints('border');
  const [h, w] = x.shape.slice(2) as [number, number];
  const [height, width] = call.ints('scale', [h - top - bottom, w - left - right]);
  if (!(height! > 0 && width! > 0)) call.refuse('nothing is left of the image');
  return cr.narrow(cr.narrow(x, 2, top, height!), 3, left, width!);
}

/** The middle of an image, or the image with zeros around it. */
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

export const PADDING: readonly Operator[] = [
  operator('Pad', pad, { constants: [1, 2, 3] }),
  operator('CenterCropPad', centerCropPad, { constants: [1] }),
  operator('Crop', crop),
];
