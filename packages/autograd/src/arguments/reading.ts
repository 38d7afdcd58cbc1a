/** @file Reading a caller's object may throw: a getter fails, a proxy was revoked. */
import { ChainruleError } from '../errors.js';

/**
 * Returns what `read` reads of the argument `name`.
 *
 * @throws {ChainruleError} that names the argument, if reading it throws.
 * @example const named = reading('saveCheckpoint', 'entries', () => Object.entries(entries))
 */
export function reading<R>(op: string, name: string, read: () => R): R {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause;
    throw new ChainruleError(`${op}: ${name} throws when it is read`, { cause });
  }
}
