/** @file Options of solvers: checked by a table, with defaults filled in. */
import { ChainruleError } from '@chainrule/autograd';
import { count, display, ensure, finite, flag, type Check } from '../checks.js';

/** Options that every iteration has. */
export interface IterationOptions {
  /** How many iterations are made at most. */
  readonly maxIterations?: number;
  /** Whether not to converge is an error. Default true; with false the last iterate is returned. */
  readonly strict?: boolean;
}

/** The checks of {@link IterationOptions}. */
export const iterationChecks = { maxIterations: count, strict: flag };

/** A tolerance. */
export const tolerance: Check = {
  must: 'be a finite number ≥ 0',
  test: (x) => finite.test(x) && (x as number) >= 0,
};

/** Options of which those with a default are always there. */
export type Filled<T, D> = Omit<T, keyof D> & {
  readonly [K in keyof D & keyof T]-?: NonNullable<T[K]>;
};

/**
 * The options with their defaults.
 * @throws {ChainruleError} if there is one of another name, or one does not pass its check.
 */
export function readOptions<T extends object, const D extends Partial<T>>(
  owner: string,
  given: T | undefined,
  checks: { readonly [K in keyof Required<T>]: Check },
  defaults: D,
): Filled<T, D> {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new ChainruleError(`${owner}: options must be an object, got ${display(given)}`);
  }
  const names = Object.keys(checks);
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    const check = (checks as Record<string, Check>)[name];
    if (check === undefined) {
      throw new ChainruleError(
        `${owner}: there is no option '${name}'; its options are ${names.join(', ')}`,
      );
    }
    ensure(owner, name, value, check);
  }
  return { ...defaults, ...Object.fromEntries(set) } as unknown as Filled<T, D>;
}

/** @throws {ChainruleError} unless `f` is a function. */
export function checkFunction(owner: string, f: unknown, what: string): void {
  if (typeof f !== 'function')
    throw new ChainruleError(`${owner}: ${what} must be a function, got ${display(f)}`);
}
