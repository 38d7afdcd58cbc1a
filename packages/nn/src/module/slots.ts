/**
 * @file Finds what a module registers: the fields that hold parameters, buffers and modules, by looking when they are
 * requested. Class fields are defined on the instance and bypass setters of the prototype, so their definition cannot be
 * observed.
 */
import {
  checkArgument,
  display,
  type Kind,
  kinds,
  passes,
  cell,
  Cell,
  ChainruleError,
  foreignCopy,
  Parameter,
  Tensor,
  readList,
} from '@chainrule/autograd';
import { MODULE_BRAND, OWN } from '../copy.js';
import type { ForwardHook, ForwardPreHook } from './hooks.js';
import type { Module } from './module.js';

/** @internal The key of a module's internal data, which is not one of its user's fields. */
export const INTERNAL = Symbol.for('chainrule.module');

/** @internal */
export interface Internal {
  training: boolean;
  /** The object whose fields register: the module itself, or the entries of a `ModuleDict`. */
  registry: Record<string, unknown>;
  /** The fields that have held a parameter: they may only hold a parameter or null. */
  readonly parameters: Set<string>;
  /** The keys of older state dictionaries, each with its current key; null if there are none. */
  formerKeys: Map<string, string> | null;
  /** The fields that are buffers, and whether a state dictionary holds them. */
  readonly buffers: Map<string, boolean>;
  readonly preHooks: Set<ForwardPreHook>;
  readonly hooks: Set<ForwardHook>;
  /** A new object whenever the hooks change; null if there are none. */
  hookState: object | null;
  /** The path of each module below, once one has been called from here. */
  labels: Map<Module, string> | null;
}

/** A field, or an element of an array in a field, that holds a parameter, buffer or module. */
export interface Slot<T> {
  /** Its key in a state dictionary. */
  readonly name: string;
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly value: T;
}

export type BufferSlot = Slot<Cell> & { readonly persistent: boolean };

export function isModule(value: unknown): value is Module {
  return passes(aModule, value);
}

/** A module, made by any copy of the package. */
export const aModule: Kind<Module> = kinds.kind(
  'be a module',
  (x) => typeof x === 'object' && x !== null && INTERNAL in x,
);

/** Whether it is a module. @throws {ChainruleError} for one behind a proxy, or of another copy of this package. */
export function isOwn(x: unknown): x is Module {
  if (!isModule(x)) return false;
  const brand: unknown = x[MODULE_BRAND];
  if (brand !== OWN) throw foreignCopy('a module', OWN, brand);
  return true;
}

/** The values in one module's fields, and the elements of arrays in them, in the order of declaration. */
export function fieldsOf(module: Module): Slot<unknown>[] {
  const { registry } = module[INTERNAL];
  const names = (module.constructor as typeof Module).stateKeys;
  const found: Slot<unknown>[] = [];
  const add = (holder: Record<string, unknown>, key: string, name: string): void => {
    const value = holder[key];
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) found.push({ name, holder, key, value });
    else
      value.forEach((_, i) =>
        add(value as unknown as Record<string, unknown>, String(i), `${name}.${i}`),
      );
  };
  for (const key of Object.keys(registry)) add(registry, key, names[key] ?? key);
  return found;
}

/** The modules that a module holds directly. */
export function modulesOf(module: Module): Slot<Module>[] {
  return fieldsOf(module).filter((slot): slot is Slot<Module> => isModule(slot.value));
}

/**
 * The parameters that one module holds itself.
 * @throws {ChainruleError} where a plain tensor was assigned in place of one: it would be neither trained nor saved.
 */
export function parametersOf(module: Module): Slot<Parameter>[] {
  const { registry, parameters } = module[INTERNAL];
  const { learned } = module.constructor as typeof Module;
  return fieldsOf(module).filter((slot): slot is Slot<Parameter> => {
    const { holder, key, value } = slot;
    const own = holder === registry;
    if (value instanceof Parameter) {
      if (own) parameters.add(key);
      return true;
    }
    const expected = own && (parameters.has(key) || learned.includes(key));
    if (expected && passes(kinds.tensor, value) && !standIns.has(value)) refusePlain(module, key);
    return false;
  });
}

/** The tensors that replace parameters while `functionalCall` runs. */
export const standIns = new WeakSet<Tensor>();

