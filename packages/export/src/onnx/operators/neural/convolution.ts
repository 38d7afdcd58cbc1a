/** @file Convolutions, over one to three dimensions. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { perChannel, range } from '../helpers.js';
import { operator, type Operator } from '../operator.js';
import { isSymmetric, surround, windowsOf } from './windows.js';

const CONV = [cr.conv1d, cr.conv2d, cr.conv3d] as const;
const TRANSPOSED = [cr.convTranspose1d, cr.convTranspose2d, cr.convTranspose3d] as const;

/** `x` convolved with `weight` as the attributes of a node say. */
export function convolved(
  call: Call,
  x: cr.Tensor,
  weight: cr.Tensor,
  bias: cr.Tensor | null,
): cr.Tensor {
  const windows = windowsOf(call, x.shape.slice(2), weight.shape.slice(2));
  const { strides: stride, dilations: dilation, low, high } = windows;
  const conv = CONV[low.length - 1] ?? call.refuse('no such convolution');
  const options = { bias, stride, dilation, groups: call.int('group', 1) };
  if (isSymmetric(windows)) return conv(x, weight, { ...options, padding: low });
  return conv(surround(x, low, high), weight, options);
}

function transposed(call: Call): cr.Tensor {
  const [x, weight, bias] = [call.tensor(0), call.tensor(1), call.maybe(2)];
  const rank = x.ndim - 2;
  const conv = TRANSPOSED[rank - 1] ?? call.refuse(`a convolution over ${rank} dimensions`);
  const ones = range(rank).map(() => 1);
  const stride = call.ints('strides', ones);
  const dilation = call.ints('dilations', ones);
  const more = call.ints(
    'output_padding',
    ones.map(() => 0),
  );
  const groups = call.int('group', 1);
  const reach = weight.shape.slice(2).map((k, d) => (k - 1) * dilation[d]! + 1);
  const full = x.shape.slice(2).map((n, d) => (n - 1) * stride[d]! + reach[d]!);
  const { low, high } = cutsOf(call, full, more, x.shape.slice(2), stride);
  // Output padding adds elements after the last window.
  const simple = low.every((p, d) => p >= 0 && p === high[d]! + more[d]!);
  const fits = more.every((p, d) => p < Math.max(stride[d]!, dilation[d]!));
  if (simple && fits)
    return conv(x, weight, { bias, stride, dilation, groups, padding: low, outputPadding: more });
  const y = conv(x, weight, { stride, dilation, groups });
  const cut = surround(
    y,
    low.map((p) => -p),
    high.map((p) => -p),
  );
  return bias === null ? cut : cut.add(perChannel(bias, x.ndim));
}

/** How much of a full result is cut off on each side; negative if zeros are added. */
function cutsOf(
  call: Call,
  full: readonly number[],
  more: readonly number[],
  size: readonly number[],
  stride: readonly number[],
): { low: number[]; high: number[] } {
  const rank = full.length;
  const auto = call.text('auto_pad', 'NOTSET');
  const same = auto.startsWith('SAME');
  const given = call.attributeGiven('output_shape') ? call.ints('output_shape').slice(-rank) : null;
  if (given === null && !same) {
    const pads = auto === 'VALID' ? [] : call.ints('pads', []);
    const low = range(rank).map((d) => pads[d] ?? 0);
    return { low, high: range(rank).map((d) => (pads[d + rank] ?? 0) - more[d]!) };
  }
  const wanted = given ?? size.map((n, d) => n * stride[d]!);
  const total = full.map((n, d) => n + more[d]! - wanted[d]!);
  const less = total.map((p) => Math.floor(p / 2));
  const rest = total.map((p, d) => p - less[d]!);
  const [low, high] = auto === 'SAME_UPPER' ? [less, rest] : [rest, less];
  return { low, high: high.map((p, d) => p - more[d]!) };
}

export const CONVOLUTION: readonly Operator[] = [
  operator('Conv', (call) => convolved(call, call.tensor(0), call.tensor(1), call.maybe(2))),
  operator('ConvTranspose', transposed),
];
