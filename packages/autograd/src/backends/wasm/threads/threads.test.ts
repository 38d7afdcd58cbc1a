/** @file Plans on several threads: the same bits as on one, errors that name their cause, and a process that ends. */
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kernel, LoopKernel, MatmulKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import { DeviceError } from '../../../errors.js';
import { Forms } from '../run/forms.js';
import { listKernels } from '../run/kernelList.js';
import { WasmMemory } from '../run/memory.js';
import { ThreadPool } from './pool.js';
import { WasmPlan } from '../run/wasmPlan.js';
import { NO_LIBRARY } from './threads.js';
import { workerSource } from './worker.js';

const f = 'float32' as const;
const load = (input: number): Scalar => ({ kind: 'load', input, dtype: f });
const op = (name: string, ...args: number[]): Scalar => ({ kind: 'op', op: name, args, dtype: f });
const reduce = (name: 'sum' | 'max', arg: number): Scalar => ({
  kind: 'reduce',
  op: name,
  arg,
  dtype: f,
});
const at = (buffer: number, ...strides: number[]): Access => ({
  buffer,
  dtype: f,
  offset: 0,
  strides,
});

const matmul = (
  a: number,
  b: number,
  out: number,
  m: number,
  n: number,
  k: number,
  batch: number[] = [],
): MatmulKernel => ({
  kind: 'matmul',
  along: 'column',
  batch,
  m,
  n,
  k,
  a: at(a, ...batch.map(() => m * k), k, 1),
  b: at(b, ...batch.map(() => k * n), n, 1),
  out: at(out, ...batch.map(() => m * n), n, 1),
});
const map = (name: string, from: number, to: number, n: number): LoopKernel => ({
  kind: 'loop',
  outer: [n],
  inner: [],
  inputs: [at(from, 1)],
  body: [load(0), op(name, 0)],
  outputs: [{ ...at(to, 1), value: 1 }],
});
const sums = (
  from: number,
  to: number,
  outer: number[],
  inner: number[],
  strides: number[],
): LoopKernel => ({
  kind: 'loop',
  outer,
  inner,
  inputs: [at(from, ...strides)],
  body: [load(0), reduce('sum', 0)],
  outputs: [{ ...at(to, ...outer.map(() => 1)), value: 1 }],
});
const softmax = (from: number, to: number, rows: number, columns: number): LoopKernel => ({
  kind: 'loop',
  outer: [rows],
  inner: [columns],
  inputs: [at(from, columns, 1)],
  body: [
    load(0),
    reduce('max', 0),
    op('sub', 0, 1),
    op('exp', 2),
    reduce('sum', 3),
    op('div', 3, 4),
  ],
  outputs: [{ ...at(to, columns, 1), value: 5 }],
});

/** Sums down columns, and each point minus its column's sum. */
const columns = (
  from: number,
  to: number,
  sum: number,
  count: number,
  rows: number,
): LoopKernel => ({
  kind: 'loop',
  outer: [count],
  inner: [rows],
  inputs: [at(from, 1, count)],
  body: [load(0), op('tanh', 0), reduce('sum', 1), op('sub', 1, 2), op('square', 1)],
  outputs: [
    { ...at(to, 1, count), value: 3 },
    { ...at(sum, 1), value: 2 },
    { ...at(sum, 1, count), offset: count, value: 4 },
  ],
});

const SIZE = 300_000;
/** Each kernel reads what another has written: without barriers, results would differ. */
const PLANS: Record<string, Kernel[]> = {
  elementwise: [
    map('exp', 0, 1, 100_003),
    map('sin', 1, 2, 100_003),
    map('neg', 2, 3, 100_003),
    map('tanh', 3, 1, 100_003),
  ],
  reductions: [
    sums(0, 1, [300], [700], [700, 1]),
    sums(0, 2, [700], [300], [1, 700]),
    columns(2, 3, 1, 500, 200),
    sums(0, 3, [], [200_001], [1]),
    softmax(0, 2, 400, 600),
    softmax(2, 1, 1, 240_000),
    sums(1, 3, [7], [30_000], [1, 7]),
  ],
  products: [
    matmul(0, 1, 2, 201, 130, 300),
    matmul(2, 0, 3, 129, 37, 257),
    matmul(3, 1, 2, 40, 17, 33, [9]),
    matmul(2, 3, 1, 1000, 5, 20),
    matmul(1, 0, 2, 3, 900, 111),
    map('tanh', 2, 3, 2700),
    matmul(3, 0, 1, 1, 900, 300),
  ],
};

