/** @file Modules that hold modules: in sequence, in a list, by name. */
import {
  checkArgument,
  display,
  guardMethods,
  kinds,
  ChainruleError,
  IndexError,
  type Kind,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { aModule, isModule, namedEntries } from '../module/slots.js';
import { Dictionary, type Entries } from './dictionary.js';
import { List } from './list.js';

/** A module with one input and one output. */
export type Layer = Module & { forward(x: Tensor): unknown };

/** Modules in a list. */
abstract class ListModule<M extends Module> extends List<M> {
  protected override get entryName(): string {
    return 'module';
  }

  protected override get kind(): Kind<M> {
    return aModule as Kind<M>;
  }

  protected override toEntry(module: M): M {
    if (!isModule(module))
      throw new ChainruleError(
        `${this.constructor.name}: expected modules, got ${display(module)}`,
      );
    return module;
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

  override *[Symbol.iterator](): Iterator<Module> {
    yield* this.namedChildrenInOrder();
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

/**
 * A list of modules; the module that holds it decides how to call them. PyTorch: `nn.ModuleList`.
 * @example new ModuleList([new Linear(2, 3), new Linear(3, 1)]).parameters().length // 4
 */
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
 * Modules by name, in order of insertion; the module that holds it decides how to call them. Iterates over the names.
 * PyTorch: `nn.ModuleDict`.
 *
 * @example new ModuleDict({ encoder: new Linear(4, 2), decoder: new Linear(2, 4) }).get('encoder')
 */
export class ModuleDict<M extends Module = Module> extends Dictionary<M> {
  constructor(modules: Entries<M> = {}) {
    super(modules);
  }

  protected override get entryName(): string {
    return 'module';
  }

  protected override toEntry(name: string, module: M): M {
    if (!isModule(module))
      throw new ChainruleError(
        `${this.constructor.name}: ${display(name)} must be a module, got ${display(module)}`,
      );
    return module;
  }

  override forward(): never {
    throw new ChainruleError('ModuleDict: a dictionary has no forward; call its modules');
  }
}
