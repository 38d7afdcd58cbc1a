/** @file Lists given by callers: read once, entry by entry, each checked before the next is requested. */
import { ChainruleError } from '../errors.js';
import { passes, refuseArgument } from './check.js';
import { display } from './display.js';
import { isArray, iterable, type Kind } from './kinds.js';
import { reading } from './reading.js';

/** The most entries of an iterable: one that continues after that is considered endless. */
const MAX_LENGTH = 2 ** 21;
/** The same for tensors, parameters and modules: two million of them, made by a generator, would fill the memory. */
const MAX_OBJECTS = 2 ** 16;

/**
 * The entries of an array or another iterable, in a new array; each must be of the kind.
 *
 * Reading stops at the first wrong entry, so an endless iterable, or an array of holes, takes no time.
 *
 * @throws {ChainruleError} (or the kind's own subclass) if it cannot be iterated over, for a wrong entry, and for an
 * iterable with more than 2 million entries, or 65536 objects.
 * @example readList('SGD', 'params', params, kinds.tensor)
 * // SGD: params[3] must be a tensor, got 5
 */
export function readList<T>(op: string, name: string, given: unknown, entryKind: Kind<T>): T[] {
  if (!passes(iterable, given)) {
    const must = `${iterable.must}; each entry must ${entryKind.must}`;
    refuseArgument(op, name, given, { ...iterable, must });
  }
  const ends = isArray(given);
  const entries: T[] = [];
  try {
    for (const entry of given) {
      if (!entryKind.test(entry))
        refuseArgument(op, `${name}[${entries.length}]`, entry, entryKind);
      const last: unknown = isArray(entry) ? entry[1] : entry; // in a pair of a name and a tensor
      const most = typeof last === 'object' ? MAX_OBJECTS : MAX_LENGTH;
      if (!ends && entries.length >= most) {
        throw new ChainruleError(
          `${op}: ${name} has more than ${most} entries; pass one that ends, or an array`,
        );
      }
      entries.push(entry);
    }
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause;
    throw new ChainruleError(`${op}: ${name} cannot be iterated over: ${display(given)}`, {
      cause,
    });
  }
  return entries;
}

/** What `f` makes of the numbers from 0 on: `Array.from` takes five times as long over two of them. */
export function generate<T>(length: number, f: (i: number) => T): T[] {
  const made: T[] = [];
  for (let i = 0; i + 1 <= length; i++) made.push(f(i));
  return made;
}

/**
 * A copy of an array that was checked, to be checked again, so that the values used are the values checked. Its length is read
 * once.
 * @throws {ChainruleError} if it cannot be read, or claims to have more than 2 million entries.
 */
export function copyList(op: string, name: string, list: readonly unknown[]): unknown[] {
  return reading(op, name, () => {
    const { length } = list;
    if (length > MAX_LENGTH)
      throw new ChainruleError(`${op}: ${name} has more than ${MAX_LENGTH} entries`);
    return generate(length, (i) => list[i]);
  });
}
