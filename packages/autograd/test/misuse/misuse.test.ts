/** @file The misuse walk over all exports of `@chainrule/autograd`, and over every method of a tensor. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as autograd from '../../src/index.js';
import * as io from '../../src/io/index.js';
import * as testing from '../../src/testing/index.js';
import { methodsOf, subjectsOf, walk, type Subject } from './walk.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

/**
 * What is not for users to call with values: kinds and readers are written in code, tensors are never made by `new`.
 */
const except = [
  'kinds',
  'defineOptions',
  'byPosition',
  'passes',
  'checkArgument',
  'readList',
  'plural',
  'reading',
  'Tensor',
  'foreignCopy',
];

beforeAll(() => {
  for (const name of ['log', 'warn', 'error', 'info', 'table'] as const) {
    vi.spyOn(console, name).mockImplementation(() => undefined);
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

const report = async (subjects: readonly Subject[]): Promise<void> => {
  const { faults, calls, refused } = await walk(subjects, { rounds });
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(calls / 3);
};

const restore = (): void => {
  autograd.setDebug(0);
  autograd.setNumThreads(1);
};

test('functions and classes', async () => {
  const subjects = subjectsOf(autograd, '', except).map((s) =>
    /^set(Debug|NumThreads|Device)$/.test(s.name) ? { ...s, restore } : s,
  );
  await report(subjects);
}, 120_000);

test('methods of tensors', async () => {
  await report(methodsOf('x', () => autograd.randn([3, 3], { requiresGrad: true })));
}, 120_000);

test('files', async () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'misuse-'));
  process.chdir(folder); // a wrong argument may be a right path
  try {
    await report(subjectsOf(io, 'io.'));
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
}, 120_000);

test('checks', async () => {
  await report(subjectsOf(testing, 'testing.'));
}, 120_000);
