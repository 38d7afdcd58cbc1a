/** @file The misuse walk over layers, losses, initialisers, utilities and loaders. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { randn, tensor } from '@chainrule/autograd';
import { methodsOf, subjectsOf, walk } from '../../autograd/test/misuse/walk.js';
import * as data from '../src/data/index.js';
import * as distributions from '../src/distributions/index.js';
import * as nn from '../src/index.js';
import * as metrics from '../src/metrics/index.js';
import * as train from '../src/train/index.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

beforeAll(() => {
  for (const name of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, name).mockImplementation(() => undefined);
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

test('layers, losses and functions', async () => {
  const subjects = [...subjectsOf(nn, 'nn.'), ...subjectsOf(data, 'data.')];
  const { faults, calls, refused } = await walk(subjects, { rounds });
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(calls / 3);
}, 120_000);

test('distributions, metrics and training', async () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'misuse-'));
  process.chdir(folder); // a wrong argument may be a right path
  try {
    const subjects = [
      ...subjectsOf(distributions, 'distributions.'),
      ...subjectsOf(metrics, 'metrics.'),
      ...subjectsOf(train, 'train.'),
    ];
    const { faults, calls, refused } = await walk(subjects, { rounds });
    expect(faults.map(({ call, what }) => `${call.slice(0, 200)}: ${what.slice(0, 300)}`)).toEqual(
      [],
    );
    expect(refused).toBeGreaterThan(calls / 3);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
}, 120_000);

/** Private methods of a loader. */
const inside = 'streamed requested begin batches load join dataset isStream next begin'.split(' ');

test('methods of a module and of a loader', async () => {
  const subjects = [
    ...methodsOf('linear', () => new nn.Linear(3, 2), ['toDevice', 'multiplyAdds']),
    ...methodsOf('loader', () => new data.DataLoader([randn([2]), tensor([1, 2])]), inside),
  ];
  const { faults } = await walk(subjects, { rounds });
  expect(faults).toEqual([]);
}, 120_000);
