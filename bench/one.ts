/**
 * @file Measures one workload in one mode, in its own process, which `run.ts` starts. A program trains one model, so objects
 * that other workloads left behind, and code optimized for them, must not count.
 *
 *     npx ts-node bench/one.ts WORKLOAD MODE SECONDS [THREADS]
 */
import { blas, enableWideSimd, getNumThreads, setNumThreads } from '@chainrule/autograd';
import { dynamicWorkloads, measureDynamic } from './dynamic.js';
import type { Measurement } from './peers.js';
import { workloads, type Mode } from './workloads.js';

const [name = '', mode = 'eager', seconds = '0.25', threads] = process.argv.slice(2);
enableWideSimd(); // if Node supports it: the peers use the widest vectors too
if (threads !== undefined) setNumThreads(Number(threads));

/** The median of seven rounds, in microseconds. */
function measure(f: () => unknown): number {
  const time = (n: number): number => {
    const start = performance.now();
    for (let i = 0; i < n; i++) f();
    return (performance.now() - start) / n;
  };
  // Until the engine's own code is optimized: small steps need about ten thousand runs.
  const warm = performance.now();
  for (let i = 0; i < 30_000 && performance.now() - warm < 2500; i++) f();
  const n = Math.max(1, Math.floor((1000 * Number(seconds)) / Math.max(time(3), 1e-4)));
  const rounds = Array.from({ length: 7 }, () => time(n)).sort((a, b) => a - b);
  return Math.round((rounds[3] as number) * 1e5) / 100;
}

function result(): Pick<Measurement, 'us'> | Pick<Measurement, 'error'> {
  try {
    const workload = workloads.find((w) => w.name === name);
    if (workload === undefined) throw new Error(`there is no workload ${name}`);
    return { us: measure(workload.make(mode as Mode)) };
  } catch (error) {
    return { error: String(error) };
  }
}

const library = blas();
const about = {
  ...{ workload: name, peer: 'chainrule', threads: getNumThreads() },
  blas: library.found ? `${library.library} ${library.core ?? ''}`.trim() : 'off',
};
const dynamic = dynamicWorkloads.find((w) => w.name === name);
const measurements: Measurement[] =
  dynamic === undefined
    ? [{ ...about, mode, ...result() }]
    : Object.entries(measureDynamic(dynamic)).map(([pass, us]) => ({ ...about, mode: pass, us }));
for (const measurement of measurements) console.log(JSON.stringify(measurement));
