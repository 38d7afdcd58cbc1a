/** @file Modules that hold modules: in sequence, in a list, by name. */
import {
  checkArgument,
  display,
  guardMethods,
  kinds,
  ChainruleError,
  IndexError,
  type Tensor,
  readList,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { aModule, checkName, INTERNAL, isModule, namedEntries } from '../module/slots.js';

/** A module with one input and one output. */
export type Layer = Module & { forward(x: Tensor): unknown };

/** A list whose elements are fields named '0', '1' … */
abstract class ListModule<M extends Module> extends Module implements Iterable<M> {
  [index: number]: M;

  /** The number of modules. */
  get length(): number {
    return Object.keys(this).filter((key) => /^\d+$/.test(key)).length;
  }

  constructor(modules: Iterable<M> = []) {
    super();
    guardMethods(this, ListModule.prototype, 'list', isModule);
    this.extend(modules);
  }

  /** The module at an index; negative indices count from the end. @throws {IndexError} if out of range. */
  at(index: number): M {
    checkArgument(this.constructor.name, 'index', index, kinds.whole);
    const n = this.length;
    const module = this[index < 0 ? index + n : index];
    if (module === undefined) {
      throw new IndexError(`${this.constructor.name}: there is no module ${index}; it has ${n}`);
    }
    return module;
  }

  /** Adds a module at the end. */
  append(module: M): this {
    if (!isModule(module)) {
      throw new ChainruleError(
        `${this.constructor.name}: expected modules, got ${display(module)}`,
      );
    }
    this[this.length] = module;
    return this;
  }

  /** Adds modules at the end. */
  extend(modules: Iterable<M>): this {
    const given = readList(this.constructor.name, 'modules', modules, aModule);
    let n = this.length;
    for (const module of given) this[n++] = module as M;
    return this;
  }

  *[Symbol.iterator](): Iterator<M> {
    for (let i = 0, n = this.length; i < n; i++) yield this.at(i);
  }
}

/**
 * Modules in sequence: each gets the output of the one before. PyTorch: `nn.Sequential`; names are given as an
 * object here: `new Sequential({ hidden: new Linear(4, 8), out: new Linear(8, 1) })`.
 *
 * @example new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10))
 */
export class Sequential extends ListModule<Module> {
  constructor(...modules: readonly Module[] | readonly [Readonly<Record<string, Module>>]) {
    const [first] = modules;
    const named = modules.length === 1 && !isModule(first) ? first : null;
    super(named === null ? (modules as readonly Module[]) : []);
    if (named === null) return;
    if (Array.isArray(named) && named.some(isModule)) {
      throw new ChainruleError(
        'Sequential: expected modules one by one, or an object of them by name, got an array of modules; write new ' +
          'Sequential(...modules)',
      );
    }
    for (const [name, module] of namedEntries('Sequential', named)) {
      this.registerModule(name, module as Module);
    }
  }

  override get length(): number {
    return this.namedChildrenInOrder().length;
  }

  override at(index: number): Module {
    checkArgument('Sequential', 'index', index, kinds.whole);
    const children = this.namedChildrenInOrder();
    const found = children.at(index);
    if (found === undefined)
      throw new IndexError(`Sequential: there is no module ${index}; it has ${children.length}`);
    return found;
  }

  override forward(...args: readonly [x: Tensor, ...rest: unknown[]]): Tensor {
    let values: readonly unknown[] = args;
    for (const module of this.namedChildrenInOrder()) {
      const forward = module.forward.bind(module) as unknown as (
        ...xs: readonly unknown[]
      ) => unknown;
      values = [forward(...values)];
    }
    return values[0] as Tensor;
  }

  /** The same module may occur twice. */
  private namedChildrenInOrder(): Module[] {
    return Object.values(this).filter((value): value is Module => isModule(value));
  }
}

/** A list of modules; the module that holds it decides how to call them. PyTorch: `nn.ModuleList`. */
export class ModuleList<M extends Module = Module> extends ListModule<M> {
  constructor(modules: Iterable<M> = []) {
    super(modules);
    guardMethods(this, ModuleList.prototype, 'list', isModule, ['insert']);
  }

  /** Inserts a module before the one at `index`. */
  insert(index: number, module: M): this {
    checkArgument('ModuleList', 'index', index, kinds.wholeBetween(0, this.length));
    if (!isModule(module))
      throw new ChainruleError(`ModuleList: expected a module, got ${display(module)}`);
    const rest = [...this].slice(index);
    this[index] = module;
    rest.forEach((m, i) => (this[index + 1 + i] = m));
    return this;
  }

  override forward(): never {
    throw new ChainruleError('ModuleList: a list has no forward; call its modules');
  }
}

/**
 * Modules by name, in order of insertion; the module that holds it decides how to call them. PyTorch:
 * `nn.ModuleDict`.
 */
export class ModuleDict<M extends Module = Module> extends Module implements Iterable<string> {
  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    guardMethods(this, ModuleDict.prototype, 'dictionary', isModule);
    // Any name is allowed, also one that a module's own method has.
    this[INTERNAL].registry = Object.create(null) as Record<string, unknown>;
    for (const [name, module] of namedEntries('ModuleDict', modules)) this.set(name, module as M);
  }

  private get entriesByName(): Record<string, M> {
    return this[INTERNAL].registry as Record<string, M>;
  }

  /** @throws {IndexError} if there is no such module. */
  get(name: string): M {
    const module = this.has(name) ? this.entriesByName[name] : undefined;
    if (module === undefined) {
      throw new IndexError(
        `ModuleDict: there is no module ${display(name)}; it has ${this.keys().join(', ') || 'none'}`,
      );
    }
    return module;
  }

  /** Sets the module with this name. */
  set(name: string, module: M): this {
    if (!isModule(module))
      throw new ChainruleError(
        `ModuleDict: ${display(name)} must be a module, got ${display(module)}`,
      );
    if (!this.has(name)) checkName('ModuleDict', this, name);
    this.entriesByName[name] = module;
    return this;
  }

  /** Whether there is a module with this name. */
  has(name: string): boolean {
    return typeof name === 'string' && name in this.entriesByName;
  }

  /** Removes the module with this name. Returns whether there was one. */
  delete(name: string): boolean {
    return this.has(name) && delete this.entriesByName[name];
  }

  /** The number of modules. */
  get length(): number {
    return this.keys().length;
  }

  /** The names, in order. */
  keys(): string[] {
    return Object.keys(this.entriesByName);
  }

  /** The modules, in order. */
  values(): M[] {
    return Object.values(this.entriesByName);
  }

  /** The names with their modules, in order. */
  entries(): [string, M][] {
    return Object.entries(this.entriesByName);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.keys()[Symbol.iterator]();
  }

  override forward(): never {
    throw new ChainruleError('ModuleDict: a dictionary has no forward; call its modules');
  }
}
