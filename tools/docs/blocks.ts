/** @file The documents, and the blocks of code in them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The text of all documents, by path. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  'examples/JUPYTER.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'packages/autograd/README.md',
  'packages/nn/README.md',
  'packages/optim/README.md',
  'packages/export/README.md',
  ...readdirSync(join(ROOT, 'site'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(hero|start|learn|guides|from|pages)\b.*\.md$/.test(path))
    .map((path) => `site/${path}`)
    .sort(),
  'packages/distributed/README.md',
];

export const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

/**
 * The code of a document that runs everywhere. Setup that a block needs but does not show is in a comment before it; so is a
 * note that a block cannot be run.
 */
export function blocksOf(document: string): string[] {
  return [
    ...textOf(document).matchAll(
      /(?:<!-- (?:before\n([\s\S]*?)|(not run)[^>]*)-->\s*)?```ts\n([\s\S]*?)```/g,
    ),
  ].flatMap(([, before = '', left, code = '']) => (left === undefined ? [before + code] : []));
}
