/** @file Windows along dimensions: whether they are all alike, and which elements those cover. */
import type { Span } from '../../engine/kernel.js';
import { byteStrides } from './nest.js';

/** Windows of up to this many elements are written out. */
export const UNROLLED = 16;

/** Windows along one dimension that are all of one length, equally far apart. */
export interface Regular {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/** How many positions window `o` has. */
export function lengthOf({ starts, ends, step }: Span, o: number): number {
  return Math.max(0, Math.ceil(((ends[o] as number) - (starts[o] as number)) / step));
}

/** How the windows lie if they are all alike, else null. */
export function regularity(span: Span): Regular | null {
  const { starts } = span;
  const [start = 0, second = start] = starts;
  const count = lengthOf(span, 0);
  const stride = second - start;
  const alike = starts.every((s, o) => s === start + o * stride && lengthOf(span, o) === count);
  return alike && count > 0 ? { start, stride, count } : null;
}

/** Visits the elements of a window, all windows being alike, as elements beyond its first. */
export function eachTap(
  spans: readonly Span[],
  regular: readonly (Regular | null)[],
  visit: (offset: number) => void,
): void {
  const strides = byteStrides(
    spans.map((span) => span.size),
    1,
  );
  const each = (d: number, offset: number): void => {
    if (d === regular.length) return visit(offset);
    const step = (spans[d] as Span).step * (strides[d] as number);
    const count = regular[d]?.count ?? 0;
    for (let k = 0; k < count; k++) each(d + 1, offset + k * step);
  };
  each(0, 0);
}
