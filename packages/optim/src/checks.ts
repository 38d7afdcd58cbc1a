/** @file What hyper-parameters may be: each is checked when a group is made and whenever it is changed. */
import { ChainruleError } from '@chainrule/autograd';

/** A value a hyper-parameter may have. */
export type HyperValue = number | boolean | string | null | readonly (number | null)[];

/** The hyper-parameters of one optimizer. */
export type Hypers = { readonly [name: string]: HyperValue };

/** One condition on a value, and how a message says it. */
export interface Check {
  readonly must: string;
  test(value: unknown): boolean;
}

const isFinite = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);

const number = (must: string, test: (x: number) => boolean): Check => ({
  must,
  test: (x) => isFinite(x) && test(x),
});

export const finite: Check = number('be a finite number', () => true);
export const nonNegative: Check = number('be a finite number ≥ 0', (x) => x >= 0);
export const positive: Check = number('be a finite number > 0', (x) => x > 0);
/** A decay rate: 1 would keep the first value for ever. */
export const decay: Check = number('be in [0, 1)', (x) => x >= 0 && x < 1);
export const fraction: Check = number('be in [0, 1]', (x) => x >= 0 && x <= 1);
export const count: Check = number('be a whole number > 0', (x) => Number.isInteger(x) && x > 0);
export const flag: Check = { must: 'be true or false', test: (x) => typeof x === 'boolean' };

export function oneOf(...choices: readonly (string | null)[]): Check {
  return {
    must: `be ${choices.map((c) => (c === null ? 'null' : `'${c}'`)).join(' or ')}`,
    test: (x) => choices.includes(x as string | null),
  };
}

/** The value may also be absent. */
export function orNull(check: Check): Check {
  return { must: `${check.must}, or null`, test: (x) => x === null || check.test(x) };
}

/** A list with one check an entry. */
export function tuple(...checks: readonly Check[]): Check {
  return {
    must: `have ${checks.length} entries: ${checks.map((c, i) => `entry ${i} must ${c.must}`).join(', ')}`,
    test: (x) =>
      Array.isArray(x) && x.length === checks.length && checks.every((c, i) => c.test(x[i])),
  };
}

/** @throws {ChainruleError} if `value` does not pass. */
export function ensure(owner: string, name: string, value: unknown, check: Check): void {
  if (!check.test(value)) {
    throw new ChainruleError(`${owner}: ${name} must ${check.must}; got ${display(value)}`);
  }
}

/** A value as messages show it. */
export function display(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(display).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
