/**
 * @file Kinds of arguments: the values that are allowed, and how a message describes them. One table of kinds serves the check
 * and its messages, in operations, layers, losses, optimizers, schedules and loaders alike.
 */
import { DTypeError, type ChainruleError } from '../errors.js';
import { DTYPES, type DType } from '../graph/dtype.js';
import { isTensor } from '../graph/isTensor.js';
import type { Tensor } from '../graph/tensor.js';
import { display } from './display.js';

/** One condition on a value. `T` is the type of the values that pass. */
export interface Kind<T = unknown> {
  /** The words after "must" in a message: `be a finite number > 0`. */
  readonly must: string;
  /** Whether the value passes. It may throw for values that throw when they are read. */
  test(value: unknown): value is T;
  /** The class of the error. Default `ChainruleError`. */
  readonly error?: new (message: string) => ChainruleError;
  /** Whether the option must be given. Default false. */
  readonly required?: boolean;
}

/** Makes a kind from the words after "must" and the condition. */
export function kind<T>(
  must: string,
  test: (value: unknown) => boolean,
  error?: new (message: string) => ChainruleError,
): Kind<T> {
  return { must, test: test as Kind<T>['test'], ...(error === undefined ? {} : { error }) };
}

const ofNumber = (must: string, test: (x: number) => boolean): Kind<number> =>
  kind(must, (x) => typeof x === 'number' && test(x));

/** Any number, including NaN and infinities. */
export const number: Kind<number> = ofNumber('be a number', () => true);
/** Any number but NaN. */
export const real: Kind<number> = ofNumber('be a number other than NaN', (x) => !Number.isNaN(x));
/** A number that is neither NaN nor infinite. */
export const finite: Kind<number> = ofNumber('be a finite number', Number.isFinite);
/** A finite number above 0. */
export const positive: Kind<number> = ofNumber(
  'be a finite number > 0',
  (x) => x > 0 && x < Infinity,
);
/** A finite number of 0 or more. */
export const nonNegative: Kind<number> = ofNumber(
  'be a finite number ≥ 0',
  (x) => x >= 0 && x < Infinity,
);
/** A probability or a share. */
export const fraction: Kind<number> = ofNumber('be from 0 to 1', (x) => x >= 0 && x <= 1);
/** A decay rate; 1 would keep the first value forever. */
export const decay: Kind<number> = ofNumber('be in [0, 1)', (x) => x >= 0 && x < 1);
/** A whole number. */
export const whole: Kind<number> = ofNumber('be a whole number', Number.isSafeInteger);
/** A number of at least 1: features, heads, steps. */
export const count: Kind<number> = ofNumber(
  'be a whole number > 0',
  (x) => Number.isSafeInteger(x) && x > 0,
);
/** The size of a dimension, which may be 0, but not −0: a shape would show it. */
export const size: Kind<number> = wholeBetween(0, Infinity);

/** A number from `low` to `high`, both included. */
export function between(low: number, high: number): Kind<number> {
  return ofNumber(`be a number from ${low} to ${high}`, (x) => x >= low && x <= high);
}

/** A whole number from `low` to `high`, both included, and not −0. */
export function wholeBetween(low: number, high: number): Kind<number> {
  return ofNumber(
    high === Infinity ? `be a whole number ≥ ${low}` : `be a whole number from ${low} to ${high}`,
    (x) => Number.isSafeInteger(x) && x >= low && x <= high && !Object.is(x, -0),
  );
}

/** A boolean; truthy and falsy values do not count. */
export const flag: Kind<boolean> = kind('be true or false', (x) => typeof x === 'boolean');
/** A string. */
export const text: Kind<string> = kind('be a string', (x) => typeof x === 'string');
// A function of any type: its parameters and result are checked when it is called.
/** A function, but not a class, which cannot be called. */
export const callable: Kind<(...args: never[]) => unknown> = kind(
  'be a function',
  (x) => typeof x === 'function' && !isClass(x),
);

/** A function written with `function` also has a prototype, which can be replaced. */
function isClass(x: object): boolean {
  return (
    Object.hasOwn(x, 'prototype') &&
    Object.getOwnPropertyDescriptor(x, 'prototype')?.writable === false
  );
}

