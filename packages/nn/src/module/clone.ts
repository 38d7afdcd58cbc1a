/** @file Copies of modules. */
import { Cell, cell, Parameter } from '@chainrule/autograd';
import type { Module } from './module.js';
import { INTERNAL, isModule } from './slots.js';

/**
 * A deep copy: modules, parameters, buffers and arrays are copied, each once; everything else is shared,
 * hooks too: they are called with the module they run for.
 */
export function cloneModule<M extends Module>(root: M, setUp: (module: Module) => void): M {
  const copies = new Map<object, object>();
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (isModule(value)) return copyModule(value);
    let made: object;
    if (value instanceof Parameter)
      made = new Parameter(value.detach(), { requiresGrad: value.requiresGrad });
    else if (value instanceof Cell) made = cell(value.detach());
    else if (Array.isArray(value)) made = value.map(copy);
    else return value;
    copies.set(value, made);
    return made;
  };
  const copyModule = (module: Module): Module => {
    const made = Object.create(Object.getPrototypeOf(module) as object) as Module;
    copies.set(module, made);
    setUp(made);
    const [from, to] = [module[INTERNAL], made[INTERNAL]];
    to.training = from.training;
    if (from.formerKeys !== null) to.formerKeys = new Map(from.formerKeys);
    for (const [name, persistent] of from.buffers) to.buffers.set(name, persistent);
    for (const hook of from.preHooks) to.preHooks.add(hook);
    for (const hook of from.hooks) to.hooks.add(hook);
    to.hookState = from.hookState;
    if (from.registry !== (module as unknown)) {
      to.registry = Object.create(null) as Record<string, unknown>;
      for (const [key, value] of Object.entries(from.registry)) to.registry[key] = copy(value);
    }
    // A parameter that is computed when it is read; see `parametrize`.
    for (const [key, own] of Object.entries(Object.getOwnPropertyDescriptors(module)))
      if (own.get !== undefined) Object.defineProperty(made, key, own);
    for (const [key, value] of Object.entries(module))
      (made as unknown as Record<string, unknown>)[key] = copy(value);
    return made;
  };
  return copyModule(root) as M;
}
