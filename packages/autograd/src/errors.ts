/**
 * @file The errors that users see. Each message names the operation, the given value and what would be right.
 *
 * Errors are recognised by a brand in the global symbol registry, so that `instanceof` works across two copies of the package
 * (one loaded by `import`, one by `require`).
 */

import { printable } from './arguments/printable.js';

const BRAND = Symbol.for('chainrule.error');

/** The cause of an error. ES2022 calls this ErrorOptions, a name that declarations for older targets cannot use. */
export interface Cause {
  readonly cause?: unknown;
}

/** The base class of all errors that Chainrule throws on misuse. */
export class ChainruleError extends Error {
  /** @internal Its own name and those of its base classes: written out, because minifiers rename classes. */
  static readonly kinds: readonly string[] = ['ChainruleError'];

  constructor(message: string, options?: Cause) {
    super(printable(message), options);
    const { kinds } = new.target;
    // Defined, not assigned: if Error.prototype is frozen, an assignment would fail.
    const hidden = { writable: true, configurable: true };
    const name = Object.hasOwn(new.target, 'kinds') ? kinds[0] : new.target.name;
    Object.defineProperty(this, 'name', { ...hidden, value: name });
    Object.defineProperty(this, BRAND, { ...hidden, value: kinds });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class that a user derived from one of these has no brand of its own.
    if (!Object.hasOwn(this, 'kinds')) {
      return Object.prototype.isPrototypeOf.call(this.prototype, value as object);
    }
    const kinds = (value as { [BRAND]?: readonly string[] } | null | undefined)?.[BRAND];
    return Array.isArray(kinds) && kinds.includes(this.kinds[0]);
  }
}

/** Shapes that do not fit the operation or each other. */
export class ShapeError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['ShapeError', 'ChainruleError'];
}
/** An element type that the operation is not defined for, or a number that does not fit one. */
export class DTypeError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['DTypeError', 'ChainruleError'];
}
/** A dimension, position or class index out of range. */
export class IndexError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['IndexError', 'ChainruleError'];
}
/** Differentiation that is not possible: no graph, a freed graph, a non-scalar without a gradient. */
export class GradError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['GradError', 'ChainruleError'];
}
/** A device that is missing, lost or cannot do what was asked. */
export class DeviceError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['DeviceError', 'ChainruleError'];
}
/** A file or bytes that are not what they claim to be. */
export class FormatError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['FormatError', 'ChainruleError'];
}
/** @internal A file with a number that no dtype here can hold: a `FormatError`, and also a `DTypeError`, as everywhere else. */
export class ElementError extends FormatError {
  /** @internal */
  static override readonly kinds: readonly string[] = [
    'DTypeError',
    'FormatError',
    'ChainruleError',
  ];
}
