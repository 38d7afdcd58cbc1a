/** @file Objects that hold their own state, but were frozen: by `Object.freeze`, or by a store that freezes its contents. */
import { ChainruleError } from '../errors.js';

/** Throws if `object`, called `what` in messages, was frozen: `op` is about to change it. */
export function refuseFrozen(op: string, object: object, what: string): void {
  if (Object.isFrozen(object)) throw frozen(op, what);
}

/**
 * The error to throw for an `error` that occurred while `objects` were changed: one that names the frozen object, if one of
 * them was frozen.
 */
export function frozenError(
  error: unknown,
  op: string,
  objects: Iterable<unknown>,
  what: string,
): unknown {
  if (!(error instanceof TypeError)) return error;
  for (const object of objects) if (Object.isFrozen(object)) return frozen(op, what, error);
  return error;
}

function frozen(op: string, what: string, cause?: unknown): ChainruleError {
  return new ChainruleError(
    `${op}: ${what} was frozen, by Object.freeze or by a store that freezes its contents, but it must change its own fields; ` +
      'freeze the object that refers to it instead, or keep it out of the store',
    cause === undefined ? {} : { cause },
  );
}
