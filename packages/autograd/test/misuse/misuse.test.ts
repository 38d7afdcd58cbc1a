/** @file The misuse walk over all that `@chainrule/autograd` exports, and over every method of a tensor. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as autograd from '../../src/index.js';
import { methodsOf, subjectsOf, walk, type Subject } from './walk.js';

const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 60);

beforeAll(() => {
  for (const name of ['log', 'warn', 'error', 'info', 'table'] as const) {
    vi.spyOn(console, name).mockImplementation(() => undefined);
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

const report = async (subjects: readonly Subject[]): Promise<void> => {
  const log = process.env['MISUSE_LOG'];
  const r = await walk(subjects, {
    seed: 1,
    rounds,
    ...(log === undefined ? {} : { onCall: (c: string) => writeFileSync(log, c) }),
  });
  const out = process.env['MISUSE_OUT'];
  if (out !== undefined) writeFileSync(out + subjects.length, JSON.stringify(r, null, 1));
  expect(r.faults).toEqual([]);
};

const restore = (): void => {
  autograd.setDebug(0);
  autograd.setNumThreads(1);
};

test('functions and classes', async () => {
  const subjects = subjectsOf(autograd, '').map((s) =>
    /^set(Debug|NumThreads|Device)$/.test(s.name) ? { ...s, restore } : s,
  );
  await report(subjects);
}, 600_000);

test('methods of tensors', async () => {
  await report(methodsOf('x', () => autograd.randn([3, 3], { requiresGrad: true })));
}, 600_000);
