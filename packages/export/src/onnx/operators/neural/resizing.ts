/** @file Resizes images, or samples them at the points of a grid or inside boxes. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { integers } from '../../import/values.js';
import { dimensions, range } from '../helpers.js';
import { operator, type Operator, type Result } from '../operator.js';

/** How one dimension is resampled. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** The part of the image that is read, from 0 to 1; only one mode reads less than all of it. */
  readonly roi: readonly [start: number, end: number];
}

/** Rounds to float32, in which other runtimes compute: the choice of the nearest element may depend on it. */
const single = Math.fround;

/** The coordinate in the image of index `i` of the result. */
function coordinate(mode: string, i: number, { from, to, scale, roi }: Axis, call: Call): number {
  switch (mode) {
    case 'half_pixel':
      return single(single((i + 0.5) / scale) - 0.5);
    case 'half_pixel_symmetric': {
      const adjustment = to / (scale * from);
      const centre = from / 2;
      return centre * (1 - adjustment) + (i + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return to > 1 ? single(single((i + 0.5) / scale) - 0.5) : 0;
    case 'align_corners':
      return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    case 'asymmetric':
      return single(i / scale);
    case 'tf_half_pixel_for_nn':
      return single((i + 0.5) / scale);
    case 'tf_crop_and_resize': {
      const [start, end] = roi;
      if (to === 1) return single(0.5 * (start + end) * (from - 1));
      const step = single(single(single(end - start) * (from - 1)) / (to - 1));
      return single(single(start * (from - 1)) + single(i * step));
    }
    default:
      return call.refuse(`there are no coordinates '${mode}'`);
  }
}

/** The elements that contribute to one element of the result, and their weights. */
type Taps = readonly (readonly [at: number, weight: number])[];

function nearest(x: number, mode: string): number {
  if (mode === 'floor') return Math.floor(x);
  if (mode === 'ceil') return Math.ceil(x);
  if (mode === 'round_prefer_ceil') return Math.floor(x + 0.5);
  return Math.ceil(x - 0.5);
}

function linear(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

function cubic(a: number): (x: number) => number {
  return (x) => {
    const s = Math.abs(x);
    if (s < 1) return (a + 2) * s ** 3 - (a + 3) * s ** 2 + 1;
    return s < 2 ? a * s ** 3 - 5 * a * s ** 2 + 8 * a * s - 4 * a : 0;
  };
}

/** The elements that a kernel reads around a coordinate; a wider kernel smooths if the image shrinks and `antialias` is set. */
function taps(
  x: number,
  kernel: (x: number) => number,
  reach: number,
  { from, scale }: Axis,
  antialias: boolean,
  excludeOutside: boolean,
): Taps {
  const stretch = antialias && scale < 1 ? scale : 1;
  const width = reach / stretch;
  // A coordinate far outside reads the edge. It is clamped first, as near 10³⁰ there are no next integers.
  const place = Math.min(Math.max(x, -1 - width), from + width);
  const found: [number, number][] = [];
  for (let at = Math.ceil(place - width); at <= Math.floor(place + width); at++) {
    const weight = kernel((place - at) * stretch);
    if (weight === 0) continue;
    const inside = at >= 0 && at < from;
    if (!inside && excludeOutside) continue;
    found.push([Math.min(Math.max(at, 0), from - 1), weight]);
  }
  const total = found.reduce((sum, [, weight]) => sum + weight, 0);
  return found.map(([at, weight]) => [at, weight / total]);
}

function resampled(call: Call, x: cr.Tensor, d: number, axis: Axis): cr.Tensor {
  const mode = call.text('mode', 'nearest');
  const place = call.text(
    'coordinate_transformation_mode',
    call.version < 11 ? 'asymmetric' : 'half_pixel',
  );
  const at = range(axis.to).map((i) => coordinate(place, i, axis, call));
  const crop = place === 'tf_crop_and_resize';
  // Some coordinate modes would shift even a dimension that keeps its size, such as channels.
  if (axis.from === axis.to && axis.scale === 1 && !crop) return x;
  if (axis.from === axis.to && !crop && at.every((x, i) => x === i)) return x;
  const inside = (i: number): number => Math.min(Math.max(i, 0), axis.from - 1);
  let y: cr.Tensor;
  if (mode === 'nearest') {
    const older = axis.scale < 1 ? 'ceil' : 'floor';
    const how = call.text('nearest_mode', call.version < 11 ? older : 'round_prefer_floor');
    y = x.indexSelect(d, integers(at.map((x) => inside(nearest(x, how)))).tensor);
  } else {
    const isCubic = mode === 'cubic';
    const kernel = isCubic ? cubic(call.float('cubic_coeff_a', -0.75)) : linear;
    const all = at.map((x) =>
      taps(x, kernel, isCubic ? 2 : 1, axis, call.flag('antialias'), call.flag('exclude_outside')),
    );
    y = weighted(x, d, all);
  }
  if (!crop) return y;
  const outside = at.map((x) => (x < 0 || x > axis.from - 1 ? 1 : 0));
  const mask = cr.tensor(Uint8Array.from(outside), {
    dtype: 'bool',
    shape: x.shape.map((_, k) => (k === d ? axis.to : 1)),
  });
  return cr.where(mask, call.float('extrapolation_value', 0), y);
}

/** Weighted sums of elements along a dimension: a product with a matrix that has few nonzeros per row. */
function weighted(x: cr.Tensor, d: number, all: readonly Taps[]): cr.Tensor {
  // Without any elements, as at a NaN coordinate, the result is 0.
  const most = all.reduce((n, taps) => Math.max(n, taps.length), 1);
  const shape = x.shape.map((_, k) => (k === d ? all.length : 1));
  const parts = range(most).map((t) => {
    const places = integers(all.map((taps) => taps[t]?.[0] ?? 0)).tensor;
    const weights = Float64Array.from(all, (taps) => taps[t]?.[1] ?? 0);
    return x.indexSelect(d, places).mul(cr.tensor(weights, { shape }).cast(x.dtype));
  });
  return parts.reduce((sum, part) => sum.add(part));
}

/** The factor of each dimension: two attributes in the first versions, then one attribute, then an input. */
function scalesOf(call: Call, input: number): number[] {
  if (call.attributeGiven('height_scale'))
    return [1, 1, call.float('height_scale'), call.float('width_scale')];
  return call.listed('scales', input) ?? [];
}

function resize(call: Call): Result {
  const input = call.tensor(0);
  const x = input.dtype === 'float64' ? input : input.cast('float32');
  const older = call.version < 11;
  const [roiAt, scalesAt, sizesAt] = older ? [-1, 1, -1] : [1, 2, 3];
  const axes = dimensions(call, call.ints('axes', range(x.ndim)), x.ndim);
  const scales = scalesOf(call, scalesAt);
  const sizes = sizesAt >= 0 && call.has(sizesAt) ? call.numbers(sizesAt) : [];
  const roi = roiAt >= 0 && call.has(roiAt) ? call.numbers(roiAt) : [];
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  const ratios = sizes.map((n, i) => n / (x.shape[axes[i]!] as number));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return axes
    .reduce((y, d, i) => {
      const from = x.shape[d] as number;
      const kept = sizes.length > 0 && policy !== 'stretch';
      const to = kept
        ? Math.round(ratio * from)
        : (sizes[i] ?? Math.floor(from * (scales[i] ?? 1)));
      const scale = sizes.length > 0 ? (kept ? ratio : to / from) : (scales[i] ?? 1);
      if (!(to >= 1) || !(scale > 0)) call.refuse(`dimension ${d} of ${from} would become ${to}`);
      const part = [roi[i] ?? 0, roi[i + axes.length] ?? 1] as const;
      return resampled(call, y, d, { from, to, scale, roi: part });
    }, x)
    .cast(input.dtype);
}

function gridSample(call: Call): Result {
  const mode = call.text('mode', 'linear').replace('cubic', 'bicubic').replace('bibi', 'bi');
  const known = mode === 'nearest' || mode === 'bicubic' ? mode : 'bilinear';
  const padding = call.text('padding_mode', 'zeros') as 'zeros' | 'border' | 'reflection';
  return cr.gridSample(call.tensor(0), call.tensor(1), {
    mode: known,
    paddingMode: padding,
    alignCorners: call.flag('align_corners'),
  });
}

function affineGrid(call: Call): Result {
  const size = call.numbers(1);
  call.within([...size.slice(0, 1), ...size.slice(2), size.length - 2]);
  return cr.affineGrid(call.tensor(0), size, { alignCorners: call.flag('align_corners') });
}

export const RESIZING: readonly Operator[] = [
  operator('Resize', resize, { constants: [1, 2, 3] }),
  operator('Upsample', resize, { constants: [1] }),
  operator('GridSample', gridSample),
  operator('AffineGrid', affineGrid, { constants: [1] }),
];
