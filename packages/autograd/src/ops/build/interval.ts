/** @file Intervals of numbers, described in words. */
import type { DType } from '../../graph/dtype.js';

/** The smallest positive number of a float dtype: as a lower bound it means "above 0". */
export const least = (dtype: DType): number => (dtype === 'float32' ? 2 ** -149 : 2 ** -1074);
/** The largest number of a float dtype: as an upper bound it means "finite". */
export const greatest = (dtype: DType): number =>
  dtype === 'float32' ? 3.4028234663852886e38 : Number.MAX_VALUE;

/** Describes the interval in words. */
export function describeInterval(low: number, high: number): string {
  const among = (end: typeof least, x: number): boolean =>
    x === end('float32') || x === end('float64');
  const finite = among(greatest, high);
  const from = among(least, low) ? 'above 0' : `at least ${low}`;
  if (low === -Infinity) return high === Infinity ? 'a number' : `at most ${high}`;
  if (finite || high === Infinity) return finite ? `finite and ${from}` : from;
  return from === 'above 0' ? `above 0 and at most ${high}` : `from ${low} to ${high}`;
}
