/** @file The errors of values outside their bounds, which an operation or a device finds when it runs. */
import { ChainruleError, IndexError } from '../errors.js';
import type { DType } from './dtype.js';

/** An index out of range, by what it is (`gather: index`), value, limit and place; `low` is `-limit` where it may be negative. */
export function outOfRange(
  what: string,
  value: number,
  limit: number,
  position: number,
  dim: number,
  low = 0,
): IndexError {
  return new IndexError(
    `${what} ${value} at position ${position} is out of range for dimension ${dim} of size ${limit}; ` +
      (limit === 0 ? 'it is empty' : `it must be from ${low} to ${limit - 1}`),
  );
}

/** The least positive number of a float dtype: as a bound it stands for "above 0". */
export const least = (dtype: DType): number => (dtype === 'float32' ? 2 ** -149 : 2 ** -1074);
/** The greatest number of a float dtype: as a bound it stands for "finite". */
export const greatest = (dtype: DType): number =>
  dtype === 'float32' ? 3.4028234663852886e38 : Number.MAX_VALUE;

/** The interval in words. */
export function inWords(low: number, high: number): string {
  const among = (end: typeof least, x: number): boolean =>
    x === end('float32') || x === end('float64');
  const finite = among(greatest, high);
  const from = among(least, low) ? 'above 0' : `at least ${low}`;
  if (low === -Infinity) return high === Infinity ? 'a number' : `at most ${high}`;
  if (finite || high === Infinity) return finite ? `finite and ${from}` : from;
  return from === 'above 0' ? `above 0 and at most ${high}` : `from ${low} to ${high}`;
}

/** What `assertBetween` says of an element; with `dim`, it is an index along that dimension. */
export function outside(
  { what, low, high, dim }: { what: string; low: number; high: number; dim?: number },
  value: number,
  position: number,
): ChainruleError {
  if (dim !== undefined) return outOfRange(what, value, high + 1, position, dim, low);
  return new ChainruleError(
    `${what} must be ${inWords(low, high)}, but element ${position} is ${value}`,
  );
}
