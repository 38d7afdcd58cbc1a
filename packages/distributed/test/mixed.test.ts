/** @file A job of ranks in JavaScript and in Python, whose mpi4py is independent of ours: a check of both. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { bundle, commandOf, makeFolder, start, starters } from './jobs.js';

const python = process.env['MPI4PY'] ?? '/usr/bin/python3';
const probe = spawnSync(python, ['-c', 'import mpi4py, numpy; print(mpi4py.get_config())']);
const installed = starters.includes('Open MPI') && probe.status === 0;
if (!installed)
  console.warn('SKIPPED: a job with Python: mpi4py, numpy or Open MPI is not installed');

const { folder, remove } = makeFolder();
afterAll(remove);

test.skipIf(!installed).each([1, 2])(
  '%i ranks here and one in Python',
  async (ours) => {
    const RESULTS = join(folder, `mixed-${ours}`);
    mkdirSync(RESULTS);
    const program = await bundle('mixed', folder);
    const peer = fileURLToPath(new URL('programs/peer.py', import.meta.url));
    const command = [...commandOf('Open MPI', ours, [program]), ':', '-np', '1', python, peer];
    const { code, errors } = await start(command, { RESULTS }).ended;
    expect(code, errors).toBe(0);
    const x = (factor: number): number[] => [0, 1, 2, 3, 4, 5].map((v) => v * factor);
    const ranks = Array.from({ length: ours + 1 }, (_, r) => r + 1);
    for (let r = 0; r <= ours; r++) {
      expect(JSON.parse(readFileSync(join(RESULTS, `${r}.json`), 'utf8'))).toEqual({
        sum: x(ranks.reduce((a, b) => a + b)),
        gathered: ranks.flatMap(x),
        root: x(1),
        mine: x(ours + 1),
      });
    }
  },
  60_000,
);
