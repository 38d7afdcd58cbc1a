/** @file Lists of whole numbers as arguments: given as a list, `reshape(x, [2, 3])`, or spread, `reshape(x, 2, 3)`. */
import { display, passes, copyList, type Kind } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';

/** A list of numbers, given as an array or spread. */
export type Listed = readonly number[] | readonly [readonly number[]];

/** The list that was meant: a copy, as the caller may change the original. */
export function listOf(op: string, given: Listed): readonly number[] {
  const first: unknown = given[0];
  if (typeof first === 'object' && given[1] === undefined) {
    if (!passes(wholeNumbers, first)) return refuse(op, first); // before it is copied: it may be endless
    const copy = copyList(op, 'the array', first);
    return passes(wholeNumbers, copy) ? copy : refuse(op, copy);
  }
  return passes(wholeNumbers, given) ? given : refuse(op, given);
}

const wholeNumbers: Kind<readonly number[]> = kinds.listOf(kinds.whole);

const readable = kinds.kind<readonly unknown[]>(
  'be an array',
  (x) => kinds.isArray(x) && (x.length === 0 || x.findIndex((y) => !kinds.whole.test(y)) > -2),
);

/** Describes the first entry that is not a whole number, and its position. */
function culprit(given: unknown): string {
  // Not everything that is an array can be read.
  if (!passes(readable, given)) return display(given);
  const wrong = given.findIndex((x) => !kinds.whole.test(x));
  return `${display(given[wrong])}${given.length > 1 ? ` in ${display(given)}` : ''}`;
}

function refuse(op: string, given: unknown): never {
  throw new ChainruleError(
    `${op}: expected whole numbers, such as [2, 3] or 2, 3, got ${culprit(given)}`,
  );
}
