/**
 * @file The errors that users meet. Each message names the operation, what it was given and what would be right.
 *
 * Errors are recognised by a brand on the global symbol registry, so that `instanceof` holds across two copies of the
 * package (one loaded by `import`, one by `require`).
 */

const BRAND = Symbol.for('chainrule.error');

/** The base of every error that Chainrule throws on misuse. */
export class ChainruleError extends Error {
  /** @internal The names of this class and its ancestors. */
  readonly [BRAND]: readonly string[] = [];

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    const names: string[] = [];
    for (
      let c: unknown = new.target;
      typeof c === 'function' && c !== Error;
      c = Object.getPrototypeOf(c)
    ) {
      names.push(c.name);
    }
    this[BRAND] = names;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const names = (value as { [BRAND]?: readonly string[] } | null | undefined)?.[BRAND];
    return Array.isArray(names) && names.includes(this.name);
  }
}

/** Shapes that do not fit the operation or each other. */
export class ShapeError extends ChainruleError {}
/** An element type that the operation is not defined for. */
export class DTypeError extends ChainruleError {}
/** A dimension, position or class index out of range. */
export class IndexError extends ChainruleError {}
/** Differentiation asked for where there is none: no graph, a freed graph, a non-scalar without a gradient. */
export class GradError extends ChainruleError {}
/** A device that is missing, lost or cannot do what was asked. */
export class DeviceError extends ChainruleError {}
/** A file or bytes that are not what they claim to be. */
export class FormatError extends ChainruleError {}
