/** @file A value as error messages show it: short, and without running code of the value. */
import { isTensor } from '../graph/isTensor.js';
import { plural } from './plural.js';
import { printable } from './printable.js';

const MAX_TEXT = 60;
const MAX_ENTRIES = 6;
const MAX_DEPTH = 3;

/**
 * `value` in a few words: `0.5`, `'mean'`, `[1, 2, 'x']`, `a tensor of shape [2, 3]`, `an object { keepDim }`, `a function`,
 * `nothing` for `undefined`. Never throws, whatever the value does when it is inspected.
 */
export function display(value: unknown): string {
  try {
    return formatValue(value, 0);
  } catch {
    return 'an object that cannot be read';
  }
}

function formatValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return quoted(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${short(String(value))}n`;
    case 'symbol':
      return 'a symbol';
    case 'function':
      return formatFunction(value);
    case 'object':
      return value === null ? 'null' : formatObject(value, depth);
    default:
      return String(value);
  }
}

function formatFunction(value: object): string {
  try {
    Object.hasOwn(value, 'prototype'); // the same look-up that a test for callability makes
  } catch {
    return 'a function that cannot be read';
  }
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'a class' : 'a function';
}

function formatObject(value: object, depth: number): string {
  if (Array.isArray(value)) return formatList(value, depth);
  if (isTensor(value) && value.attrs?.['number'] === true)
    return 'a number argument of a compiled function, which is an input of its recording (if it decides what is recorded, capture it or pass it as a string)';
  if (isTensor(value)) return `a tensor of shape [${value.sizes.join(', ')}]`;
  if (ArrayBuffer.isView(value)) {
    const { length } = value as { readonly length?: unknown };
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    const name = /^[AEIO]/.test(kind) ? `an ${kind}` : `a ${kind}`;
    return typeof length === 'number' ? `${name} of ${plural(length, 'element')}` : name;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const name: unknown =
    prototype === null
      ? 'Object'
      : (prototype as { constructor?: { name?: unknown } }).constructor?.name;
  // By name, as plain objects of other realms have another prototype.
  if (name === 'Object') {
    const keys = Object.keys(value);
    const names = keys.slice(0, MAX_ENTRIES).map((key) => short(key));
    if (keys.length > MAX_ENTRIES) names.push('…');
    return names.length === 0 ? '{}' : `an object { ${names.join(', ')} }`;
  }
  return typeof name === 'string' && name !== ''
    ? `an object of class ${short(name)}`
    : 'an object';
}

function formatList(list: readonly unknown[], depth: number): string {
  if (depth >= MAX_DEPTH) return '[…]';
  const entries: string[] = [];
  for (let i = 0; i < Math.min(list.length, MAX_ENTRIES); i++)
    entries.push(formatValue(list[i], depth + 1));
  if (list.length > MAX_ENTRIES) entries.push(`… ${list.length} entries`);
  return `[${entries.join(', ')}]`;
}

/** In quotes, on one line, and short enough for a message. */
function quoted(text: string): string {
  return `'${short(text)}'`;
}

function short(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return printable(cut).replaceAll('\n', '\\u000a');
}
