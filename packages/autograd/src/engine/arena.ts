/** @file The memory plan: one arena in which values that do not live at the same time share their place. */

/** A value to be placed: its size, and the first and last step at which it is needed. */
export interface Interval {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Arena {
  readonly bytes: number;
  readonly offsets: readonly number[];
}

const ALIGNMENT = 64;

/**
 * Places intervals, the largest first, each as low as it fits beside those that live at the same time (Pisarchyk and
 * Lee 2020, arXiv:2001.03288: greedy by size).
 */
export function planArena(intervals: readonly Interval[]): Arena {
  const offsets = new Array<number>(intervals.length).fill(0);
  const order = intervals
    .map((_, i) => i)
    .sort((i, j) => intervals[j]!.bytes - intervals[i]!.bytes || i - j);
  const placed: number[] = []; // by rising offset
  let total = 0;
  for (const i of order) {
    const own = intervals[i]!;
    const bytes = align(own.bytes);
    let offset = 0;
    for (const j of placed) {
      const other = intervals[j]!;
      if (other.last < own.first || own.last < other.first) continue;
      if (offsets[j]! >= offset + bytes) break;
      offset = Math.max(offset, offsets[j]! + align(other.bytes));
    }
    offsets[i] = offset;
    total = Math.max(total, offset + bytes);
    let at = placed.length;
    while (at > 0 && offsets[placed[at - 1]!]! > offset) at--;
    placed.splice(at, 0, i);
  }
  return { bytes: total, offsets };
}

/** The most bytes that live at one time: no plan can do with less. */
export function lowerBound(intervals: readonly Interval[]): number {
  let most = 0;
  for (const { first } of intervals) {
    let live = 0;
    for (const other of intervals) {
      if (other.first <= first && first <= other.last) live += align(other.bytes);
    }
    most = Math.max(most, live);
  }
  return most;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
