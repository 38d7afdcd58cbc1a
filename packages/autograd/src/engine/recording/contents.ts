/**
 * @file What an argument of a recorded function holds that is neither a tensor nor an array or plain object of some: elements
 * of a typed array, entries of a map, fields of an instance. The function has read them once, so they must stay.
 */

import { display } from '../../arguments/index.js';

/** One object, and what it held when it was looked at. */
export class Contents {
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

  /** Of what holds nothing that could change unseen null: primitive values and functions. */
  static of(x: unknown): Contents | null {
    return typeof x === 'object' && x !== null ? new Contents(x) : null;
  }

  /** Whether it still holds that. */
  hold(): boolean {
    const { owner, keys, values } = this;
    for (let i = 0; i < keys.length; i++)
      if (!Object.is(read(owner, keys[i]), values[i])) return false;
    return this.size === null || sizeOf(owner) === this.size;
  }

  /** What no longer is as it was, in words; null if nothing is. */
  changed(): string | null {
    const { owner, keys, values } = this;
    const at = keys.findIndex((key, i) => !Object.is(read(owner, key), values[i]));
    if (at >= 0) {
      const now = display(read(owner, keys[at]));
      return `its ${display(keys[at])} was ${display(values[at])} and is ${now}`;
    }
    return this.hold() ? null : `it had ${this.size} entries and has ${sizeOf(owner)}`;
  }

  /** Leaves out what has changed: what a function changes itself it does not assume to stay. */
  settle(): void {
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
  // An accessor is not called: it may do anything.
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
