/** @file Modules that hold entries by name: the common part of `ModuleDict` and `ParameterDict`. */
import { guardMethods, IndexError, display } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { checkName, INTERNAL, isModule, namedEntries } from '../module/slots.js';

/** Values by name, as an object, or as pairs. */
export type Entries<T> = Readonly<Record<string, T>> | Iterable<readonly [string, T]>;

/**
 * Named entries in order of insertion. Iterates over the names. `Given` is the type that may be set; it is converted to
 * `Held`.
 */
export abstract class Dictionary<Held, Given = Held> extends Module implements Iterable<string> {
  /** The word for an entry in messages: `module`. */
  protected abstract get entryName(): string;

  /** The entry that is stored for a given value. @throws {ChainruleError} if the value cannot be an entry. */
  protected abstract toEntry(name: string, value: Given): Held;

  constructor(entries: Entries<Given>) {
    super();
    guardMethods(this, Dictionary.prototype, 'dictionary', isModule);
    // Any name is allowed, also that of one of the module's own methods.
    this[INTERNAL].registry = Object.create(null) as Record<string, unknown>;
    this.update(entries);
  }

  private get entriesByName(): Record<string, Held> {
    return this[INTERNAL].registry as Record<string, Held>;
  }

  /** The entry with this name. @throws {IndexError} if there is none. */
  get(name: string): Held {
    const found = this.has(name) ? this.entriesByName[name] : undefined;
    if (found === undefined) {
      throw new IndexError(
        `${this.constructor.name}: there is no ${this.entryName} ${display(name)}; it has ${this.keys().join(', ') || 'none'}`,
      );
    }
    return found;
  }

  /** Sets the entry with this name. */
  set(name: string, value: Given): this {
    const entry = this.toEntry(name, value);
    if (!this.has(name)) checkName(this.constructor.name, this, name);
    this.entriesByName[name] = entry;
    return this;
  }

  /** Sets each entry of an object, or of pairs. */
  update(entries: Entries<Given>): this {
    for (const [name, value] of namedEntries(this.constructor.name, entries))
      this.set(name, value as Given);
    return this;
  }

  /** Whether there is an entry with this name. */
  has(name: string): boolean {
    return typeof name === 'string' && name in this.entriesByName;
  }

  /** Removes the entry with this name. Returns whether there was one. */
  delete(name: string): boolean {
    return this.has(name) && delete this.entriesByName[name];
  }

  /** The number of entries. */
  get length(): number {
    return this.keys().length;
  }

  /** The names, in order. */
  keys(): string[] {
    return Object.keys(this.entriesByName);
  }

  /** The entries, in order. */
  values(): Held[] {
    return Object.values(this.entriesByName);
  }

  /** The names with their entries, in order. */
  entries(): [string, Held][] {
    return Object.entries(this.entriesByName);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.keys()[Symbol.iterator]();
  }
}
