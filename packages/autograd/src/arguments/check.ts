/** @file The check of one argument, and the error if it does not pass. */
import { ChainruleError } from '../errors.js';
import { display } from './display.js';
import type { Kind } from './kinds.js';

/**
 * Returns the argument `name` of `op` if it is of the right kind, and throws otherwise.
 *
 * It costs one call of the kind's test and allocates nothing.
 *
 * @throws {ChainruleError} (or the kind's own subclass) that names the operation, the argument, what was given and what
 * would be right.
 * @example checkArgument('Linear', 'inFeatures', inFeatures, kinds.size)
 * // Linear: inFeatures must be a whole number ≥ 0, got 'x'
 */
export function checkArgument<T>(op: string, name: string, value: unknown, kind: Kind<T>): T {
  if (!passes(kind, value)) refuseArgument(op, name, value, kind);
  return value;
}

/** Whether the value is of the kind; a value that throws when it is read is not. */
export function passes<T>(kind: Kind<T>, value: unknown): value is T {
  try {
    return kind.test(value);
  } catch (error) {
    if (error instanceof ChainruleError) throw error; // a tensor from another copy of the package: see isTensor
    return false;
  }
}

/** Throws the error of `checkArgument`. */
export function refuseArgument(op: string, name: string, value: unknown, kind: Kind): never {
  if (typeof op !== 'string' || typeof name !== 'string' || typeof kind?.must !== 'string') {
    throw new ChainruleError(
      `checkArgument: expected the operation, the argument's name, its value and its kind, got ${display([op, name, value, kind])}`,
    );
  }
  const Refusal = kind.error ?? ChainruleError;
  throw new Refusal(`${op}: ${name} must ${kind.must}, got ${display(value)}`);
}
