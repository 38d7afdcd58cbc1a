/**
 * @file What an argument of a recorded function holds beside tensors, arrays and plain objects: elements of a typed array,
 * entries of a map, fields of an instance. The function read them while it was recorded, so they must not change.
 */

import { display } from '../../arguments/index.js';

/** One object, and what it held when it was looked at. */
export class ObjectSnapshot {
  private keys: readonly unknown[];
  private values: readonly unknown[];
  private size: number | null;
  private readonly owner: object;

  private constructor(owner: object) {
    this.owner = owner;
    this.keys = keysOf(owner);
    this.values = this.keys.map((key) => read(owner, key));
    this.size = sizeOf(owner);
  }

  /** Null for what cannot change unseen: primitive values and functions. */
  static take(x: unknown): ObjectSnapshot | null {
    return typeof x === 'object' && x !== null ? new ObjectSnapshot(x) : null;
  }

  /** Whether it still holds the same. */
  matches(): boolean {
    const { owner, keys, values } = this;
    for (let i = 0; i < keys.length; i++)
      if (!Object.is(read(owner, keys[i]), values[i])) return false;
    return this.size === null || sizeOf(owner) === this.size;
  }

  /** Describes what has changed; null if nothing has. */
  difference(): string | null {
    const { owner, keys, values } = this;
    const at = keys.findIndex((key, i) => !Object.is(read(owner, key), values[i]));
    if (at >= 0) {
      const now = display(read(owner, keys[at]));
      return `its ${display(keys[at])} was ${display(values[at])} and is ${now}`;
    }
    return this.matches() ? null : `it had ${this.size} entries and has ${sizeOf(owner)}`;
  }

  /** Forgets entries that have changed: what the function itself changes it does not assume to stay. */
  prune(): void {
    const { owner, keys, values } = this;
    const stays = keys.map((key, i) => Object.is(read(owner, key), values[i]));
    this.keys = keys.filter((_, i) => stays[i]);
    this.values = values.filter((_, i) => stays[i]);
    if (sizeOf(owner) !== this.size) this.size = null;
  }
}

function keysOf(x: object): readonly unknown[] {
  if (ArrayBuffer.isView(x)) return Array.from({ length: sizeOf(x) ?? 0 }, (_, i) => i);
  if (x instanceof Map || x instanceof Set) return [...x.keys()];
  // Accessors are not called: they may do anything.
  return Object.entries(Object.getOwnPropertyDescriptors(x)).flatMap(([key, field]) =>
    'value' in field ? [key] : [],
  );
}

function read(x: object, key: unknown): unknown {
  if (x instanceof Map) return x.get(key);
  if (x instanceof Set) return x.has(key);
  return (x as Record<string, unknown>)[key as string];
}

function sizeOf(x: object): number | null {
  if (x instanceof Map || x instanceof Set) return x.size;
  if (ArrayBuffer.isView(x)) return x instanceof DataView ? 0 : (x as Uint8Array).length;
  return null;
}
