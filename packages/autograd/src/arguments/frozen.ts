/** @file Objects that keep their state in themselves, and were frozen: by `Object.freeze`, or a store that freezes what it holds. */
import { ChainruleError } from '../errors.js';

/** Throws if `object`, in messages `what`, was frozen: `op` is about to change it. */
export function refuseFrozen(op: string, object: object, what: string): void {
  if (Object.isFrozen(object)) throw frozen(op, what);
}

/** What is thrown for an `error` met while `objects` changed: one that says so, if it is that one of them was frozen. */
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
    `${op}: ${what} was frozen, by Object.freeze or by a store that freezes what it holds, and keeps its state in itself; ` +
      'freeze what refers to it instead, or keep it outside of the store',
    cause === undefined ? {} : { cause },
  );
}
