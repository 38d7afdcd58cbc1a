/** @file The documents hold: their code runs and prints what they say, their table and their links are up to date. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { README, withTable } from './operationsTable.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRATCH = join(ROOT, 'out', `readme-${process.pid}`);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/AGENTS.md',
  'packages/autograd/README.md',
  'packages/nn/README.md',
  'packages/optim/README.md',
  'packages/export/README.md',
  ...readdirSync(join(ROOT, 'site'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(start|learn|guides|from|pages)\b.*\.md$/.test(path))
    .map((path) => `site/${path}`)
    .sort(),
  'packages/distributed/README.md',
];

const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

/** What a block should print: the comments behind its calls of console.log, in order. */
function expected(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1] ?? '');
}

afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }));

describe.each(documents)('%s', (document) => {
  const blocks = [...textOf(document).matchAll(/```ts\n([\s\S]*?)```/g)].map(
    (match) => match[1] ?? '',
  );

  test.each(blocks.map((code, i) => [i + 1, code] as const))('block %i runs', async (i, code) => {
    mkdirSync(SCRATCH, { recursive: true });
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

test(`the table of operations is up to date (else: npx ts-node ${relative(ROOT, join(ROOT, 'tools/operationsTable.ts'))})`, () => {
  const text = readFileSync(README, 'utf8');
  expect(text === withTable(text)).toBe(true);
});
