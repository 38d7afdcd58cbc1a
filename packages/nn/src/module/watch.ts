/**
 * @file What a recording made by `compile` assumes of the modules that were called in it, beside their training flags: which
 * parameters and modules their fields hold, and which hooks they have. A change of these records anew.
 */
import { dependsOn, Parameter } from '@chainrule/autograd';
import type { Module } from './module.js';
import { fieldsOf, INTERNAL, isModule, walkModules, type Internal } from './slots.js';

/** Notes what is assumed of a module and of all below it. */
export function watch(root: Module): void {
  const seen = new Seen();
  for (const [, module] of walkModules(root, true)) seen.add(module);
  dependsOn(() => seen.isAsItWas());
}

/** Modules as they were when they were recorded, in lists: they are looked through at each call. */
class Seen {
  private readonly modules: Internal[] = [];
  private readonly hookStates: unknown[] = [];
  private readonly holders: Record<string, unknown>[] = [];
  private readonly keys: string[] = [];
  private readonly values: unknown[] = [];
  /** What everything counts in: lists and dictionaries. */
  private readonly counted: object[] = [];
  private readonly counts: number[] = [];

  add(module: Module): void {
    const internal = module[INTERNAL];
    this.modules.push(internal);
    this.hookStates.push(internal.hookState);
    const { registry } = internal;
    const counted = new Set<object>();
    // A field that a module adds while it runs is its own affair.
    if (registry !== (module as unknown) || 'length' in module) counted.add(registry);
    for (const { holder, key, value } of fieldsOf(module)) {
      if (!(value instanceof Parameter) && !isModule(value)) continue;
      this.holders.push(holder);
      this.keys.push(key);
      this.values.push(value);
      if (Array.isArray(holder)) counted.add(holder);
    }
    for (const holder of counted) {
      this.counted.push(holder);
      this.counts.push(count(holder));
    }
  }

  isAsItWas(): boolean {
    const { modules, holders, counted } = this;
    for (let i = 0; i < modules.length; i++)
      if (modules[i]?.hookState !== this.hookStates[i]) return false;
    for (let i = 0; i < holders.length; i++)
      if (holders[i]?.[this.keys[i] as string] !== this.values[i]) return false;
    for (let i = 0; i < counted.length; i++)
      if (count(counted[i] as object) !== this.counts[i]) return false;
    return true;
  }
}

function count(holder: object): number {
  return Array.isArray(holder) ? holder.length : Object.values(holder).length; // quicker than keys
}
