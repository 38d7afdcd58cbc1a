/**
 * @file The benchmark: Chainrule beside its peers, in one run.
 *
 *     npm run bench -- --filter train/ --threads 1 --peers torch,jax
 *
 * Each figure is the median time of one training step or operation over several rounds, after a warm-up. Quote ratios
 * of one run on a quiet machine, never times of two.
 */
import { parseArgs } from 'node:util';
import { blas, enableWideSimd, getNumThreads, setNumThreads } from '@chainrule/autograd';
import { runPeers, type Measurement } from './peers.js';
import { workloads } from './workloads.js';

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
  --mode MODE       eager or compiled (both)
  --seconds S       length of one of the 7 rounds (0.25)
  --json            one line a measurement, and nothing else`);
  process.exit(0);
}

const seconds = Number(values.seconds);

function measure(f: () => unknown): number {
  const time = (n: number): number => {
    const start = performance.now();
    for (let i = 0; i < n; i++) f();
    return (performance.now() - start) / n;
  };
  // Until the engine's own code is optimized: small steps take some thousand runs.
  const warm = performance.now();
  for (let i = 0; i < 5000 && performance.now() - warm < 1500; i++) f();
  const n = Math.max(1, Math.floor((1000 * seconds) / Math.max(time(3), 1e-4)));
  const rounds = Array.from({ length: 7 }, () => time(n)).sort((a, b) => a - b);
  return Math.round((rounds[3] as number) * 1e5) / 100;
}

const wide = enableWideSimd(); // where Node has it: the peers use the widest vectors too
if (values.threads !== undefined) setNumThreads(Number(values.threads));
const threads = getNumThreads();
const library = blas();
const blasName = library.found ? `${library.library} ${library.core ?? ''}`.trim() : 'off';
const own: Measurement[] = [];
for (const workload of workloads) {
  const { name, modes } = workload;
  if (!name.includes(values.filter)) continue;
  for (const mode of modes) {
    if (values.mode !== undefined && mode !== values.mode) continue;
    try {
      const us = measure(workload.make(mode));
      own.push({ workload: name, peer: 'chainrule', mode, threads, blas: blasName, us });
    } catch (error) {
      own.push({
        workload: name,
        peer: 'chainrule',
        mode,
        threads,
        blas: 'off',
        error: String(error),
      });
    }
    if (values.json) console.log(JSON.stringify(own.at(-1)));
  }
}
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
  const best = (name: string): number =>
    Math.min(...own.filter((m) => m.workload === name).map((m) => m.us ?? Infinity));
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
              const us = find(name, c)?.us;
              return [`× ${c}`, us === undefined ? '–' : (us / best(name)).toFixed(2)];
            }),
          ),
        },
      ]),
    ),
  );
  console.log(
    `${threads} thread${threads === 1 ? '' : 's'}, Node ${process.version}, vectors ${wide.enabled ? 'wide' : '128 bit'}, ` +
      `BLAS ${blasName}; × is how many times faster the best of Chainrule's modes is`,
  );
}
