/** @file Methods that lost their object: `const { step } = optimizer; step()`. */
import { ChainruleError } from '../errors.js';
import { passes } from './check.js';
import { display } from './display.js';
import { kind } from './kinds.js';

type Method = (...args: unknown[]) => unknown;

/** What the CommonJS build makes of the initial value of a field: a method, called before there is anything to ask. */
const FIELD = /^__init\d*$/;
/** The prototypes whose methods are guarded, by the base that names the methods. */
const guardedBy = new WeakMap<object, WeakSet<object>>();

/**
 * Makes the methods that `base` names refuse to be called on anything but what `isOne` accepts: its own, and those that
 * override them in the classes between it and `instance`. A constructor of `base` calls it; the first instance of a class
 * does the work.
 *
 * @param names the methods, if some of them are abstract. Default: all that `base` has.
 * @param what a variable for such an object, as the message names it: `optimizer`.
 * @example
 * class Optimizer {
 *   constructor() { guardMethods(this, Optimizer.prototype, 'optimizer', (x) => x instanceof Optimizer); }
 * }
 * // step: it is a method of an optimizer, called on nothing; where it is passed on, pass () => optimizer.step()
 */
export function guardMethods(
  instance: object,
  base: object,
  what: string,
  isOne: (x: unknown) => boolean,
  names: readonly string[] = Object.getOwnPropertyNames(base),
): void {
  let level = Object.getPrototypeOf(instance) as object;
  let guarded = guardedBy.get(base);
  if (guarded === undefined) guardedBy.set(base, (guarded = new WeakSet()));
  if (guarded.has(level)) return;
  const own = kind(`be of class ${what}`, isOne);
  for (; level !== Object.prototype; level = Object.getPrototypeOf(level) as object) {
    if (guarded.has(level)) return;
    guarded.add(level);
    for (const name of names) guard(level, name, (x) => passes(own, x), what);
    if (level === base) return;
  }
}

function guard(level: object, name: string, isOne: (x: unknown) => boolean, what: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(level, name);
  const method: unknown = descriptor?.value;
  if (name === 'constructor' || FIELD.test(name) || typeof method !== 'function') return;
  const value = function (this: unknown, ...args: unknown[]): unknown {
    if (isOne(this)) return Reflect.apply(method as Method, this, args);
    const article = /^[aeiou]/.test(what) ? 'an' : 'a';
    throw new ChainruleError(
      `${name}: it is a method of ${article} ${what}, called on ${display(this)}; ` +
        `where it is passed on, pass () => ${what}.${name}()`,
    );
  };
  // What looks at a method finds what it would have found.
  for (const key of ['name', 'length', 'toString'] as const) {
    Object.defineProperty(value, key, {
      value: key === 'toString' ? () => Function.prototype.toString.call(method) : method[key],
      configurable: true,
      writable: true,
    });
  }
  Object.defineProperty(level, name, { ...descriptor, value });
}
