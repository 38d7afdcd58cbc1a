/**
 * @file The benchmark: Chainrule beside its peers, in one run.
 *
 *     npm run bench -- --filter train/ --threads 1 --peers torch,jax
 *
 * Each figure is the median time of one training step or operation over several rounds, after a warm-up, in a process of
 * its own. Workloads whose shapes change at every step
 * (dyn/, and lists that grow: grow/) have two: where all shapes are new, and where all were met. Quote ratios of one run on a
 * quiet machine, never times of two.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { enableWideSimd, getNumThreads } from '@chainrule/autograd';
import { dynamicWorkloads } from './dynamic.js';
import { runPeers, type Measurement } from './peers.js';
import { workloads, type Mode } from './workloads.js';

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    threads: { type: 'string' },
    peers: { type: 'string', default: '' },
    mode: { type: 'string' },
    seconds: { type: 'string', default: '0.25' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench -- [options]
  --filter TEXT     only workloads whose name contains TEXT
  --threads N       threads, for Chainrule and its peers (all cores)
  --peers A,B       peers to run beside: torch, jax, jaxjs, tfjs
  --mode MODE       eager or compiled (both); changing shapes (dyn/, grow/) are eager
  --seconds S       length of one of the 7 rounds (0.25)
  --json            one line per measurement, and nothing else`);
  process.exit(0);
}

/** Measures a workload in its own process; one with changing shapes, for new and for known shapes. */
function measureApart(workload: string, mode: Mode): Measurement[] {
  const script = fileURLToPath(new URL('./one.ts', import.meta.url));
  const given = [
    workload,
    mode,
    values.seconds,
    ...(values.threads === undefined ? [] : [values.threads]),
  ];
  // The options of this process, which make it run by ts-node.
  const child = spawnSync(process.execPath, [...process.execArgv, script, ...given], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = child.stdout.split('\n').filter((line) => line.startsWith('{'));
  if (lines.length > 0) return lines.map((line) => JSON.parse(line) as Measurement);
  const error = `the process ended with ${String(child.status ?? child.signal)}`;
  return [{ workload, peer: 'chainrule', mode, error }];
}

const own: Measurement[] = [];
const runs = [
  ...workloads.flatMap(({ name, modes }) => modes.map((mode) => ({ name, mode }))),
  ...dynamicWorkloads.map(({ name }) => ({ name, mode: 'eager' as const })),
];
for (const { name, mode } of runs) {
  if (!name.includes(values.filter)) continue;
  if (values.mode !== undefined && mode !== values.mode) continue;
  const measured = measureApart(name, mode);
  own.push(...measured);
  if (values.json) for (const m of measured) console.log(JSON.stringify(m));
}
const threads = values.threads === undefined ? getNumThreads() : Number(values.threads);
const others = await runPeers(
  values.peers.split(',').filter(Boolean),
  values.filter,
  threads,
  (m) => {
    if (values.json) console.log(JSON.stringify(m));
  },
);

if (!values.json) {
  const names = [...new Set(own.map((m) => m.workload))];
  const columns = [
    ...new Set(
      [...own, ...others].map((m) => (m.mode === undefined ? m.peer : `${m.peer} ${m.mode}`)),
    ),
  ];
  const find = (name: string, column: string): Measurement | undefined =>
    [...own, ...others].find(
      (m) =>
        m.workload === name && (m.mode === undefined ? m.peer : `${m.peer} ${m.mode}`) === column,
    );
  const peers = columns.filter((c) => !c.startsWith('chainrule'));
  /** The figure that a peer's is compared with: the same pass over changing shapes, else the best mode. */
  const ownBeside = (name: string, mode: string | undefined): number => {
    const all = own.filter((m) => m.workload === name);
    const same = all.filter((m) => m.mode === mode);
    return Math.min(...(same.length > 0 ? same : all).map((m) => m.us ?? Infinity));
  };
  console.table(
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          ...Object.fromEntries(
            columns.map((c) => [
              `${c} µs`,
              find(name, c)?.us ?? find(name, c)?.error?.slice(0, 40) ?? '–',
            ]),
          ),
          ...Object.fromEntries(
            peers.map((c) => {
              const { us, mode } = find(name, c) ?? {};
              const ratio = us === undefined ? '–' : (us / ownBeside(name, mode)).toFixed(2);
              return [`× ${c}`, ratio];
            }),
          ),
        },
      ]),
    ),
  );
  const wide = enableWideSimd();
  const blasName = own[0]?.blas ?? 'off';
  console.log(
    `${threads} thread${threads === 1 ? '' : 's'}, Node ${process.version}, vectors ${wide.enabled ? 'wide' : '128 bit'}, ` +
      `BLAS ${blasName}; × is how many times faster the best of Chainrule's modes is`,
  );
}
