/** @file The memory plan: one arena in which values with disjoint lifetimes share memory. */

import { FreeBlocks } from './freeBlocks.js';

/** A value to be placed: its size, and the first and last step that needs it. */
export interface Interval {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Arena {
  readonly bytes: number;
  readonly offsets: readonly number[];
  /** How many values and gaps were looked at: a few thousand for each value at most, however many there are. */
  readonly visits: number;
}

/** The size of a cache line in bytes. */
const ALIGNMENT = 64;
/** Addresses this far apart compete for the same lines of the L1 cache. */
const PAGE = 4096;
/** Left free after whole pages: otherwise values walked side by side would all fall into the same few cache lines. */
const PADDING = 3 * ALIGNMENT;

/** The most values that are placed by size. */
const MAX_BY_SIZE = 2048;

/**
 * Places values, the largest first, each at the lowest offset that is free during its lifetime (Pisarchyk and Lee 2020,
 * arXiv:2001.03288: greedy by size). If there are too many for that, they are placed in the order of time, forwards or
 * backwards, whichever takes less.
 */
export function planArena(intervals: readonly Interval[]): Arena {
  const aligned = intervals.map(({ bytes, first, last }) => ({ bytes: align(bytes), first, last }));
  if (aligned.length <= MAX_BY_SIZE) return bySize(aligned);
  const end = aligned.reduce((n, { last }) => Math.max(n, last), 0);
  const forwards = byTime(aligned);
  const backwards = byTime(
    aligned.map(({ bytes, first, last }) => ({ bytes, first: end - last, last: end - first })),
  );
  const { bytes, offsets } = backwards.bytes < forwards.bytes ? backwards : forwards;
  return { bytes, offsets, visits: forwards.visits + backwards.visits };
}

function bySize(intervals: readonly Interval[]): Arena {
  const offsets = new Array<number>(intervals.length).fill(0);
  const order = intervals
    .map((_, i) => i)
    .sort((i, j) => intervals[j]!.bytes - intervals[i]!.bytes || i - j);
  const placed: number[] = []; // by rising offset
  let total = 0;
  let visits = 0;
  for (const i of order) {
    const { bytes, first, last } = intervals[i]!;
    let offset = 0;
    for (const j of placed) {
      visits++;
      const other = intervals[j]!;
      if (other.last < first || last < other.first) continue;
      if (offsets[j]! >= offset + bytes) break;
      offset = Math.max(offset, offsets[j]! + other.bytes);
    }
    offsets[i] = offset;
    total = Math.max(total, offset + bytes);
    let at = placed.length;
    while (at > 0 && offsets[placed[at - 1]!]! > offset) at--;
    placed.splice(at, 0, i);
  }
  return { bytes: total, offsets, visits };
}

/**
 * As an allocator would: each value takes the smallest gap that it fits when its lifetime begins, and frees it when it ends.
 */
function byTime(intervals: readonly Interval[]): Arena {
  const offsets = new Array<number>(intervals.length).fill(0);
  const starting = byStep(intervals, ({ first }) => first);
  const ending = byStep(intervals, ({ last }) => last);
  const gaps = new FreeBlocks();
  starting.forEach((starts, step) => {
    starts.sort((i, j) => intervals[j]!.bytes - intervals[i]!.bytes || i - j);
    for (const i of starts) offsets[i] = gaps.allocate(intervals[i]!.bytes);
    for (const i of ending[step] ?? []) gaps.free(offsets[i]!, intervals[i]!.bytes);
  });
  return { bytes: gaps.highest, offsets, visits: gaps.visits };
}

/** The indices of intervals, grouped by a step of each. */
function byStep(
  intervals: readonly Interval[],
  stepOf: (interval: Interval) => number,
): number[][] {
  const end = intervals.reduce((n, { last }) => Math.max(n, last), -1);
  const lists = Array.from({ length: end + 1 }, (): number[] => []);
  intervals.forEach((interval, i) => lists[stepOf(interval)]!.push(i));
  return lists;
}

/** The most bytes that are live at one time: no plan can do with less. */
export function lowerBound(intervals: readonly Interval[]): number {
  const change = new Map<number, number>();
  const add = (step: number, bytes: number): void => {
    change.set(step, (change.get(step) ?? 0) + bytes);
  };
  for (const { bytes, first, last } of intervals) {
    add(first, align(bytes));
    add(last + 1, -align(bytes));
  }
  let most = 0;
  let live = 0;
  for (const [, bytes] of [...change].sort(([x], [y]) => x - y)) {
    live += bytes;
    most = Math.max(most, live);
  }
  return most;
}

/** The bytes reserved for a value. */
export function align(bytes: number): number {
  const lines = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return lines > 0 && lines % PAGE === 0 ? lines + PADDING : lines;
}
