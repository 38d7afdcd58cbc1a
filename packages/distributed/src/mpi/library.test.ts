/** @file Which launcher started a process, and which library it needs. */
import { expect, test } from 'vitest';
import { candidates, launchedBy, loadMpi } from './library.js';

test.each([
  [{}, null],
  [
    { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_LOCAL_SIZE: '2' },
    { by: 'Open MPI', rank: 1, size: 4, localSize: 2 },
  ],
  [
    { PMI_RANK: '0', PMI_SIZE: '3', MPI_LOCALNRANKS: '3' },
    { by: 'MPICH', rank: 0, size: 3, localSize: 3 },
  ],
  [
    { PMI_RANK: '0', PMI_SIZE: '3' },
    { by: 'MPICH', rank: 0, size: 3, localSize: null },
  ],
  [
    { PMIX_RANK: '2', SLURM_NTASKS: '8' },
    { by: 'Open MPI', rank: 2, size: 8, localSize: null },
  ],
  [{ PMI_RANK: 'x', PMI_SIZE: '3' }, null],
])('%j', (env, launched) => {
  expect(launchedBy(env)).toEqual(launched);
});

test('names without a folder only on Linux, whose loader does not look into the present folder', () => {
  for (const by of ['Open MPI', 'MPICH'] as const) {
    expect(candidates(by, 'linux').length).toBeGreaterThan(0);
    expect(candidates(by, 'darwin').every((path) => path.startsWith('/'))).toBe(true);
    expect(candidates(by, 'win32')).toEqual([]);
  }
});

test('a library must be named by its whole path, and be one', () => {
  const launched = { by: 'MPICH', rank: 0, size: 2, localSize: 2 } as const;
  expect(() => loadMpi(launched, 'libmpi.so')).toThrow(/absolute path/);
  expect(() => loadMpi(launched, '/nowhere/libmpi.so')).toThrow(
    /cannot be loaded \(tried \/nowhere/,
  );
});
