/**
 * @file The assumptions that a recording made by `compile` has about the modules that were called in it, besides their
 * training flags: the parameters, buffers, tensors and modules that their fields hold, their settings (`dropout.p`, a
 * temperature, an activation), and their hooks. If one of these changes, the function is recorded again.
 */
import { afterRun, dependsOn, display, Parameter, Tensor } from '@chainrule/autograd';
import type { Module } from './module.js';
import { fieldsOf, INTERNAL, isModule, standIns, walkModules, type Internal } from './slots.js';

/** Records the assumptions about a module and all modules below it. */
export function watch(root: Module): void {
  const seen = new Seen();
  for (const [, module] of walkModules(root, true)) seen.add(module);
  dependsOn(
    () => seen.isAsItWas(),
    () => seen.changed(),
  );
  afterRun(() => seen.settle());
}

/** The state of modules when they were recorded, in lists that are compared at each call. */
class Seen {
  private readonly modules: Internal[] = [];
  private readonly hookStates: unknown[] = [];
  private readonly holders: Record<string, unknown>[] = [];
  private readonly keys: string[] = [];
  private readonly values: unknown[] = [];
  /** Lists and dictionaries whose number of entries must not change. */
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
    // The check ignores fields that a module adds while it runs.
    if (registry !== (module as unknown) || 'length' in module) counted.add(registry);
    for (const { holder, key, value } of fieldsOf(module)) {
      if (!(value instanceof Parameter) && !isModule(value)) {
        // A buffer, or a tensor in an array. Replacements of parameters in a functional call are undone after it.
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

  /** A description of what has changed. */
  changed(): string {
    const setting = this.settings.find((x) => !isAsItWas(x));
    if (setting === undefined) return 'the parameters, modules or hooks of a module have changed';
    const { fields, key, value } = setting;
    const name = fields.constructor.name;
    return `${name}.${key} was ${display(value)} and is ${display(fields[key])}`;
  }

  /**
   * After the run, settings that the module itself changed while it ran, such as a count of its calls, are no longer checked.
   */
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
  /** The contents of a short list or object: these are compared, and not its identity. */
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

/** Whether a value is a setting, which `fieldsOf` does not look into. */
function isSetting(value: unknown): boolean {
  if (value instanceof Tensor || isModule(value)) return false;
  return !Array.isArray(value) || contentsOf(value) !== null;
}

/** The contents of a short list or object of plain values, such as sizes or a configuration; else null. */
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
