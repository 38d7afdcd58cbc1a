/**
 * @file Windows: buffers within other buffers, at a position that is known only when the program runs. Kernels treat them
 * like all other buffers; only the code that places buffers must know of them.
 */
import type { DynamicViewSpec } from '../../graph/lowering.js';
import type { View } from './view.js';

export interface Window {
  readonly slot: number;
  /** The buffer that contains it, which may be a window too. */
  readonly within: number;
  /** The element at which it begins there is `offset + Σ value of numbers[d] * strides[d]`. */
  readonly offset: number;
  readonly numbers: readonly number[];
  readonly strides: readonly number[];
}

/** The window `slot` within the buffer that a view reads; the slots `numbers` hold its position. */
export function windowOf(
  slot: number,
  { start, dims }: DynamicViewSpec,
  numbers: readonly number[],
  { base, offset, strides }: View,
): Window {
  return {
    slot,
    within: base,
    offset: start.reduce((at, s, d) => at + s * strides[d]!, offset),
    numbers,
    strides: dims.map((d) => strides[d]!),
  };
}

/** The view of the elements of a window. */
export function viewOfWindow(slot: number, { step }: DynamicViewSpec, { strides }: View): View {
  return { base: slot, offset: 0, strides: strides.map((s, d) => s * step[d]!), dims: null };
}

/** A predicate: whether a buffer always begins at a multiple of `unit` elements, as all buffers but windows do. */
export function alignmentTest(
  unit: number,
  windows: readonly Window[],
): (buffer: number) => boolean {
  const odd = new Set<number>();
  for (const { slot, within, offset, strides } of windows)
    if (odd.has(within) || [offset, ...strides].some((n) => n % unit !== 0)) odd.add(slot);
  return (buffer) => !odd.has(buffer);
}

/** A function from a buffer to the outermost one that contains it. */
export function rootsOf(windows: readonly Window[]): (buffer: number) => number {
  if (windows.length === 0) return (buffer) => buffer;
  const roots = new Map<number, number>();
  for (const { slot, within } of windows) roots.set(slot, roots.get(within) ?? within);
  return (buffer) => roots.get(buffer) ?? buffer;
}
