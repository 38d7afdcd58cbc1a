/** @file The index of one dimension: a position or a slice such as `'1:5:2'`, as Python reads it. */
import { display } from '../../arguments/index.js';
import { ChainruleError, IndexError } from '../../errors.js';

/** The first element of a slice, the number of its elements, and the step; `keep` is false for a single position. */
export interface SliceRange {
  readonly start: number;
  readonly size: number;
  readonly step: number;
  readonly keep: boolean;
}

/** Parses a position or a slice of dimension `dim` with `n` elements. */
export function sliceRange(index: unknown, n: number, dim: number): SliceRange {
  if (typeof index === 'number') {
    if (!Number.isInteger(index) || index < -n || index >= n) {
      throw new IndexError(
        `at: index ${index} is out of range for dimension ${dim} of size ${n}` +
          (n === 0 ? ', which is empty' : `; it must be a whole number from ${-n} to ${n - 1}`),
      );
    }
    return { start: index < 0 ? index + n : index, size: 1, step: 1, keep: false };
  }
  const parts = typeof index === 'string' ? index.split(':').map((part) => part.trim()) : [];
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^([+-]?\d+)?$/.test(part))) {
    throw new ChainruleError(
      `at: cannot read the index ${display(index)}; ` +
        `an index is a whole number, 'start:stop:step', '...', null, or indices or a mask as a tensor or an array`,
    );
  }
  const [first, last, by] = parts.map((part) => (part === '' ? undefined : Number(part)));
  const step = by ?? 1;
  if (step === 0) throw new IndexError(`at: the step of ${display(index)} must not be 0`);
  // As in Python: negative bounds count from the end, and bounds are clamped to the dimension.
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const bound = (k: number): number => Math.min(high, Math.max(low, k < 0 ? k + n : k));
  const start = first === undefined ? (step > 0 ? low : high) : bound(first);
  const stop = last === undefined ? (step > 0 ? high : low) : bound(last);
  const size = Math.max(0, Math.ceil((stop - start) / step));
  return { start: size === 0 ? 0 : start, size, step, keep: true };
}
