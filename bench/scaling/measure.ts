/**
 * @file Measures data-parallel training on this machine: one process with one thread and with two, and two ranks for each way
 * to start them; and reductions of vectors, from which the cost model takes its constants.
 *
 *     npx ts-node bench/scaling/measure.ts [--write] [--short]
 *
 * `--write` writes the results into measured.json and the tables of docs/scaling.md, `--short` leaves out the large networks
 * and vectors.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpus, loadavg } from 'node:os';
import { writeMeasurements, type Measured, type Measurements, type Steps } from './measured.js';
import { page, writePage } from './page.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rank = ['node_modules/ts-node/dist/bin.js', 'bench/scaling/rank.ts'];
const node = process.execPath;
const short = process.argv.includes('--short');
/** Read before the first measurement, as the ranks themselves keep two cores busy. */
const quiet = (loadavg()[0] ?? 0) < 1;
/** Widths of the network and sizes of the batch. */
const SHAPES = [
  [256, 128],
  [1024, 128],
  [1024, 1024],
].slice(0, short ? 1 : 3) as [number, number][];
/** Elements of the reduced vectors. */
const SIZES = [1, 1024, 16384, 262144, 1048576, 4194304].slice(0, short ? 3 : 6);
/** The most milliseconds of one measurement: a job that hangs must not stop the others. */
const MOST = 300_000;

const starters: Readonly<Record<string, (n: number) => string[]>> = {
  local: (n) => [
    node,
    'node_modules/ts-node/dist/bin.js',
    'bench/scaling/launch.ts',
    '-n',
    String(n),
    node,
  ],
  'Open MPI': (n) => [
    'mpirun.openmpi',
    '--oversubscribe',
    '--bind-to',
    'none',
    '-np',
    String(n),
    node,
  ],
  MPICH: (n) => ['mpirun.mpich', '-np', String(n), node],
};

function run(command: readonly string[], args: readonly (string | number)[]): Measured[] {
  const [program = '', ...rest] = [...command, ...rank, ...args.map(String)];
  const { stdout, status } = spawnSync(program, rest, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      CHAINRULE_BLAS: 'off',
      OMPI_ALLOW_RUN_AS_ROOT: '1',
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
    },
    timeout: MOST,
  });
  if (status !== 0) console.log(`  could not be measured (code ${status ?? 'none in time'})`);
  const lines = (stdout ?? '').split('\n').filter((l) => l.startsWith('{'));
  for (const line of lines) console.log(`  ${line}`);
  return status === 0 ? lines.map((line) => JSON.parse(line) as Measured) : [];
}

const steps: Steps[] = SHAPES.map(([width, batch]) => {
  console.log(`step: width ${width}, batch ${batch}`);
  const ways: [string, string[], number][] = [
    ['one process, one thread', [node], 1],
    ['one process, two threads', [node], 2],
    ...Object.entries(starters).map(([name, command]): [string, string[], number] => [
      `two ranks, ${name}`,
      command(2),
      1,
    ]),
  ];
  const rows = ways.map(([how, command, threads]) => {
    console.log(` ${how}`);
    return [how, run(command, ['step', width, batch, threads])[0] ?? null] as const;
  });
  return { width, batch, rows };
});
const reductions: Record<string, readonly Measured[]> = {};
for (const [name, command] of Object.entries(starters)) {
  console.log(`reductions of two ranks, ${name}`);
  const found = run(command(2), ['reduce', SIZES.join(',')]);
  if (found.length === SIZES.length) reductions[name] = found;
}
if (process.argv.includes('--write')) {
  const cores = cpus();
  const where = `${cores.length} cores of ${cores[0]?.model.trim() ?? 'a processor'}, Node ${process.versions.node}, no BLAS library`;
  const found: Measurements = { where, quiet, steps, reductions };
  writeMeasurements(found);
  writePage(page(found));
}
