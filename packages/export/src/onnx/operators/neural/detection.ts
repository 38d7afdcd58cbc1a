/** @file Boxes in images: which to keep, and what is inside of them. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { known } from '../../import/values.js';
import { range } from '../helpers.js';
import { operator, type Operator, type Result } from '../operator.js';

type Box = readonly [top: number, left: number, bottom: number, right: number];

function boxAt(data: readonly number[], at: number, centred: boolean): Box {
  const [a, b, c, d] = data.slice(at, at + 4) as [number, number, number, number];
  if (centred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

function overlap(x: Box, y: Box): number {
  const height = Math.max(0, Math.min(x[2], y[2]) - Math.max(x[0], y[0]));
  const width = Math.max(0, Math.min(x[3], y[3]) - Math.max(x[1], y[1]));
  const area = (b: Box): number => (b[2] - b[0]) * (b[3] - b[1]);
  const both = height * width;
  const either = area(x) + area(y) - both;
  return either > 0 ? both / either : 0;
}

/** The best boxes of each class that overlap no better one by much. */
function nonMaxSuppression(call: Call): Result {
  const [boxes, scores] = [call.numbers(0), call.numbers(1)];
  const [batches, classes, count] = call.shape(1) as [number, number, number];
  const most = call.has(2) ? call.number(2) : 0;
  const threshold = call.has(3) ? call.number(3) : 0;
  const lowest = call.has(4) ? call.number(4) : -Infinity;
  const centred = call.flag('center_point_box');
  const found: number[] = [];
  for (let b = 0; b < batches; b++) {
    for (let c = 0; c < classes; c++) {
      const score = (i: number): number => scores[(b * classes + c) * count + i]!;
      const order = range(count).filter((i) => score(i) > lowest);
      order.sort((i, j) => score(j) - score(i) || i - j);
      const kept: Box[] = [];
      for (const i of order) {
        if (kept.length >= most) break;
        const box = boxAt(boxes, (b * count + i) * 4, centred);
        if (kept.some((other) => overlap(box, other) > threshold)) continue;
        kept.push(box);
        found.push(b, c, i);
      }
    }
  }
  return known(found, [found.length / 3, 3]);
}

/** The mean, or the largest, of samples in each part of each box (He et al. 2017, arXiv:1703.06870). */
function roiAlign(call: Call): Result {
  const x = call.tensor(0);
  const rois = call.numbers(1);
  const batch = call.numbers(2);
  const [h, w] = x.shape.slice(2) as [number, number];
  const [rows, columns] = [call.int('output_height', 1), call.int('output_width', 1)];
  const ratio = call.int('sampling_ratio', 0);
  const scale = call.float('spatial_scale', 1);
  const half =
    call.text(
      'coordinate_transformation_mode',
      call.version < 16 ? 'output_half_pixel' : 'half_pixel',
    ) === 'half_pixel';
  const results = batch.map((image, r) => {
    const [x1, y1, x2, y2] = rois
      .slice(4 * r, 4 * r + 4)
      .map((v) => v * scale - (half ? 0.5 : 0)) as [number, number, number, number];
    const height = half ? y2 - y1 : Math.max(y2 - y1, 1);
    const width = half ? x2 - x1 : Math.max(x2 - x1, 1);
    const ny = ratio > 0 ? ratio : Math.ceil(height / rows);
    const nx = ratio > 0 ? ratio : Math.ceil(width / columns);
    const ys = range(rows * ny).map((i) => y1 + ((i + 0.5) * height) / (rows * ny));
    const xs = range(columns * nx).map((i) => x1 + ((i + 0.5) * width) / (columns * nx));
    const of = x.select(0, image);
    const mode = call.text('mode', 'avg');
    // A box without an area has no samples.
    if (!(ny > 0 && nx > 0)) return cr.zeros([x.shape[1] as number, rows, columns]);
    if (mode === 'avg') {
      const sampled = interpolated(interpolated(of, 1, ys, h), 2, xs, w);
      return sampled.reshape([x.shape[1] as number, rows, ny, columns, nx]).mean([2, 4]);
    }
    return largest(of, ys, xs, [rows, ny, columns, nx]);
  });
  if (results.length === 0) return cr.zeros([0, x.shape[1] as number, rows, columns]);
  return cr.stack(results);
}

