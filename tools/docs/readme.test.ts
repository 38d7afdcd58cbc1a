/** @file The documents are correct: their code runs and prints what they say, and their tables and links are up to date. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { blocksOf, documents, ROOT, textOf } from './blocks.js';
import { README, withTable } from './operationsTable.js';

const SCRATCH = join(ROOT, 'out', `readme-${process.pid}`);
/** The output that a block should have: the comments after its calls of console.log, in order. */
function expected(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1] ?? '');
}

// The folder in which blocks write files.
const started = process.cwd();
beforeAll(() => {
  mkdirSync(SCRATCH, { recursive: true });
  process.chdir(SCRATCH);
});
afterAll(() => process.chdir(started));
afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }));

describe.each(documents)('%s', (document) => {
  const blocks = blocksOf(document);

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
