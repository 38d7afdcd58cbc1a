/** @file The position of a batch among those of its epoch and of its update. */
import { ChainruleError } from '@chainrule/autograd';
import type { Progress } from './events.js';

/** Adds to the message of an error which batch it came from. */
export function nameBatch(error: unknown, { epoch, batch }: Progress): void {
  addPlace(error, `in batch ${batch} of epoch ${epoch}`);
}

/** Adds a place to the message of an error. */
export function addPlace(error: unknown, place: string): void {
  if (error instanceof Error && !Object.isFrozen(error)) error.message += ` (${place})`;
}

/** The number of batches, if it is known. */
export function lengthOf(data: object): number | null {
  let length: unknown = null;
  try {
    ({ length } = data as { length?: unknown });
  } catch {
    // A loader over a stream has none.
  }
  return typeof length === 'number' ? length : null;
}

/** The number of batches that share the update of batch `at`. */
export function shareOf(at: number, accumulate: number, length: number): number {
  const begin = at - (at % accumulate);
  return Math.max(1, Math.min(accumulate, length - begin));
}

/** The error about data without any `noun`. A generator has none in a second pass. */
export function nothingIn(
  op: string,
  data: Iterable<unknown> | AsyncIterable<unknown>,
  noun: 'batches' | 'examples',
): ChainruleError {
  const why = 'next' in data ? '; a generator can be looped over only once' : '';
  return new ChainruleError(`${op}: the data has no ${noun}${why}`);
}