function refusePlain(module: Module, key: string): never {
  const name = `${module.constructor.name}.${key}`;
  throw new ChainruleError(
    `${name}: a plain tensor was assigned where a Parameter belongs, so it would be neither trained nor saved; change the ` +
      `value of the existing one (p.assign(t)), or assign new Parameter(t), or null for none`,
  );
}

/** Renames keys of older state dictionaries. */
export function presentKeys(root: Module): [former: string, present: string][] {
  return walkModules(root, false).flatMap(([path, module]) =>
    [...(module[INTERNAL].formerKeys ?? [])].map(([former, present]): [string, string] => [
      join(path, former),
      join(path, present),
    ]),
  );
}

/** The buffers that a module holds directly. A tensor assigned to a buffer's name becomes the buffer. */
export function buffersOf(module: Module): BufferSlot[] {
  const { buffers, registry } = module[INTERNAL];
  return fieldsOf(module).flatMap(({ name, holder, key, value }) => {
    const persistent = holder === registry ? buffers.get(key) : undefined;
    if (persistent === undefined || !(value instanceof Tensor)) return [];
    const buffer = value instanceof Cell ? value : cell(value);
    if (buffer !== value) holder[key] = buffer;
    return [{ name, holder, key, value: buffer as Cell, persistent }];
  });
}

/**
 * A module and all below it with their paths, each before its children. A module reached by several paths comes once
 * where `once` is true; a child that holds its own parent is never followed in circles.
 */
export function walkModules(root: Module, once: boolean): [path: string, module: Module][] {
  const found: [string, Module][] = [];
  const seen = new Set<Module>();
  const visit = (module: Module, path: string): void => {
    if (seen.has(module)) return;
    seen.add(module);
    found.push([path, module]);
    for (const { name, value } of modulesOf(module)) visit(value, join(path, name));
    if (!once) seen.delete(module);
  };
  visit(root, '');
  return found;
}

/**
 * What `of` finds in `root` and, where `recurse`, in each module below, with the full name; what several places hold comes
 * once where `once`.
 */
export function walkSlots<T extends Slot<unknown>>(
  root: Module,
  of: (module: Module) => T[],
  { once = true, recurse = true, prefix = '' } = {},
): T[] {
  const found: T[] = [];
  const seen = new Set<unknown>();
  for (const [at, module] of recurse ? walkModules(root, once) : [['', root] as const]) {
    const path = at === '' ? prefix : join(prefix, at);
    for (const slot of of(module)) {
      if (once && seen.has(slot.value)) continue;
      seen.add(slot.value);
      found.push({ ...slot, name: join(path, slot.name) });
    }
  }
  return found;
}

export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The pairs of an object, a Map, or an iterable of pairs. */
export function namedEntries(what: string, given: unknown): [string, unknown][] {
  // A tensor iterates over its rows, which are not pairs, and may be millions.
  if (passes(kinds.iterable, given) && !passes(kinds.tensor, given))
    return readList(what, 'entries', given, namedPair).map((pair) => [...pair]);
  if (what === 'Sequential' && typeof given === 'function')
    throw new ChainruleError(
      `Sequential: expected modules, got ${display(given)}; pass an instance of a class (new ReLU()), and wrap a ` +
        'function in the forward of a module of your own',
    );
  return Object.entries(checkArgument(what, 'the entries', given, entries));
}

const entries = kinds.kind<object>(
  'be an object, or an iterable of pairs of a name and a value',
  (x) => kinds.object.test(x) && Object.entries(x).length >= 0,
);
const namedPair = kinds.tuple<[string, unknown]>(kinds.text, kinds.anything);

/** A name that can be part of a path and does not hide a member of the module. */
export function checkName(what: string, module: Module, name: string): void {
  const { registry } = module[INTERNAL];
  const taken = typeof name === 'string' && name in registry && registry[name] !== undefined;
  if (typeof name !== 'string' || name === '' || name.includes('.') || taken) {
    throw new ChainruleError(
      `${what}: ${display(name)} cannot be a name in ${module.constructor.name}: ` +
        (taken ? 'it is already there' : 'a name is a string without dots, not empty'),
    );
  }
}

/**
 * The entries of a state dictionary: for each module its parameters, then its buffers; shared ones under each of their names.
 */
export function stateSlots(root: Module): Slot<Cell>[] {
  const own = (module: Module): Slot<Cell>[] => [
    ...parametersOf(module),
    ...buffersOf(module).filter(({ persistent }) => persistent),
  ];
  return walkSlots(root, own, { once: false });
}
