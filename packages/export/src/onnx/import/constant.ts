/** @file The value of a `Constant` node, which may be in any of several attributes. */
import type { Attribute } from './graph.js';
import { known, Strings, type Known } from './values.js';

const NUMBERS = [
  ['value_float', 'float32'],
  ['value_int', 'int32'],
  ['value_floats', 'float32'],
  ['value_ints', 'int32'],
] as const;

export function constantOf(attributes: ReadonlyMap<string, Attribute>): Known | Strings | null {
  const value = attributes.get('value') ?? attributes.get('sparse_value');
  if (typeof value === 'object' && !Array.isArray(value)) return value as Known | Strings;
  for (const [name, dtype] of NUMBERS) {
    const given = attributes.get(name);
    if (typeof given === 'number') return known([given], [], dtype);
    if (Array.isArray(given)) return known(given as number[], [given.length], dtype);
  }
  const text = attributes.get('value_string');
  if (typeof text === 'string') return new Strings([text], []);
  const texts = attributes.get('value_strings');
  return Array.isArray(texts) ? new Strings(texts as string[]) : null;
}
