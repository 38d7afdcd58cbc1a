/** @file The geometry of windows: strides, dilations and padding, from ONNX's attributes. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { product, range } from '../helpers.js';

export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: number[];
  readonly dilations: number[];
  readonly low: number[];
  readonly high: number[];
}

/** The windows of a node, for an image of a given size. */
export function windowsOf(call: Call, size: readonly number[], kernel: readonly number[]): Windows {
  const rank = size.length;
  if (rank < 1 || rank > 3 || kernel.length !== rank)
    call.refuse(`windows must be over 1 to 3 dimensions, got ${rank}`);
  const ones = range(rank).map(() => 1);
  const strides = call.ints('strides', ones);
  const dilations = call.ints('dilations', ones);
  const pads = call.ints(
    'pads',
    [...ones, ...ones].map(() => 0),
  );
  if ([strides, dilations].some((xs) => xs.length !== rank || xs.some((x) => x < 1)))
    call.refuse('strides and dilations must be positive, one for each dimension');
  if (pads.length !== 2 * rank) call.refuse('pads must be two numbers for each dimension');
  const [low, high] = paddingOf(call, size, { kernel, strides, dilations, pads });
  // Padding is allocated too: a small file must not make it exceed the limits.
  const rest = product(call.shape(0)) / Math.max(product(size), 1);
  call.within([rest, ...size.map((n, d) => n + Math.max(low[d]!, 0) + Math.max(high[d]!, 0))]);
  return { kernel, strides, dilations, low, high };
}

/** The padding before and after each dimension, as given or as `auto_pad` requires. */
function paddingOf(
  call: Call,
  size: readonly number[],
  given: Pick<Windows, 'kernel' | 'strides' | 'dilations'> & { readonly pads: readonly number[] },
): [low: number[], high: number[]] {
  const { kernel, strides, dilations, pads } = given;
  const auto = call.text('auto_pad', 'NOTSET');
  if (auto === 'VALID') return [size.map(() => 0), size.map(() => 0)];
  if (auto === 'NOTSET' || auto === '')
    return [pads.slice(0, size.length), pads.slice(size.length)];
  const total = size.map((n, d) => {
    const reach = (kernel[d]! - 1) * dilations[d]! + 1;
    return Math.max(0, (Math.ceil(n / strides[d]!) - 1) * strides[d]! + reach - n);
  });
  const less = total.map((p) => Math.floor(p / 2));
  const more = total.map((p, d) => p - less[d]!);
  return auto === 'SAME_LOWER' ? [more, less] : [less, more];
}

export function isSymmetric({ low, high }: Windows): boolean {
  return low.every((p, d) => p === high[d]);
}

/** `x` with a value as padding around its last dimensions; negative padding cuts off. */
export function surround(
  x: cr.Tensor,
  low: readonly number[],
  high: readonly number[],
  value = 0,
): cr.Tensor {
  if ([...low, ...high].every((p) => p === 0)) return x;
  const first = x.ndim - low.length;
  const cut = low.reduce((y, p, d) => {
    const [start, end] = [Math.max(0, -p), Math.max(0, -high[d]!)];
    const n = y.shape[first + d] as number;
    return start + end === 0 ? y : cr.narrow(y, first + d, start, n - start - end);
  }, x);
  const pads = low.map((p, d) => [Math.max(0, p), Math.max(0, high[d]!)]);
  return cr.pad(cut, pads.reverse().flat(), { value });
}