const shared = new WasmMemory({ shared: true });
const forms = new Forms(shared);
const pools: ThreadPool[] = [];
afterAll(() => pools.forEach((pool) => pool.dispose()));

describe.runIf(shared.shared).each([2, 3, 5])('%d threads', (threads) => {
  const pool = new ThreadPool(shared, threads);
  pools.push(pool);
  const addresses = [0, 1, 2, 3].map(() => shared.allocate(SIZE * 4));
  const view = (k: number): Float32Array =>
    shared.view(f, addresses[k] as number, SIZE) as Float32Array;
  const noise = Float32Array.from({ length: SIZE + 4 }, (_, i) => Math.sin(i * 0.7) * 2);
  const fill = (): void => [0, 1, 2, 3].forEach((k) => view(k).set(noise.subarray(k, SIZE + k)));
  const bits = (): Buffer[] => [0, 1, 2, 3].map((k) => Buffer.from(view(k).slice().buffer));
  const expectBits = (want: readonly Buffer[]): void =>
    bits().forEach((array, k) => expect(array.equals(want[k] as Buffer), `buffer ${k}`).toBe(true));

  test.each(Object.entries(PLANS))('%s: the same bits as one thread', (_, kernels) => {
    expect(pool.waitUntilReady()).toBe(true);
    const compiled = listKernels(kernels, forms, { threads });
    expect(compiled.parallel).toBe(true);
    const plan = new WasmPlan(forms, compiled, pool);
    const alone = new WasmPlan(forms, compiled);
    for (const p of [plan, alone]) p.setBuffers(addresses);
    fill();
    alone.run();
    const want = bits();
    for (let run = 0; run < 6; run++) {
      fill();
      plan.runThreaded();
      expectBits(want);
    }
    fill();
    plan.run();
    expectBits(want);
    plan.dispose();
    alone.dispose();
  });

  test('throws when a plan traps, and later plans run', () => {
    const own = new WasmMemory({ shared: true, limit: 2 ** 24 });
    const ownForms = new Forms(own);
    const poolOfOwn = new ThreadPool(own, threads);
    pools.push(poolOfOwn);
    expect(poolOfOwn.waitUntilReady()).toBe(true);
    const plan = new WasmPlan(
      ownForms,
      listKernels([map('neg', 0, 0, 100_000)], ownForms, { threads }),
      poolOfOwn,
    );
    plan.setBuffers([2 ** 31]);
    expect(() => plan.runThreaded()).toThrow(WebAssembly.RuntimeError);
    expect(poolOfOwn.ready).toBe(false);
    const address = own.store(f, new Float32Array(100_000).fill(3));
    plan.setBuffers([address]);
    plan.run();
    expect(own.view(f, address, 1)[0]).toBe(-3);
  });
});

test('detects a dead worker before the next run or in bounded time, and later plans run', () => {
  const own = new WasmMemory({ shared: true, limit: 2 ** 24 });
  const ownForms = new Forms(own);
  const pool = new ThreadPool(own, 2, NO_LIBRARY, 300);
  pools.push(pool);
  expect(pool.waitUntilReady()).toBe(true);
  const plan = new WasmPlan(
    ownForms,
    listKernels([map('neg', 0, 0, 100_000)], ownForms, { threads: 2 }),
    pool,
  );
  const address = own.store(f, new Float32Array(100_000).fill(3));
  plan.setBuffers([address]);
  plan.runThreaded();
  // The workers die immediately; the pool hears of it only when this thread is free again.
  for (const worker of (pool as unknown as { workers: { terminate(): unknown }[] }).workers)
    worker.terminate();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  const start = performance.now();
  let error: unknown = null;
  try {
    plan.runThreaded();
  } catch (caught) {
    error = caught;
  }
  // If the pool notices in time, the other threads do all of the work; otherwise the run reports the failure.
  if (error !== null) expect(error).toBeInstanceOf(DeviceError);
  else expect(own.view(f, address, 100_000).every((x) => x === 3)).toBe(true);
  expect(performance.now() - start).toBeLessThan(3000);
  own.view(f, address, 100_000).fill(5);
  plan.run();
  expect(own.view(f, address, 100_000).every((x) => x === -5)).toBe(true);
});

