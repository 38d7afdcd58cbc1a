/** @file Deformable convolution: each point of a window is read at its position plus a learned offset. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { perChannel, product, range } from '../helpers.js';
import { operator, type Operator } from '../operator.js';
import { windowsOf, type Windows } from './windows.js';

/** The positions of the points of all windows along one dimension, `[points of a window, windows]`, without their offsets. */
function places(d: number, { kernel, strides, dilations, low }: Windows, out: number[]): cr.Tensor {
  const at = (shape: readonly number[], step: number): number[] => {
    const inner = product(shape.slice(d + 1));
    return range(product(shape)).map((i) => (Math.floor(i / inner) % shape[d]!) * step);
  };
  const points = at(kernel, dilations[d]!);
  const windows = at(out, strides[d]!);
  const data = points.flatMap((point) => windows.map((window) => point + window - low[d]!));
  return cr.tensor(Float32Array.from(data), { shape: [points.length, windows.length] });
}

/** Dai et al. 2017 (arXiv:1703.06211), with weights for the points as in Zhu et al. 2019 (arXiv:1811.11168). */
function deformed(call: Call): cr.Tensor {
  const [x, weight, offset] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const [bias, mask] = [call.maybe(3), call.maybe(4)];
  if (x.ndim !== 4)
    call.refuse(`a deformable convolution must be over 2 dimensions, got ${x.ndim - 2}`);
  const [n, channels, h, w] = x.shape as [number, number, number, number];
  const windows = windowsOf(call, [h, w], weight.shape.slice(2));
  const [groups, bends] = [call.int('group', 1), call.int('offset_group', 1)];
  const out = offset.shape.slice(2);
  const points = product(windows.kernel);
  const count = product(out);
  if (!(bends >= 1) || offset.shape[1] !== 2 * bends * points)
    call.refuse(`offsets [${offset.shape.join(', ')}] are not two for each of ${points} points`);
  const moved = offset.reshape([n * bends, points, 2, count]);
  // `gridSample` counts positions from −1 to 1 between the outer edges of an image.
  const coordinate = (d: number, size: number): cr.Tensor =>
    moved
      .select(2, d)
      .add(places(d, windows, out).cast(x.dtype))
      .mul(2)
      .add(1)
      .div(size)
      .sub(1);
  const grid = cr.stack([coordinate(1, w), coordinate(0, h)], -1);
  const images = x.reshape([n * bends, channels / bends, h, w]);
  const read = cr.gridSample(images, grid, { alignCorners: false, paddingMode: 'zeros' });
  const counted = mask === null ? read : read.mul(mask.reshape([n * bends, 1, points, count]));
  const columns = counted.reshape([n, groups, (channels / groups) * points, count]);
  const rows = weight.reshape([groups, (weight.shape[0] as number) / groups, -1]);
  const y = cr.matmul(rows, columns).reshape([n, weight.shape[0] as number, ...out]);
  return bias === null ? y : y.add(perChannel(bias, 4));
}

export const DEFORMABLE: readonly Operator[] = [operator('DeformConv', deformed)];
