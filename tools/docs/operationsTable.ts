/**
 * @file Writes the table of operations in packages/autograd/README.md, from the registry and from the tables of the generic
 * checks: everything that it says of an operation is tested.
 *
 * Usage: npx ts-node tools/docs/operationsTable.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as A from '@chainrule/autograd';
import { operations, primitives } from '@chainrule/autograd/internal';
import { supports } from '../../packages/autograd/src/backends/wasm/elements/elementOps.js';
import type { OpLine } from '../../packages/autograd/test/opChecks.js';
import * as algebra from '../../packages/autograd/test/operations/algebra.js';
import * as elementwise from '../../packages/autograd/test/operations/elementwise.js';
import * as fourier from '../../packages/autograd/test/operations/fourier.js';
import * as matrix from '../../packages/autograd/test/operations/matrix.js';
import * as moving from '../../packages/autograd/test/operations/moving.js';
import * as neural from '../../packages/autograd/test/operations/neural.js';
import * as places from '../../packages/autograd/test/operations/places.js';
import * as pooling from '../../packages/autograd/test/operations/pooling.js';
import * as reducing from '../../packages/autograd/test/operations/reducing.js';
import * as statistics from '../../packages/autograd/test/operations/statistics.js';

export const README = fileURLToPath(new URL('../../packages/autograd/README.md', import.meta.url));
const START = '<!-- operations:start -->';
const END = '<!-- operations:end -->';

const DTYPES = ['float32', 'float64', 'int32', 'bool'] as const;
const SHORT = { float32: 'f32', float64: 'f64', int32: 'i32', bool: 'bool' } as const;

/** The README's text with an up-to-date table in it. */
export function withTable(text: string): string {
  const [from, to] = [text.indexOf(START), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the README has no ${START} … ${END}`);
  return `${text.slice(0, from + START.length)}\n\n${operationsTable()}\n\n${text.slice(to)}`;
}

/** The families in the order of the table. */
const families: Readonly<Record<string, Record<string, OpLine>>> = {
  arithmetic: elementwise.arithmetic,
  'trigonometric and special functions': elementwise.trigonometric,
  'special functions, as `special.…`': elementwise.specialFunctions,
  'more element-wise functions': elementwise.further,
  'comparison, logic and rounding': elementwise.logic,
  activations: elementwise.activations,
  reductions: reducing.reductions,
  statistics: statistics.statistics,
  'ordering and search': reducing.ordering,
  shape: moving.shape,
  joining: moving.joining,
  'stacking, splitting and rotating': places.stacking,
  indexing: moving.indexing,
  'writing by index': places.writing,
  matrices: matrix.matrix,
  'more products': algebra.products,
  'linear algebra': matrix.linalg,
  'systems, factors and norms': algebra.systems,
  'Fourier transforms': fourier.transforms,
  'neural networks': neural.neural,
  'pooling, grids and random draws': pooling.pooling,
};

/** A Markdown table per family, with a row per operation. */
export function operationsTable(): string {
  const head = ['operation', 'kind', 'dtypes', 'derivatives', '`vmap`', 'WebAssembly'];
  const parts = Object.entries(families).map(([family, lines]) => {
    const rows = Object.entries(lines).map(([name, line]) => row(name, line));
    return `**${family}**\n\n${table([head, ...rows])}`;
  });
  return parts.join('\n\n');
}

function row(name: string, line: OpLine): string[] {
  const { order = 2, vmap = true } = line;
  const orders = ['—', 'first', 'any order'];
  return [
    `\`${name}\``,
    operations.get(name)?.kind ?? 'composite',
    DTYPES.filter((dtype) => accepts(name, line, dtype))
      .map((dtype) => SHORT[dtype])
      .join(' '),
    orders[order] ?? '',
    vmap ? 'yes' : '—',
    compiled(name),
  ];
}

/** How the WebAssembly backend runs an operation. */
function compiled(name: string): string {
  const own = primitives.find((op) => op.name === name);
  if (own === undefined) return 'as its parts';
  switch (own.lowering.kind) {
    case 'element':
      return supports(name, 'float32') ? 'fused loop' : 'reference kernel';
    case 'fold':
    case 'alias':
    case 'view':
    case 'dynamicView':
    case 'dynamicParts':
      return 'fused loop';
    case 'product':
    case 'parts':
    case 'kernel':
      return 'own kernel';
    case 'loop':
    case 'loopResult':
      return 'own kernel';
    case 'reference':
    case 'leaf':
      return 'reference kernel';
  }
}

/** Whether the operation accepts its samples in a dtype; samples that are not floats keep theirs. */
function accepts(name: string, line: OpLine, dtype: A.DType): boolean {
  const ones = new Array<A.Tensor>(line.arity ?? 1).fill(A.ones([2], { dtype: 'float64' }));
  const cast = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(cast);
    return x instanceof A.Tensor && x.dtype === 'float64' ? x.cast(dtype) : x;
  };
  const sample = (line.samples?.()[0] ?? ones).map(cast);
  // The operation itself; if its table entry calls it in another way, that call.
  for (const call of [find(name), line.call]) {
    if (typeof call !== 'function') continue;
    try {
      (call as (...args: unknown[]) => unknown)(...sample);
      return true;
    } catch (error) {
      if (error instanceof A.DTypeError) return false;
    }
  }
  throw new Error(`${name}: the first sample of its line cannot be called`);
}

function find(name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], A);
}

/** Pads columns to one width, as the formatter does. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((r) => (r[i] ?? '').length)));
  const lines = rows.map((r) => `| ${r.map((x, i) => x.padEnd(widths[i] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`);
  return lines.join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(README, withTable(readFileSync(README, 'utf8')));
}
