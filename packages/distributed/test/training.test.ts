/** @file Ranks stay equal to the bit, and equal to one process on the joined batch, however they were started. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, makeFolder, results, run, starters, type Starter } from './jobs.js';

interface Trained {
  rank: number;
  losses: number[];
  state: string;
  values: number[];
  draw: number;
}

const { folder, remove } = makeFolder();
let program = '';
let alone: Trained;
beforeAll(async () => {
  program = await bundle('training', folder);
  await bundle('run', folder);
  alone = await train('local', 1);
}, 60_000);
afterAll(remove);

const job = (starter: Starter, size: number, env?: Record<string, string>): Promise<Trained[]> =>
  results<Trained>(starter, size, [program], env);

/** What all ranks have come to, which must be the same bits. */
async function train(...args: Parameters<typeof job>): Promise<Trained> {
  const ranks = await job(...args);
  const [first] = ranks as [Trained];
  expect(ranks.map((r) => r.rank)).toEqual(Array.from({ length: args[1] }, (_, r) => r));
  for (const rank of ranks) {
    expect(rank.state === first.state, `rank ${rank.rank} has other bits`).toBe(true);
    expect(rank.losses).toEqual(first.losses);
  }
  return first;
}

function expectNear(actual: readonly number[], expected: readonly number[], by: number): void {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(...actual.map((v, i) => Math.abs(v - (expected[i] as number))));
  expect(worst).toBeLessThan(by);
}

describe.each([2, 3, 4])('%i ranks', (size) => {
  test('the same bits by every way to start them, near to one process on the joined batch', async () => {
    const all: Trained[] = [];
    for (const starter of starters) all.push(await train(starter, size));
    const [first] = all as [Trained];
    all.forEach((r, i) => {
      expect(r.state === first.state, `${starters[i]} has other bits`).toBe(true);
    });
    expectNear(first.losses, alone.losses, 1e-5);
    expectNear(first.values, alone.values, 1e-4);
  });
});

describe('two ranks', () => {
  test('plain code as compiled, and many small messages as one, to the bit', async () => {
    const compiled = await train('local', 2);
    const plain = await train('local', 2, { MODE: 'eager' });
    const small = await train('local', 2, { BUCKET: '64' });
    const copies = await train('copies', 2);
    expect(copies.state).toBe(compiled.state);
    expect(plain.state).toBe(compiled.state);
    expect(small.state).toBe(compiled.state);
  });

  test.each(starters.filter((s) => s !== 'local'))(
    "%s's own reduction, within one machine and between machines",
    async (starter) => {
      for (const APART of [{}, { APART: '1' }]) {
        const free = await train(starter, 2, { FREE: '1', ...APART });
        expectNear(free.values, alone.values, 1e-4);
      }
    },
  );

  test.each(['compile', 'eager'])('synchronized batch normalization (%s)', async (MODE) => {
    const one = await train('local', 1, { MODE, NORM: '1' });
    const two = await train('local', 2, { MODE, NORM: '1' });
    expectNear(two.losses, one.losses, 1e-5);
    expectNear(two.values, one.values, 1e-5);
  });

  test('dropout differs between ranks, and is the same from run to run', async () => {
    const first = await job('local', 2, { DROP: '1' });
    const again = await job('local', 2, { DROP: '1' });
    expect(again).toEqual(first);
    expect(first[0]?.draw).not.toBe(first[1]?.draw);
  });
});

describe('interrupted', () => {
  const DROP = '1';
  let whole: Trained[];
  /** How long a job takes that is not interrupted. */
  let usual = 0;
  beforeAll(async () => {
    const start = performance.now();
    whole = await job('local', 3, { DROP });
    usual = (performance.now() - start) / 1000;
  }, 60_000);

  test.each([0, 1, 2])(
    'rank %i is killed: a restart from the checkpoint equals the run that was not',
    async (rank) => {
      const env = { DROP, FOLDER: join(folder, `killed-${rank}`) };
      const { code, seconds, errors } = await run('local', 3, [program], {
        ...env,
        KILL: `${rank}:5`,
      });
      expect(code).toBe(128 + 9);
      expect(errors).toMatch(`rank ${rank} was killed by SIGKILL`);
      expect(seconds - usual).toBeLessThan(10);
      const resumed = await job('local', 3, env);
      resumed.forEach((r, i) => {
        expect(r.losses).toEqual(whole[i]?.losses.slice(4));
        expect(r.state === whole[i]?.state && r.draw === whole[i]?.draw).toBe(true);
      });
    },
  );

  test.each([0, 1])('rank %i of copies is killed: nobody is left', async (rank) => {
    // The job has ended when the last that could write to its output has.
    const { code, seconds, errors } = await run('copies', 2, [program], { KILL: `${rank}:3` });
    expect(code).not.toBe(0);
    expect(errors).toMatch(rank === 0 ? /rank 0 ended before the others/ : /rank 1 was killed by/);
    expect(seconds - usual).toBeLessThan(10);
  });

  test('and goes on with another number of ranks', async () => {
    const FOLDER = join(folder, 'resized');
    await job('local', 2, { FOLDER, STEPS: '4' });
    const resumed = await train('local', 3, { FOLDER });
    expectNear(resumed.losses, alone.losses.slice(4), 1e-5);
    expectNear(resumed.values, alone.values, 1e-4);
  });
});
