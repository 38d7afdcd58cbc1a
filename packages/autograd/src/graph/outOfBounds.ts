/** @file Errors for values out of bounds, which an operation or a device finds when it runs. */
import { ChainruleError, IndexError } from '../errors.js';

/**
 * An index out of range: its name (`gather: index`), value, limit and position; `low` is `-limit` where it may be negative.
 */
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

/** The bounds of elements: of indices along `dim`, otherwise as `must` says. */
export interface Bounds {
  readonly what: string;
  readonly low: number;
  readonly high: number;
  readonly dim?: number;
  readonly must?: string;
}

/** The error of `assertBetween` for an element; with `dim`, the element is an index along that dimension. */
export function outOfBounds(
  { what, low, high, dim, must }: Bounds,
  value: number,
  position: number,
): ChainruleError {
  if (dim !== undefined) return outOfRange(what, value, high + 1, position, dim, low);
  return new ChainruleError(`${what} must be ${must}, but element ${position} is ${value}`);
}
