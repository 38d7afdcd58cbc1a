/** @file Options of solvers: checked by a table, with defaults filled in. */
import { checkArgument, defineOptions, kinds, type Kind } from '@chainrule/autograd';
import { count, flag, nonNegative, type Check } from '../checks.js';

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
export const tolerance: Check = nonNegative;

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
  const read = defineOptions<Record<string, unknown>>(checks as Record<string, Kind>);
  const options = read(owner, given as Record<string, unknown> | undefined);
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) } as unknown as Filled<T, D>;
}

/** @throws {ChainruleError} unless `f` is a function. */
export function checkFunction(owner: string, f: unknown, what: string): void {
  checkArgument(owner, what, f, kinds.callable);
}
