/** @file Boxes in images: which to keep, and pooling of their contents. */
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

/** The boxes of each class with the highest scores; a box that overlaps a better one by more than the threshold is dropped. */
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

/** The mean or the maximum of samples in each part of each box (He et al. 2017, arXiv:1703.06870). */
function roiAlign(call: Call): Result {
  const [x, boxes, images] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  if (x.ndim !== 4 || boxes.ndim !== 2 || boxes.shape[1] !== 4 || images.size !== boxes.shape[0])
    call.refuse('it takes images, boxes [n, 4] and n batch indices');
  const [rows, columns] = [call.int('output_height', 1), call.int('output_width', 1)];
  const ratio = call.int('sampling_ratio', 0);
  const half =
    call.text(
      'coordinate_transformation_mode',
      call.version < 16 ? 'output_half_pixel' : 'half_pixel',
    ) === 'half_pixel';
  const scaled = boxes.cast('float32').mul(call.float('spatial_scale', 1));
  const [left, top, right, bottom] = cr.split(half ? scaled.sub(0.5) : scaled, 1, 1) as [
    cr.Tensor,
    cr.Tensor,
    cr.Tensor,
    cr.Tensor,
  ];
  const lengthOf = (from: cr.Tensor, to: cr.Tensor): cr.Tensor =>
    half ? to.sub(from) : to.sub(from).clamp({ min: 1 });
  const down: Side = { start: top, length: lengthOf(top, bottom), parts: rows };
  const across: Side = { start: left, length: lengthOf(left, right), parts: columns };
  const largest = call.text('mode', 'avg') === 'max';
  if (ratio > 0) return aligned(x, images, [down, across], [ratio, ratio], largest);
  // Each box has as many samples as its size requires, so boxes are computed one by one. A box without an area has none.
  const corners = call.numbers(1).map((v) => Math.fround(v * call.float('spatial_scale', 1)));
  const samples = (r: number, from: number, parts: number): number => {
    const length = corners[4 * r + from + 2]! - corners[4 * r + from]!;
    return Math.ceil((half ? length : Math.max(length, 1)) / parts);
  };
  const results = range(boxes.shape[0]).map((r) => {
    const [ny, nx] = [samples(r, 1, rows), samples(r, 0, columns)];
    if (!(ny > 0 && nx > 0)) return cr.zeros([1, x.shape[1] as number, rows, columns]);
    call.checkedSize(rows * ny, columns * nx);
    const of = (side: Side): Side => ({
      ...side,
      start: cr.narrow(side.start, 0, r, 1),
      length: cr.narrow(side.length, 0, r, 1),
    });
    return aligned(x, cr.narrow(images, 0, r, 1), [of(down), of(across)], [ny, nx], largest);
  });
  if (results.length === 0) return cr.zeros([0, x.shape[1] as number, rows, columns]);
  return cr.cat(results);
}

/** Along one dimension: the start and the length of each box, `[boxes, 1]`, and the number of parts that it is cut into. */
interface Side {
  readonly start: cr.Tensor;
  readonly length: cr.Tensor;
  readonly parts: number;
}

/** The two neighbours of each sample, `[boxes, samples]`, with their weights, which are 0 outside the image. */
function neighbours(
  { start, length, parts }: Side,
  samples: number,
  n: number,
): { at: cr.Tensor; weight: cr.Tensor }[] {
  const count = parts * samples;
  const places = start.add(cr.arange(count).add(0.5).mul(length).div(count));
  const counts = places.ge(-1).logicalAnd(places.le(n));
  const inside = cr.where(counts, places, 0).clamp({ min: 0 });
  const low = inside.floor().clamp({ max: n - 1 });
  const part = cr.where(low.ge(n - 1), 0, inside.sub(low));
  const weigh = (weight: cr.Tensor): cr.Tensor => cr.where(counts, weight, 0);
  return [
    { at: low.cast('int32'), weight: weigh(cr.sub(1, part)) },
    {
      at: low
        .add(1)
        .clamp({ max: n - 1 })
        .cast('int32'),
      weight: weigh(part),
    },
  ];
}

/** The pooled samples of each box: the four neighbours of every sample are read as rows of one table. */
function aligned(
  x: cr.Tensor,
  images: cr.Tensor,
  [down, across]: readonly [Side, Side],
  [ny, nx]: readonly [number, number],
  largest: boolean,
): cr.Tensor {
  const [count, channels, h, w] = x.shape as [number, number, number, number];
  const table = x.permute([0, 2, 3, 1]).reshape([count * h * w, channels]);
  const base = images.cast('int32').mul(h).reshape([-1, 1]);
  const corners = neighbours(down, ny, h).flatMap((row) =>
    neighbours(across, nx, w).map((column) => {
      const at = base.add(row.at).mul(w).unsqueeze(2).add(column.at.unsqueeze(1));
      const weight = row.weight.unsqueeze(2).mul(column.weight.unsqueeze(1));
      return table
        .indexSelect(0, at.reshape([-1]))
        .reshape([images.size, down.parts, ny, across.parts, nx, channels])
        .mul(weight.reshape([images.size, down.parts, ny, across.parts, nx, 1]));
    }),
  );
  const join = largest ? cr.maximum : cr.add;
  const sampled = corners.reduce((a, b) => join(a, b));
  const pooled = largest ? sampled.amax([2, 4]) : sampled.mean([2, 4]);
  return pooled.permute([0, 3, 1, 2]);
}

/** The nearest integer in single precision, halves away from 0. */
function rounded(x: number): number {
  const y = Math.fround(x);
  return Math.sign(y) * Math.floor(Math.abs(y) + 0.5);
}

/**
 * The largest element of each part of each box, without interpolation (Girshick 2015, arXiv:1504.08083); 0 for an empty part.
 */
function maxRoiPool(call: Call): Result {
  const [x, rois] = [call.tensor(0), call.numbers(1)];
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const [rows = 1, columns = 1] = call.ints('pooled_shape');
  call.checkedSize(rois.length / 5, rows * columns, 16);
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
