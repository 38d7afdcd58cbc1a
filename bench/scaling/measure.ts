/**
 * @file Measures data parallel training on this machine: one process with one thread and with two, and two ranks by each way to
 * start them; and reductions of vectors, from which the model of costs takes its constants.
 *
 *     npx ts-node bench/scaling/measure.ts
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadavg } from 'node:os';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rank = ['node_modules/ts-node/dist/bin.js', 'bench/scaling/rank.ts'];
const node = process.execPath;

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

function run(command: readonly string[], args: readonly (string | number)[]): void {
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
  });
  const load = loadavg()[0]?.toFixed(1);
  if (status !== 0) console.log(`  could not be measured (code ${status})`);
  for (const line of (stdout ?? '').split('\n').filter((l) => l.startsWith('{'))) {
    const rounded = JSON.parse(line, (_, v: unknown) =>
      typeof v === 'number' ? Number(v.toPrecision(4)) : v,
    ) as object;
    console.log(`  ${JSON.stringify(rounded)} load ${load}`);
  }
}

for (const [width, batch] of [
  [256, 128],
  [1024, 128],
  [1024, 1024],
] as const) {
  console.log(`step: width ${width}, batch ${batch}`);
  for (const threads of [1, 2]) {
    console.log(` one process, ${threads} threads`);
    run([node], ['step', width, batch, threads]);
  }
  for (const [name, command] of Object.entries(starters)) {
    console.log(` two ranks, ${name}`);
    run(command(2), ['step', width, batch, 1]);
  }
}
for (const [name, command] of Object.entries(starters)) {
  console.log(`reductions of two ranks, ${name}`);
  run(command(2), ['reduce', '1,1024,16384,262144,1048576,4194304']);
}
