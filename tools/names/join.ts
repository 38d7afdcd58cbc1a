/**
 * @file Maps names of other libraries to ours. The names of PyTorch, JAX and TensorFlow.js are in `*.listed.json`, made by
 * the scripts in this folder; names that differ here are listed by hand in `*.said.json`; all other names differ only in
 * case, and are found automatically. `npx ts-node tools/names/join.ts` writes `site/names/*.json`, which the tables show.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as autograd from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import * as distributions from '@chainrule/nn/distributions';
import * as metrics from '@chainrule/nn/metrics';
import * as optim from '@chainrule/optim';

/** Our name, what to write instead, or the reason why there is nothing. */
export type Said = string | { readonly write: string } | { readonly none: string };
export type Names = Readonly<Record<string, Readonly<Record<string, Said>>>>;
export interface Table {
  readonly source: string;
  readonly groups: Names;
}

export const LIBRARIES = ['pytorch', 'jax', 'tfjs'] as const;
export type Library = (typeof LIBRARIES)[number];

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(file(path), 'utf8'));
export const tablePath = (library: Library): string => file(`../../site/names/${library}.json`);

export const listed = (
  library: Library,
): { source: string; groups: Readonly<Record<string, readonly string[]>> } =>
  read(`${library}.listed.json`) as never;
export const said = (library: Library): Names => read(`${library}.said.json`) as Names;

const packages: Readonly<Record<string, object>> = {
  ...autograd,
  nn,
  optim,
  distributions,
  metrics,
  // Without the names from other frameworks, which only give advice.
  Tensor: Object.setPrototypeOf(autograd.Tensor.prototype, Object.prototype) as object,
};

/** Whether `linalg.qr`, `nn.Linear` or `Tensor.add` exists. */
export function exists(path: string): boolean {
  let here: object | undefined = packages;
  for (const part of path.split('.')) {
    if (here === undefined || !(part in here)) return false;
    // A member of a prototype may be a getter that needs a tensor.
    here = here === packages.Tensor ? undefined : (here as Record<string, object>)[part];
  }
  return true;
}

/** Where to look for a name of a group; the first place that has it is used. */
const places: Readonly<Record<string, readonly string[]>> = {
  Tensor: ['Tensor.', '', 'linalg.', 'special.', 'fft.'],
  nn: ['nn.'],
  linalg: ['linalg.', ''],
  fft: ['fft.'],
  special: ['special.', ''],
  distributions: ['distributions.'],
  optim: ['optim.'],
  'optim.lr_scheduler': ['optim.'],
  'jax.numpy.linalg': ['linalg.', ''],
  'jax.numpy.fft': ['fft.'],
  'jax.nn.initializers': ['nn.init.'],
  'jax.scipy.special': ['special.', ''],
  'tf.linalg': ['linalg.'],
  'tf.layers': ['nn.'],
  'tf.train': ['optim.'],
  'tf.initializers': ['nn.init.'],
  'tf.losses': ['nn.functional.'],
  'tf.metrics': ['metrics.'],
  'tf.spectral': ['fft.'],
  'tf.image': ['nn.functional.'],
};
const anywhere = ['', 'nn.functional.', 'linalg.', 'special.', 'fft.'];

const camel = (name: string): string =>
  name.replace(/(?<=.)_(\w)/g, (_all, letter: string) => letter.toUpperCase());

/** Rules that apply to all names of a kind. */
const kinds: readonly (readonly [RegExp, Said])[] = [
  [
    /sparse|sspaddmm|^smm$|^hspmm$|indices_copy$|^values_copy$|^to_dense$/,
    { none: 'no sparse tensors' },
  ],
  [/quantize/, { none: 'no quantized tensors' }],
  [/^Lazy/, { none: 'sizes are given when a layer is made' }],
  [/bessel|polynomial|airy/, { none: 'not here yet' }],
];

function find(library: Library, group: string, name: string, byHand: Names): Said {
  const own = byHand[group]?.[name];
  if (own !== undefined) return own;
  const there = (places[group] ?? anywhere).map((place) => place + camel(name)).find(exists);
  if (there !== undefined) return there;
  if (library === 'pytorch') {
    if (/[^_]_$/.test(name)) {
      const plain = find(library, group, name.slice(0, -1), byHand);
      if (typeof plain !== 'string') return plain;
      const next = plain.startsWith('Tensor.')
        ? `p.${plain.slice('Tensor.'.length)}(…)`
        : `${plain}(p, …)`;
      return { write: `p.assign(${next})` };
    }
    if (name.endsWith('_copy') && !/indices|values/.test(name))
      return find(library, group, name.slice(0, -'_copy'.length), byHand);
    // Methods and functions have the same names.
    if (group === 'Tensor') return find(library, 'torch', name, byHand);
  }
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? { none: '' };
}

export function join(library: Library): Table {
  const { source, groups } = listed(library);
  const byHand = said(library);
  return {
    source,
    groups: Object.fromEntries(
      Object.entries(groups).map(([group, names]) => [
        group,
        Object.fromEntries(names.map((name) => [name, find(library, group, name, byHand)])),
      ]),
    ),
  };
}

export const written = (table: Table): string => `${JSON.stringify(table, null, 1)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const library of LIBRARIES) writeFileSync(tablePath(library), written(join(library)));
