/** @file The files that Python wrote (fixtures/make.py), and their contents according to Python. */
import { readFileSync } from 'node:fs';
import type { TypedArray } from '../../src/graph/dtype.js';

export function fixture(name: string): Uint8Array {
  // A copy: Node's small buffers share memory with others.
  return new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
}

export interface Expected {
  readonly shape: readonly number[];
  /** In row-major order; NaN, the infinities and -0 as themselves, booleans as 0 and 1. */
  readonly values: readonly number[];
}

const text = new TextDecoder().decode(fixture('expected.json'));
const groups = JSON.parse(text) as Record<
  string,
  Record<string, { shape: number[]; values: (number | string | boolean)[] }>
>;

/** What Python says a fixture holds: name, shape, values. */
export function expectedOf(group: 'safetensors' | 'ours' | 'npz'): [name: string, Expected][] {
  return Object.entries(groups[group] ?? {}).map(([name, { shape, values }]) => [
    name,
    { shape, values: values.map(Number) },
  ]);
}

/** The values of an array as plain numbers. */
export function valuesOf(data: TypedArray): number[] {
  return Array.from(data);
}
