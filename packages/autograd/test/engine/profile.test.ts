/** @file `profile` reports every kernel that ran, with and without `compile`. */
import { describe, expect, test, vi } from 'vitest';
import { engine } from '../../src/engine/engine.js';
import type { Backend } from '../../src/engine/program.js';
import {
  compile,
  conv2d,
  evaluate,
  getNumThreads,
  profile,
  randn,
  setNumThreads,
  type Tensor,
} from '../../src/index.js';

const isWasm = engine.backend?.name === 'wasm';
const [x, w] = [randn([64, 96]), randn([96, 80])];
evaluate(x, w);
const layer = (input: Tensor): Tensor => input.matmul(w).tanh().sum(1);

describe.each([
  ['plain', (): number => layer(x).dataSync()[0] as number],
  [
    'compiled',
    (
      (f) => () =>
        f(x).dataSync()[0] as number
    )(compile(layer)),
  ],
] as const)('%s code', (_, run) => {
  const wanted = run();

  test('every kernel with its operations, calls, rates and share', () => {
    const { result, rows, ms, kernelMs } = profile(() => [run(), run(), run()]);
    expect(result).toEqual([wanted, wanted, wanted]);
    const operations = rows.flatMap((row) => row.operations.split(' '));
    for (const name of ['matmul', 'tanh', 'sum']) expect(operations).toContain(name);
    for (const row of rows) {
      expect(row.calls).toBe(3);
      expect(row.ms).toBeGreaterThan(0);
      expect(row.gbps).toBeGreaterThan(0);
    }
    const product = rows.find((row) => row.operations === 'matmul');
    const flops = ((product?.gflops ?? 0) * (product?.ms ?? 0) * 1e6) / 3;
    // The interpreter counts results only.
    expect(Math.round(flops)).toBe(isWasm ? 2 * 64 * 96 * 80 : 64 * 80);
    expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1, 10);
    expect(kernelMs).toBeLessThanOrEqual(ms);
  });

  test('a plan is found again, and the text names what ran', () => {
    const report = profile(run);
    expect(report.misses).toBe(0);
    expect(String(report)).toMatch(/GFLOP\/s.*\n[^]*matmul [^]*in kernels; plans: /);
  });

  test('nothing is reported once it has ended', () => {
    const { rows } = profile(() => undefined);
    run();
    expect(rows).toEqual([]);
  });
});

test.runIf(isWasm)('a plan runs on as many threads as are set now', () => {
  const run = (): number => layer(x).dataSync()[0] as number;
  const threads = getNumThreads();
  profile(run);
  try {
    setNumThreads(threads + 1);
    const compile = vi.spyOn(engine.backend as Backend, 'compile');
    profile(run);
    expect(compile).toHaveBeenCalledTimes(1);
    profile(run);
    for (let i = 0; i < 70; i++) run();
    expect(compile).toHaveBeenCalledTimes(2); // once for profiles and once without, when it has been walked often enough
  } finally {
    setNumThreads(threads);
  }
});

test.runIf(isWasm)(
  'convolutions of several sizes are rows of their own, with rates of their own',
  () => {
    const images = [randn([2, 3, 8, 8]), randn([2, 3, 16, 16])];
    const weight = randn([4, 3, 3, 3]);
    evaluate(weight, ...images);
    const { rows } = profile(() => images.map((image) => evaluate(conv2d(image, weight))));
    const work = rows.map(({ kernel, gflops, ms }) => [kernel, Math.round(gflops * ms * 1e6)]);
    expect(Object.fromEntries(work)).toEqual({
      'conv 2×3×8×8 → 4, 3×3': 2 * 2 * 3 * 4 * 36 * 9,
      'conv 2×3×16×16 → 4, 3×3': 2 * 2 * 3 * 4 * 196 * 9,
    });
  },
);
