/**
 * @file What a recording made by `compile` assumes of the modules that were called in it, beside their training flags: which
 * parameters, buffers, tensors and modules their fields hold, their settings (`dropout.p`, a temperature, an activation), and
 * which hooks they have. A change of these records anew.
 */
import { afterRun, dependsOn, display, Parameter, Tensor } from '@chainrule/autograd';
import type { Module } from './module.js';
import { fieldsOf, INTERNAL, isModule, standIns, walkModules, type Internal } from './slots.js';

/** Notes what is assumed of a module and of all below it. */
export function watch(root: Module): void {
  const seen = new Seen();
  for (const [, module] of walkModules(root, true)) seen.add(module);
  dependsOn(
    () => seen.isAsItWas(),
    () => seen.changed(),
  );
  afterRun(() => seen.settle());
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
  /** The settings: fields that are plain values. */
  private settings: Setting[] = [];
  private settled = false;

  add(module: Module): void {
    const internal = module[INTERNAL];
    this.modules.push(internal);
    this.hookStates.push(internal.hookState);
    const { registry } = internal;
    const counted = new Set<object>();
    // Fields that a module adds while it runs are not checked.
    if (registry !== (module as unknown) || 'length' in module) counted.add(registry);
    for (const { holder, key, value } of fieldsOf(module)) {
      if (!(value instanceof Parameter) && !isModule(value)) {
        // A buffer, or a tensor in an array; what stands for a parameter in a functional call is put back after it.
        if (!(value instanceof Tensor) || standIns.has(value as Tensor)) continue;
        this.settings.push({ fields: holder, key, value, contents: null });
        if (Array.isArray(holder)) counted.add(holder);
        continue;
      }
      this.holders.push(holder);
      this.keys.push(key);
      this.values.push(value);
      if (Array.isArray(holder)) counted.add(holder);
    }
    const fields = module as unknown as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(fields)) {
      const value = fields[key];
      if (isSetting(value)) this.settings.push({ fields, key, value, contents: contentsOf(value) });
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
    return this.settings.every(isAsItWas);
  }

  /** What is no longer as it was, in words. */
  changed(): string {
    const setting = this.settings.find((x) => !isAsItWas(x));
    if (setting === undefined) return 'the parameters, modules or hooks of a module have changed';
    const { fields, key, value } = setting;
    const name = fields.constructor.name;
    return `${name}.${key} was ${display(value)} and is ${display(fields[key])}`;
  }

  /** What a module sets itself while it runs, such as a count of its calls, is its own affair. */
  settle(): void {
    if (this.settled) return;
    this.settled = true;
    this.settings = this.settings.filter(isAsItWas);
  }
}

interface Setting {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly value: unknown;
  /** What it holds, where that can be said in short: it counts then, and not which object it is. */
  readonly contents: Contents | null;
}

/** The plain values in an object, by their keys, or in a list. */
interface Contents {
  readonly keys: readonly string[] | null;
  readonly values: readonly unknown[];
}

function isAsItWas({ fields, key, value, contents }: Setting): boolean {
  const now = fields[key];
  return contents === null ? Object.is(now, value) : holds(now, contents);
}

/** Whether something holds these contents and no others. */
function holds(now: unknown, { keys, values }: Contents): boolean {
  if (typeof now !== 'object' || now === null || Array.isArray(now) !== (keys === null))
    return false;
  if (count(now) !== values.length) return false;
  const fields = now as Readonly<Record<string | number, unknown>>;
  for (let i = 0; i < values.length; i++)
    if (!Object.is(fields[keys?.[i] ?? i], values[i])) return false;
  return true;
}

/** What `fieldsOf` does not look into. */
function isSetting(value: unknown): boolean {
  if (value instanceof Tensor || isModule(value)) return false;
  return !Array.isArray(value) || contentsOf(value) !== null;
}

/** Those of a short list or object of plain values, such as sizes or a configuration; else null. */
function contentsOf(value: unknown): Contents | null {
  if (typeof value !== 'object' || value === null) return null;
  const isList = Array.isArray(value);
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return null;
  const values: readonly unknown[] = isList ? [...(value as unknown[])] : Object.values(value);
  if (values.length > 16 || !values.every(isPlain)) return null;
  return { keys: isList ? null : Object.keys(value), values };
}

function isPlain(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function count(holder: object): number {
  return Array.isArray(holder) ? holder.length : Object.values(holder).length; // quicker than keys
}
