/** @file The misuse walk over exporters and importers. */
import { expect, test } from 'vitest';
import { subjectsOf, walk } from '../../autograd/test/misuse/walk.js';
import * as all from '../src/index.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

test('exporters and importers', async () => {
  const { faults, calls, refused } = await walk(subjectsOf(all, 'export.'), { rounds });
  expect(faults.map(({ call, what }) => `${call.slice(0, 200)}: ${what.slice(0, 300)}`)).toEqual(
    [],
  );
  expect(refused).toBeGreaterThan(calls / 3);
}, 120_000);
