/**
 * @file Windows: buffers that lie within others, at a place that is known when a program runs. To kernels they are buffers
 * like all others; only who places buffers has to know of them.
 */
import type { PlacedSpec } from '../../graph/lowering.js';
import type { View } from './view.js';

export interface Window {
  readonly slot: number;
  /** The buffer that it lies within; maybe a window too. */
  readonly within: number;
  /** Where it begins there: at this element, and for each number so many further as its value times its stride. */
  readonly offset: number;
  readonly numbers: readonly number[];
  readonly strides: readonly number[];
}

/** The window `slot` within what a view reads; the slots `numbers` say where. */
export function windowOf(
  slot: number,
  { start, dims }: PlacedSpec,
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

/** How the elements of a window lie in it. */
export function viewOfWindow(slot: number, { step }: PlacedSpec, { strides }: View): View {
  return { base: slot, offset: 0, strides: strides.map((s, d) => s * step[d]!), dims: null };
}

/** Says of each buffer whether it begins at a multiple of `unit` elements wherever it lies, as all that are no windows do. */
export function alignedTo(unit: number, windows: readonly Window[]): (buffer: number) => boolean {
  const odd = new Set<number>();
  for (const { slot, within, offset, strides } of windows)
    if (odd.has(within) || [offset, ...strides].some((n) => n % unit !== 0)) odd.add(slot);
  return (buffer) => !odd.has(buffer);
}

/** Says of each buffer in which one that is no window it lies. */
export function rootsOf(windows: readonly Window[]): (buffer: number) => number {
  if (windows.length === 0) return (buffer) => buffer;
  const roots = new Map<number, number>();
  for (const { slot, within } of windows) roots.set(slot, roots.get(within) ?? within);
  return (buffer) => roots.get(buffer) ?? buffer;
}
