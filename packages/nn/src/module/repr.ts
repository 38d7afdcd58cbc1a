/** @file A module as text, in the form of PyTorch's `repr`. */
import { printable } from '@chainrule/autograd';
import type { Module } from './module.js';

/** `Name(options)` for a leaf, else one line per child; equal neighbours in a list are shown as one. */
export function reprOf(module: Module, within: readonly Module[] = []): string {
  const name = printable(module.constructor.name);
  if (within.includes(module)) return `${name}(…)`; // the module contains itself
  const extra = printable(module.extraRepr());
  const children = module.namedChildren().map(([key, child]) => ({
    first: printable(key),
    last: printable(key),
    count: 1,
    text: reprOf(child, [...within, module]),
  }));
  if (children.length === 0) return `${name}(${extra})`;
  const lines: typeof children = [];
  for (const child of children) {
    const before = lines.at(-1);
    if (
      before !== undefined &&
      before.text === child.text &&
      Number(child.first) === Number(before.last) + 1
    ) {
      before.last = child.last;
      before.count++;
    } else {
      lines.push(child);
    }
  }
  const body = lines.map(({ first, last, count, text }) =>
    count === 1 ? `(${first}): ${text}` : `(${first}-${last}): ${count} x ${text}`,
  );
  return `${name}(\n${[...(extra === '' ? [] : [extra]), ...body].map(indent).join('\n')}\n)`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** `inFeatures=3, bias=true`: options for `extraRepr`, without those that are undefined. */
export function options(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${show(value)}`)
    .join(', ');
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}
