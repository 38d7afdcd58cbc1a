/** @file An error of one rank ends the whole job within ten seconds, with an exit code and a message that names the rank. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, makeFolder, results, run, starters, type Starter } from './jobs.js';

const long = process.env['CHAINRULE_LONG'] === '1';
const { folder, remove } = makeFolder();
let program = '';
beforeAll(async () => {
  program = await bundle('faults', folder);
  await bundle('run', folder);
}, 60_000);
afterAll(remove);

/** What is wrong with rank 1, and what the message must say of it. */
const faults: Readonly<Record<string, RegExp>> = {
  seed: /rank 1: .*seed: 6; .*rank.* 0.*seed: 5/,
  start: /the parameters differ: on rank 1 from those on rank 0/,
  shape: /rank 1: .*0\.weight float32 \[9, 3\]; .*0\.weight float32 \[8, 3\]/,
  rate: /rank 1: .*lr 0\.02; .*lr 0\.01/,
  step: /rank 1: .*optimizer: state.*step 1/,
  items: /rank 1: .*shard of 9 items.*; .*shard of 10 items/,
  data: /rank 1: .*close; .*less data\?/,
  nan: /the statistics of a batch normalization are not finite on rank 1;/,
  index: /rank 1 failed: IndexError: .*4/,
  throw: /rank 1 failed: Error: no such file: batch 3/,
  exit: /rank 1 ended with exit code 7/,
  kill: /rank 1 was killed by SIGKILL/,
  drift: /parameters before step \d+ differ: on rank 1/,
  unused: /rank 1: .*allReduce sum float32 \[\d+\] of gradients; .*of gradients/,
  barrier: /rank 1: .*barrier; .*(allGather|close)/,
};

/** What is said of a process that was killed: by Open MPI's launcher, and by the witness beside each rank of MPICH. */
const OF_MPI = /rank 1 .*signal 9|rank 1 was killed/;

async function fails(starter: Starter, size: number, fault: string, said: RegExp): Promise<void> {
  const env = { FAULT: fault, BEGUN: join(folder, 'begun') };
  rmSync(env.BEGUN, { force: true });
  const { code, output, errors, seconds } = await run(starter, size, [program], env);
  const ended = Date.now();
  expect(code, `${output}${errors}`).not.toBe(0);
  expect(`${output}${errors}`).toMatch(said);
  expect(output).not.toMatch(/has finished[^]*has finished/);
  // A fault that comes before the job has begun is counted from the start of its processes.
  const begun = existsSync(env.BEGUN) ? Number(readFileSync(env.BEGUN, 'utf8')) : null;
  expect(begun === null ? seconds : (ended - begun) / 1000).toBeLessThan(10);
}

describe('on this machine', () => {
  test.each(Object.entries(faults))('%s', (fault, said) => fails('local', 2, fault, said));
  test('a NaN that the optimizers of all ranks leave out', async () => {
    const { code, output, errors } = await run('local', 2, [program], {
      FAULT: 'ignored',
      BEGUN: join(folder, 'begun'),
    });
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output.match(/has finished, [1-9]\d* steps skipped/g)?.length).toBe(2);
  });
  test('nothing', async () => {
    const { code, output, errors } = await run('local', 2, [program], {
      BEGUN: join(folder, 'begun'),
    });
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output.match(/has finished/g)?.length).toBe(2);
  });
});

// What the launchers of MPI must be made to do; the rest is the same code.
describe.each(starters.filter((s) => s !== 'local'))('%s', (starter) => {
  const some = long ? ['shape', 'data', 'nan', 'throw', 'exit'] : ['data', 'throw'];
  test.each(some)('%s', (fault) => fails(starter, 2, fault, faults[fault] as RegExp));
  test('kill', async () => {
    const env = { FAULT: 'kill', BEGUN: join(folder, 'begun') };
    let said = '';
    // MPICH ends all ranks at once: the witness of the killed one may be too late to name it, but none names another.
    for (let k = 0; k < 3 && !OF_MPI.test(said); k++) {
      const { code, output, errors } = await run(starter, 2, [program], env);
      said = `${output}${errors}`;
      expect(code, said).not.toBe(0);
      expect(said).not.toMatch(/rank 0 was killed/);
    }
    expect(said).toMatch(OF_MPI);
  });
  test('WebAssembly that leaves its memory is an error', async () => {
    const messages = await results(starter, 2, [await bundle('traps', folder)]);
    expect(messages).toEqual(Array(2).fill('memory access out of bounds'));
  });
  test.runIf(long)('nothing', async () => {
    const { code, output, errors } = await run(starter, 2, [program], {
      BEGUN: join(folder, 'begun'),
    });
    expect(code, errors).toBe(0);
    expect(output.match(/has finished/g)?.length).toBe(2);
  });
});