describe('a thread that dies while others wait at a barrier', () => {
  const setUp = (): { pool: ThreadPool; ownForms: Forms; plan: WasmPlan; check: () => void } => {
    const own = new WasmMemory({ shared: true, limit: 2 ** 24 });
    const ownForms = new Forms(own);
    const pool = new ThreadPool(own, 3);
    pools.push(pool);
    expect(pool.waitUntilReady()).toBe(true);
    // Each kernel reads what all threads wrote before it, in another order.
    const turned = (from: number, to: number): LoopKernel => ({
      ...map('neg', from, to, 100_000),
      inputs: [{ ...at(from, -1), offset: 99_999 }],
    });
    const kernels = [turned(0, 1), turned(1, 0), turned(0, 1), turned(1, 0)];
    const compiled = listKernels(kernels, ownForms, { threads: 3 });
    const plan = new WasmPlan(ownForms, compiled, pool);
    const buffers = [0, 1].map(() => own.store(f, new Float32Array(100_000).fill(3)));
    plan.setBuffers(buffers);
    const check = (): void => {
      own.view(f, buffers[0] as number, 100_000).fill(5);
      plan.run();
      expect(own.view(f, buffers[0] as number, 100_000).every((x) => x === 5)).toBe(true);
    };
    return { pool, ownForms, plan, check };
  };

  const failure = (run: () => void): [string, number] => {
    const start = performance.now();
    let message = '';
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(DeviceError);
      message = (error as Error).message;
    }
    return [message, performance.now() - start];
  };

  test('is detected at once when it died, and later plans run', () => {
    const { pool, plan, check } = setUp();
    check();
    plan.runThreaded();
    for (const worker of (pool as unknown as { workers: { terminate(): unknown }[] }).workers)
      worker.terminate();
    const [message, took] = failure(() => {
      for (let k = 0; k < 50 && !pool.broken; k++) plan.runThreaded();
    });
    if (message !== '')
      expect(message).toMatch(/a worker (died|did not run a plan before it died)/);
    expect(took).toBeLessThan(3000);
    expect(pool.broken).toBe(true);
    check();
  });

  test('is detected at once when its part failed, and later plans run', () => {
    const { pool, ownForms, plan, check } = setUp();
    const { list } = plan as unknown as { list: { address: number } };
    // Nothing was loaded, so the workers have no function to run.
    const [message, took] = failure(() => pool.run(list.address, ownForms));
    expect(message).toMatch(/a worker failed/);
    expect(took).toBeLessThan(3000);
    ownForms.resetBarrier();
    check();
  });
});

test('throws for threads without shared memory', () => {
  expect(() => new ThreadPool(new WasmMemory(), 2)).toThrow(DeviceError);
});

test('a process with idle workers exits by itself', () => {
  // The worker's text alone, as the pool starts it.
  const script = `
    const { Worker } = require('node:worker_threads');
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const words = { command: 0, done: 16, ready: 32, failed: 48, operation: 64, address: 65, length: 66, tableSize: 67, threads: 68, words: 80 };
    const workerData = { memory, control: 0, words, operations: { load: 1, run: 2, stop: 3 }, thread: 1, spins: 1000 };
    new Worker(${JSON.stringify(workerSource(NO_LIBRARY.load))}, { eval: true, workerData, execArgv: [] }).unref();
    const state = new Int32Array(memory.buffer);
    const deadline = Date.now() + 5000;
    while (Atomics.load(state, 32) === 0 && Date.now() < deadline) Atomics.wait(state, 32, 0, 100);
    console.log('ready', Atomics.load(state, 32));`;
  const output = execFileSync(process.execPath, ['-e', script], {
    timeout: 10_000,
    encoding: 'utf8',
  });
  expect(output).toBe('ready 1\n');
});