/** A promise. Test it with `passes`, because a value of unknown type may throw when it is inspected. */
export const promise: Kind<Promise<unknown>> = kind(
  'be a promise',
  (x) => typeof (x as { then?: unknown } | null | undefined)?.then === 'function',
);

/** Any value: it is checked elsewhere. */
export const anything: Kind<never> = kind('be given', () => true);

/** A tensor. */
export const tensor: Kind<Tensor> = kind('be a tensor', isTensor);
/** A tensor, or a value that operations accept as one. */
export const operand: Kind<Tensor | number | boolean> = kind(
  'be a tensor or a number',
  (x) => typeof x === 'number' || typeof x === 'boolean' || isTensor(x),
);
/** A dtype: `'float32'`, `'float64'`, `'int32'` or `'bool'`. */
export const dtype: Kind<DType> = kind(
  `be one of ${DTYPES.map(display).join(', ')}`,
  (x) => typeof x === 'string' && (DTYPES as readonly string[]).includes(x),
  DTypeError,
);
/** A dimension; whether the tensor has it is checked with the shape. */
export const dim: Kind<number> = ofNumber(
  'be a dimension, a whole number (negative ones count from the end)',
  Number.isSafeInteger,
);

/** One of the given values. */
export function oneOf<const C extends readonly (string | number | boolean | null)[]>(
  ...choices: C
): Kind<C[number]> {
  const shown = choices.map(display);
  const must = shown.length > 2 ? `be one of ${shown.join(', ')}` : `be ${shown.join(' or ')}`;
  return kind(must, (x) => choices.includes(x as C[number]));
}

/** The value may also be null. */
export function orNull<T>(k: Kind<T>): Kind<T | null> {
  return { ...k, must: `${k.must}, or null`, test: (x): x is T | null => x === null || k.test(x) };
}

/** An option that must be given. */
export function required<T>(k: Kind<T>): Kind<T> {
  return { ...k, required: true };
}

/** One or the other. */
export function either<A, B>(a: Kind<A>, b: Kind<B>): Kind<A | B> {
  return kind(`${a.must}, or ${b.must}`, (x) => a.test(x) || b.test(x), a.error ?? b.error);
}

/**
 * @internal Whether it is an array; false for one that cannot be inspected, or whose prototype was removed along with all
 * methods.
 */
export function isArray(x: unknown): x is readonly unknown[] {
  try {
    return Array.isArray(x) && Symbol.iterator in x;
  } catch {
    return false;
  }
}

/** An array, whatever its entries are. */
export const array: Kind<readonly unknown[]> = kind('be an array', isArray);

/** An array of values of a kind, of any length. */
export function listOf<T>(k: Kind<T>): Kind<readonly T[]> {
  return kind(
    `be an array in which each entry must ${k.must}`,
    (x) => (k === anything ? isArray(x) : allPass(k, x)),
    k.error,
  );
}

/** A value of a kind, or an array of them. */
export function oneOrMore<T>(k: Kind<T>): Kind<T | readonly T[]> {
  return kind(`${k.must}, or be an array of such`, (x) => k.test(x) || allPass(k, x), k.error);
}

function allPass(k: Kind, x: unknown): boolean {
  if (!isArray(x)) return false;
  // By index, because `every` would skip holes.
  for (let i = 0; i < x.length; i++) if (!k.test(x[i])) return false;
  return true;
}

/** An array with a kind for each entry. */
export function tuple<const T extends readonly unknown[]>(
  ...entries: { readonly [I in keyof T]: Kind<T[I]> }
): Kind<T> {
  const each = entries as readonly Kind[];
  return kind(
    `have ${each.length} entries: ${each.map((k, i) => `entry ${i} must ${k.must}`).join(', ')}`,
    (x) => isArray(x) && x.length === each.length && each.every((k, i) => k.test(x[i])),
  );
}

/** An object other than an array, a tensor or a function. */
export const object: Kind<object> = kind(
  'be an object',
  (x) =>
    typeof x === 'object' && x !== null && !isArray(x) && !ArrayBuffer.isView(x) && !isTensor(x),
);

/** Anything that a `for` loop can iterate over. */
export const iterable: Kind<Iterable<unknown>> = kind(
  'be an array or another iterable',
  (x) =>
    typeof x === 'object' &&
    x !== null &&
    typeof (x as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function',
);
