/** @file The documents hold: their code runs and prints what they say, their table and their links are up to date. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { README, withTable } from './operationsTable.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRATCH = join(ROOT, 'out', `readme-${process.pid}`);
const documents = [
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

const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

/** What a block should print: the comments behind its calls of console.log, in order. */
function expected(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1] ?? '');
}

// What blocks write they write there.
const started = process.cwd();
beforeAll(() => {
  mkdirSync(SCRATCH, { recursive: true });
  process.chdir(SCRATCH);
});
afterAll(() => process.chdir(started));
afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }));

describe.each(documents)('%s', (document) => {
  // What a block takes for granted stands before it in a comment; so does that one cannot be run everywhere.
  const blocks = [
    ...textOf(document).matchAll(
      /(?:<!-- (?:before\n([\s\S]*?)|(not run)[^>]*)-->\s*)?```ts\n([\s\S]*?)```/g,
    ),
  ].flatMap(([, before = '', left, code = '']) => (left === undefined ? [before + code] : []));

  test.each(blocks.map((code, i) => [i + 1, code] as const))('block %i runs', async (i, code) => {
    const file = join(SCRATCH, `${document.replace(/\W/g, '-')}-${i}.ts`);
    writeFileSync(file, code);
    const printed: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...xs: unknown[]) => {
      printed.push(
        xs
          .map((x) => (typeof x === 'string' ? x : inspect(x, { breakLength: Infinity })))
          .join(' '),
      );
    });
    try {
      await import(/* @vite-ignore */ file);
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual(expected(code));
  });

  test('links to files that exist', () => {
    const links = [...textOf(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      (match) => match[1] ?? '',
    );
    const dead = links.filter((link) => !existsSync(resolve(dirname(join(ROOT, document)), link)));
    expect(dead).toEqual([]);
  });
});

test(`the table of operations is up to date (else: npx ts-node ${relative(ROOT, join(ROOT, 'tools/docs/operationsTable.ts'))})`, () => {
  const text = readFileSync(README, 'utf8');
  expect(text === withTable(text)).toBe(true);
});
