/**
 * @file What a recording made by `compile` assumes of the modules that were called in it, beside their training flags: which
 * parameters and modules their fields hold, and which hooks they have. A change of these records anew.
 */
import { dependsOn, Parameter } from '@chainrule/autograd';
import type { Module } from './module.js';
import { fieldsOf, INTERNAL, isModule, walkModules } from './slots.js';

/** Notes what is assumed of a module and of all below it. */
export function watch(root: Module): void {
  for (const [, module] of walkModules(root, true)) {
    const internal = module[INTERNAL];
    dependsOn(() => internal.hookState);
    const { registry } = internal;
    const holders = new Set<object>();
    // In a list or a dictionary everything counts; a field that a module adds while it runs is its own affair.
    if (registry !== (module as unknown) || 'length' in module) holders.add(registry);
    for (const { holder, key, value } of fieldsOf(module)) {
      if (!(value instanceof Parameter) && !isModule(value)) continue;
      dependsOn(() => holder[key]);
      if (Array.isArray(holder)) holders.add(holder);
    }
    for (const holder of holders) dependsOn(() => Object.keys(holder).length);
  }
}
