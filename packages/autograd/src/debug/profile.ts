/** @file `profile`: where the time of a computation goes, kernel by kernel. */
import { checkArgument, passes, refuseSurplus } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { workOf } from '../engine/compile/work.js';
import { engine } from '../engine/engine.js';
import { DeviceError } from '../errors.js';
import type { Meter, Work } from '../engine/program.js';

/** The time of all calls of one kernel. */
export interface ProfileRow {
  /** What it computes. */
  readonly kernel: string;
  /** The operations of the graph that it computes. */
  readonly operations: string;
  /** The number of calls. */
  readonly calls: number;
  /** The total time in milliseconds. */
  readonly ms: number;
  /** The share of the time of all kernels, from 0 to 1. */
  readonly share: number;
  /** Billions of multiplications and additions per second. */
  readonly gflops: number;
  /** Billions of bytes read and written per second. */
  readonly gbps: number;
}

/** The result of `profile`: a table of kernels, which prints as text. */
export interface Profile<R> {
  /** What the function returned. */
  readonly result: R;
  /** A row for each kernel, the slowest first. */
  readonly rows: readonly ProfileRow[];
  /** The time of the whole call, in milliseconds. */
  readonly ms: number;
  /** The time in kernels, in milliseconds. */
  readonly kernelMs: number;
  /** The number of plans found in the cache. */
  readonly hits: number;
  /** The number of plans that had to be made. */
  readonly misses: number;
  /** The table as text. */
  toString(): string;
}

let totals = new Map<
  string,
  { work: Work; calls: number; ms: number; flops: number; bytes: number }
>();

/** The only meter: plans keep the kernels that were compiled for it, so a second profile finds them optimized. */
const meter: Meter = {
  workOf,
  report(work, ms) {
    const key = `${work.name}|${work.operations.join()}`;
    let total = totals.get(key);
    if (total === undefined)
      totals.set(key, (total = { work, calls: 0, ms: 0, flops: 0, bytes: 0 }));
    total.calls++;
    total.ms += ms;
    total.flops += work.flops;
    total.bytes += work.bytes;
    const end = performance.now();
    performance.measure(work.name, { start: end - ms, end });
    performance.clearMeasures(work.name);
  },
  later: (reports) => void waiting.push(reports),
};

/** Reports that a device has not delivered yet. */
let waiting: Promise<void>[] = [];

/**
 * Runs `f` and reports every kernel that ran: what it computes, how often, how long and how fast.
 *
 * Kernels run one at a time meanwhile, so their sum is a little more than the time without `profile`; compiling is
 * not part of the kernels' times. Code that has run only a few times is not optimized yet: profile a step that has
 * been taken often. In a browser, and in Node with `--inspect`, each kernel is also a span of `performance.measure`.
 * On WebGPU the times are those of the device, by its time stamps if it has them, and must be awaited: `await
 * profile(async () => …)`.
 * @example console.log(String(profile(() => step(x, y).item())));
 * @example console.log(String(await profile(async () => await step(x, y).itemAsync()))); // on webgpu
 * @throws {DeviceError} for a function that is not async and computes on WebGPU.
 */
export function profile<R>(f: () => Promise<R>): Promise<Profile<R>>;
export function profile<R>(f: () => R): Profile<R>;
export function profile<R>(
  f: () => R,
  surplus?: unknown,
): Profile<R> | Promise<Profile<Awaited<R>>> {
  refuseSurplus('profile', surplus);
  checkArgument('profile', 'f', f, kinds.callable);
  const outer = engine.meter;
  const { hits, misses } = engine.plans;
  totals = new Map();
  waiting = [];
  engine.meter = meter;
  const start = performance.now();
  let result: R;
  try {
    result = f();
  } catch (error) {
    engine.meter = outer;
    throw error;
  }
  if (passes(kinds.promise, result)) {
    return (async () => {
      try {
        const value = (await result) as Awaited<R>;
        const ms = performance.now() - start;
        await Promise.all(waiting);
        return profileOf(value, ms, hits, misses);
      } finally {
        engine.meter = outer;
      }
    })();
  }
  engine.meter = outer;
  if (waiting.length > 0)
    throw new DeviceError(
      'profile: a GPU reports its times later: await profile(async () => …), and await a result inside',
    );
  return profileOf(result, performance.now() - start, hits, misses);
}

function profileOf<R>(result: R, ms: number, hits: number, misses: number): Profile<R> {
  const all = [...totals.values()];
  const kernelMs = all.reduce((sum, x) => sum + x.ms, 0);
  const rows = all
    .sort((x, y) => y.ms - x.ms)
    .map(({ work, calls, ms, flops, bytes }): ProfileRow => ({
      kernel: work.name,
      operations: summary(work.operations),
      calls,
      ms,
      share: ms / kernelMs,
      gflops: flops / ms / 1e6,
      gbps: bytes / ms / 1e6,
    }));
  const counts = { hits: engine.plans.hits - hits, misses: engine.plans.misses - misses };
  return {
    result,
    rows,
    ms,
    kernelMs,
    ...counts,
    toString: () => table({ rows, ms, kernelMs, ...counts }),
  };
}

function summary(operations: readonly string[]): string {
  const text = [...new Set(operations)].join(' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function table({
  rows,
  ms,
  kernelMs,
  hits,
  misses,
}: Omit<Profile<unknown>, 'result' | 'toString'>): string {
  const head = ['ms', 'share', 'calls', 'GFLOP/s', 'GB/s', 'kernel', 'operations'];
  const lines = rows.map((r) => [
    r.ms.toFixed(3),
    `${(100 * r.share).toFixed(1)} %`,
    String(r.calls),
    r.gflops.toFixed(1),
    r.gbps.toFixed(1),
    r.kernel,
    r.operations,
  ]);
  const widths = head.map((h, c) =>
    Math.max(h.length, ...lines.map((line) => (line[c] as string).length)),
  );
  const print = (line: readonly string[]): string =>
    line
      .map((x, c) => (c < 5 ? x.padStart(widths[c] as number) : x.padEnd(widths[c] as number)))
      .join('  ')
      .trimEnd();
  return [
    print(head),
    ...lines.map(print),
    `${ms.toFixed(2)} ms, ${kernelMs.toFixed(2)} ms of it in kernels; plans: ${hits} found, ${misses} made`,
  ].join('\n');
}
