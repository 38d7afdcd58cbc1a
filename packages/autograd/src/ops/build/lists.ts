/** @file Lists of whole numbers as arguments: given whole, `reshape(x, [2, 3])`, or spread, `reshape(x, 2, 3)`. */
import { ChainruleError } from '../../errors.js';

/** A list given whole or spread. */
export type Listed = readonly number[] | readonly [readonly number[]];

/** The list that was meant. */
export function listOf(op: string, given: Listed): readonly number[] {
  const [first] = given;
  const list = Array.isArray(first) ? (first as readonly number[]) : (given as readonly number[]);
  for (const n of list) {
    if (!Number.isInteger(n)) {
      throw new ChainruleError(
        `${op}: expected whole numbers, such as [2, 3] or 2, 3, got ${String(n)}`,
      );
    }
  }
  return list;
}
