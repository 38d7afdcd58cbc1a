/** @file The misuse walk over all that `@chainrule/autograd` exports, and over every method of a tensor. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as autograd from '../../src/index.js';
import { methodsOf, subjectsOf, walk, type Subject } from './walk.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

/** What is not for users to call with values: kinds and readers are written in code, tensors are never made by `new`. */
const except = [
  'kinds',
  'defineOptions',
  'byPosition',
  'passes',
  'checkArgument',
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
  const { faults, calls, refused } = await walk(subjects, { seed: 1, rounds });
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
