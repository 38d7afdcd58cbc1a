/** @file Modules that hold a list: the common part of `Sequential`, `ModuleList` and `ParameterList`. */
import {
  checkArgument,
  guardMethods,
  IndexError,
  kinds,
  readList,
  type Kind,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { isModule } from '../module/slots.js';

/** A list whose elements are fields named '0', '1' … `Given` is the type that may be added; it is converted to `Held`. */
export abstract class List<Held, Given = Held> extends Module implements Iterable<Held> {
  [index: number]: Held;

  /** The word for an element in messages: `module`. */
  protected abstract get entryName(): string;

  /** The kind of a valid element. */
  protected abstract get kind(): Kind<Given>;

  /** The element that is stored for a given one. @throws {ChainruleError} if it cannot be an element. */
  protected abstract toEntry(element: Given): Held;

  constructor(elements: Iterable<Given>) {
    super();
    guardMethods(this, List.prototype, 'list', isModule);
    this.extend(elements);
  }

  /** The number of elements. */
  get length(): number {
    return Object.keys(this).filter((key) => /^\d+$/.test(key)).length;
  }

  /** The element at an index; negative indices count from the end. @throws {IndexError} if out of range. */
  at(index: number): Held {
    checkArgument(this.constructor.name, 'index', index, kinds.whole);
    const n = this.length;
    const found = this[index < 0 ? index + n : index];
    if (found === undefined)
      throw new IndexError(
        `${this.constructor.name}: there is no ${this.entryName} ${index}; it has ${n}`,
      );
    return found;
  }

  /** Adds an element at the end. */
  append(element: Given): this {
    this[this.length] = this.toEntry(element);
    return this;
  }

  /** Adds elements at the end: all of them, or none if one is invalid. */
  extend(elements: Iterable<Given>): this {
    const given = readList(this.constructor.name, `${this.entryName}s`, elements, this.kind);
    let n = this.length;
    for (const element of given) this[n++] = this.toEntry(element);
    return this;
  }

  *[Symbol.iterator](): Iterator<Held> {
    for (let i = 0, n = this.length; i < n; i++) yield this[i] as Held;
  }
}
