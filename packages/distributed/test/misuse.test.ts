/** @file The misuse walk over a job of one rank. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { methodsOf, subjectsOf, walk } from '../../autograd/test/misuse/walk.js';
import * as all from '../src/index.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

/** Private methods. */
const inside = ['averager', 'numberOf'];

let world: all.World;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  // The job of this process: a second one is refused, so that no call below starts a process.
  world = await all.distributed();
});
afterAll(() => {
  world.close();
  vi.restoreAllMocks();
});

test('operations and the world', async () => {
  const subjects = [
    // A world is made by `distributed()`, never by `new`.
    ...subjectsOf(all, 'distributed.', ['distributed.World']),
    ...methodsOf('world', () => world, [...inside, 'close']),
  ];
  const { faults, calls, refused } = await walk(subjects, { rounds });
  expect(faults.map(({ call, what }) => `${call.slice(0, 200)}: ${what.slice(0, 300)}`)).toEqual(
    [],
  );
  expect(refused).toBeGreaterThan(calls / 3);
}, 120_000);