/** The two neighbours of a place along a dimension of `n`, and how much of the second; none outside. */
function neighbours(
  at: number,
  n: number,
): { low: number; high: number; part: number; counts: number } {
  if (at < -1 || at > n) return { low: 0, high: 0, part: 0, counts: 0 };
  const inside = Math.max(at, 0);
  const low = Math.min(Math.floor(inside), n - 1);
  return { low, high: Math.min(low + 1, n - 1), part: low >= n - 1 ? 0 : inside - low, counts: 1 };
}

function interpolated(x: cr.Tensor, d: number, places: readonly number[], n: number): cr.Tensor {
  const taps = places.map((at) => neighbours(at, n));
  const shape = x.shape.map((_, k) => (k === d ? places.length : 1));
  const read = (
    at: (t: (typeof taps)[number]) => number,
    weight: (t: (typeof taps)[number]) => number,
  ): cr.Tensor =>
    x
      .indexSelect(d, known(taps.map(at), [taps.length]).tensor)
      .mul(cr.tensor(Float32Array.from(taps, weight), { shape }));
  return read(
    (t) => t.low,
    (t) => (1 - t.part) * t.counts,
  ).add(
    read(
      (t) => t.high,
      (t) => t.part * t.counts,
    ),
  );
}

/** The largest of the four weighted neighbours of each sample, then of the samples, as ONNX defines it. */
function largest(
  x: cr.Tensor,
  ys: readonly number[],
  xs: readonly number[],
  [rows, ny, columns, nx]: readonly [number, number, number, number],
): cr.Tensor {
  const [h, w] = x.shape.slice(1) as [number, number];
  const corner =
    (d: number, places: readonly number[], n: number, high: boolean) =>
    (t: cr.Tensor): cr.Tensor => {
      const taps = places.map((at) => neighbours(at, n));
      const shape = t.shape.map((_, k) => (k === d ? places.length : 1));
      const weights = Float32Array.from(
        taps,
        (tap) => (high ? tap.part : 1 - tap.part) * tap.counts,
      );
      return t
        .indexSelect(
          d,
          known(
            taps.map((tap) => (high ? tap.high : tap.low)),
            [taps.length],
          ).tensor,
        )
        .mul(cr.tensor(weights, { shape }));
    };
  const corners = [false, true].flatMap((down) =>
    [false, true].map((right) => corner(2, xs, w, right)(corner(1, ys, h, down)(x))),
  );
  const sampled = corners.reduce((a, b) => cr.maximum(a, b));
  return sampled.reshape([x.shape[0] as number, rows, ny, columns, nx]).amax([2, 4]);
}

/** The nearest integer as single precision has it, halves away from 0. */
function rounded(x: number): number {
  const y = Math.fround(x);
  return Math.sign(y) * Math.floor(Math.abs(y) + 0.5);
}

/** The largest element of each part of each box, in whole elements (Girshick 2015, arXiv:1504.08083); 0 in an empty part. */
function maxRoiPool(call: Call): Result {
  const [x, rois] = [call.tensor(0), call.numbers(1)];
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const [rows = 1, columns = 1] = call.ints('pooled_shape');
  const scale = call.float('spatial_scale', 1);
  const parts = (from: number, to: number, count: number, size: number): [number, number][] => {
    const part = Math.max(to - from + 1, 1) / count;
    const inside = (i: number): number => Math.min(Math.max(i + from, 0), size);
    return range(count).map((i) => [
      inside(Math.floor(i * part)),
      inside(Math.ceil((i + 1) * part)),
    ]);
  };
  const largestOf = (t: cr.Tensor, d: number, cuts: readonly [number, number][]): cr.Tensor => {
    const sizes: number[] = t.shape.filter((_, k) => k !== d);
    const none = cr.zeros(sizes, { dtype: t.dtype });
    return cr.stack(
      cuts.map(([a, b]) => (b <= a ? none : cr.narrow(t, d, a, b - a).amax(d))),
      d,
    );
  };
  const results = range(rois.length / 5).map((r) => {
    const [image = 0, ...corners] = rois.slice(5 * r, 5 * r + 5);
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.map((v) => rounded(v * scale));
    const band = largestOf(x.select(0, image), 1, parts(y1, y2, rows, h));
    return largestOf(band, 2, parts(x1, x2, columns, w));
  });
  return results.length === 0 ? cr.zeros([0, channels, rows, columns]) : cr.stack(results);
}

export const DETECTION: readonly Operator[] = [
  operator('NonMaxSuppression', nonMaxSuppression, { constants: [2, 3, 4] }),
  operator('RoiAlign', roiAlign),
  operator('MaxRoiPool', maxRoiPool),
];
