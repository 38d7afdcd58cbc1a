/** @file Methods called without their object: `const { step } = optimizer; step()`. */
import { ChainruleError } from '../errors.js';
import { checkArgument, passes } from './check.js';
import { display } from './display.js';
import { frozenError } from './frozen.js';
import { callable, kind, text } from './kinds.js';
import { readList } from './list.js';
import { plural } from './plural.js';

type Method = (...args: unknown[]) => unknown;

/** In the CommonJS build the initial value of a field becomes a method of this name, called before the object has any state. */
const FIELD = /^__init\d*$/;
/** The prototypes whose methods are guarded, by the base class that names the methods. */
const guardedBy = new WeakMap<object, WeakSet<object>>();
/** What else is done with a prototype whose methods are guarded. */
export const onGuard: { advise: ((prototype: object, what: string) => void) | null } = {
  advise: null,
};

/**
 * Makes the methods of `base` throw if they are called on a value that `isOne` does not accept: the methods of `base` itself,
 * and those that override them in the classes between it and `instance`. Properties that can only be read say so where they are
 * set. A constructor of `base` calls it; only the first instance of a class does work.
 *
 * @param names the methods, if some of them are abstract. Default: all that `base` has.
 * @param exact those of `base` that take no more arguments than they name, and refuse others.
 * @param what a variable for such an object, as the message names it: `optimizer`.
 * @throws {ChainruleError} unless `instance` inherits from `base`.
 * @example
 * class Optimizer {
 *   constructor() { guardMethods(this, Optimizer.prototype, 'optimizer', (x) => x instanceof Optimizer); }
 * }
 * // step: it is a method of an optimizer, called on nothing; to pass it on, write () => optimizer.step()
 */
export function guardMethods(
  instance: object,
  base: object,
  what: string,
  isOne: (x: unknown) => boolean,
  names?: readonly string[],
  exact: readonly string[] = [],
): void {
  let guarded = guardedBy.get(base);
  let level = prototypeOf(instance);
  if (level !== null && guarded?.has(level) === true) return;
  const heir = kind('be an object that inherits from base', (x) => inherits(x, base));
  checkArgument('guardMethods', 'instance', instance, heir);
  checkArgument('guardMethods', 'what', what, text);
  checkArgument('guardMethods', 'isOne', isOne, callable);
  const methods = readList(
    'guardMethods',
    'names',
    names ?? Object.getOwnPropertyNames(base),
    text,
  );
  if (guarded === undefined) guardedBy.set(base, (guarded = new WeakSet()));
  const own = kind(`be of class ${what}`, isOne);
  for (; level !== null; level = prototypeOf(level)) {
    if (guarded.has(level)) return;
    guarded.add(level);
    sayReadOnly(level, `each ${what} computes it`, methods);
    for (const name of methods)
      guard(level, name, (x) => passes(own, x), what, level === base && exact.includes(name));
    if (level === base) return onGuard.advise?.(base, what);
  }
}

/** The prototype, or null if there is none or it cannot be read. */
function prototypeOf(x: unknown): object | null {
  try {
    return typeof x === 'object' && x !== null ? (Object.getPrototypeOf(x) as object | null) : null;
  } catch {
    return null;
  }
}

function inherits(x: unknown, base: unknown): boolean {
  for (let level = prototypeOf(x); level !== null; level = prototypeOf(level))
    if (level === base) return base !== Object.prototype;
  return false;
}

/** Makes the properties of `prototype` that have no setter say so where they are set. */
export function sayReadOnly(
  prototype: object,
  why: string,
  names: readonly string[] = Object.getOwnPropertyNames(prototype),
): void {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (descriptor?.get === undefined || descriptor.set !== undefined) continue;
    const set = (): never => {
      throw new ChainruleError(`${name}: it is read-only, for ${why}`);
    };
    Object.defineProperty(prototype, name, { ...descriptor, set });
  }
}

function guard(
  level: object,
  name: string,
  isOne: (x: unknown) => boolean,
  what: string,
  exact: boolean,
): void {
  const descriptor = Object.getOwnPropertyDescriptor(level, name);
  const method: unknown = descriptor?.value;
  if (name === 'constructor' || FIELD.test(name) || typeof method !== 'function') return;
  const most = exact ? method.length : Infinity;
  const value = function (this: unknown, ...args: unknown[]): unknown {
    if (isOne(this)) {
      if (args.length > most && args[most] !== undefined) {
        const taken = most === 0 ? 'no arguments' : plural(most, 'argument');
        throw new ChainruleError(`${name}: it takes ${taken}, got ${display(args[most])} as well`);
      }
      try {
        return Reflect.apply(method as Method, this, args);
      } catch (error) {
        throw frozenError(error, what, [this], 'it');
      }
    }
    const article = /^[aeiou]/.test(what) ? 'an' : 'a';
    throw new ChainruleError(
      `${name}: it is a method of ${article} ${what}, called on ${display(this)}; ` +
        `to pass it on, write () => ${what}.${name}()`,
    );
  };
  // Code that inspects the method finds what it would have found before.
  for (const key of ['name', 'length', 'toString'] as const) {
    Object.defineProperty(value, key, {
      value: key === 'toString' ? () => Function.prototype.toString.call(method) : method[key],
      configurable: true,
      writable: true,
    });
  }
  Object.defineProperty(level, name, { ...descriptor, value });
}
