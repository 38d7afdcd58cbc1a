/** @file Attention on WebGPU: one kernel forward and two backward, with the same numbers as on the CPU. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  evaluate,
  grad,
  memoryUsage,
  noGrad,
  scaledDotProductAttention,
  setDevice,
  tensor,
  type AttentionOptions,
  type Tensor,
} from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();
afterAll(() => setDevice('cpu'));

const noise = (seed: number, ...shape: number[]): Tensor =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((p, n) => p * n, 1) },
      (_, i) => 1.5 * Math.sin(i * 12.9898 + seed),
    ),
    { shape },
  );

interface Case {
  readonly sizes: readonly [batch: number[], rows: number, columns: number, e: number, f: number];
  readonly options?: () => AttentionOptions;
  /** Factor of the query: large ones make weights of nearly 1. */
  readonly times?: number;
  /** How far from the CPU's, of the largest element. */
  readonly within?: number;
}

const mask = (rows: number, columns: number): Tensor =>
  tensor(
    Array.from({ length: rows }, (_, i) =>
      // One row may look nowhere, one at the last tile only.
      Array.from({ length: columns }, (_, j) =>
        i === 1 ? false : i === 2 ? j === columns - 1 : (i * 7 + j * 3) % 4 !== 0,
      ),
    ),
  );

const CASES: Readonly<Record<string, Case>> = {
  plain: { sizes: [[2, 3], 40, 50, 16, 24] },
  'one tile': { sizes: [[2], 5, 7, 3, 2] },
  'a head of 128': { sizes: [[2], 33, 70, 128, 128] },
  causal: { sizes: [[2, 2], 45, 45, 8, 8], options: () => ({ isCausal: true }) },
  'a boolean mask': { sizes: [[2], 36, 41, 8, 8], options: () => ({ attnMask: mask(36, 41) }) },
  'scores that are added': {
    sizes: [[3], 9, 66, 8, 12],
    options: () => ({ attnMask: noise(4, 3, 9, 66), scale: 0.7 }),
  },
  // The last digit of a score of a hundred is 1e-5 of its weight.
  'weights near one': { sizes: [[2], 20, 34, 8, 8], times: 30, within: 3e-5 },
  'one pair': { sizes: [[], 70, 35, 8, 8] },
};

const inputs = ({ sizes: [batch, rows, columns, e, f], times = 1 }: Case): Tensor[] => [
  noise(1, ...batch, rows, e).mul(times),
  noise(2, ...batch, columns, e),
  noise(3, ...batch, columns, f),
];

/** Equal up to some units of the largest element. */
function expectClose(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  label: string,
  { within = 1e-5 }: Pick<Case, 'within'>,
): void {
  expect(got.length, label).toBe(want.length);
  const largest = Array.from(want).reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  Array.from(want).forEach((y, i) => {
    const x = got[i] as number;
    expect(Math.abs(x - y), `${label} at ${i}: ${x}, the CPU has ${y}`).toBeLessThanOrEqual(
      within * largest,
    );
  });
}

async function forward(of: Case, device: 'cpu' | 'webgpu'): Promise<ArrayLike<number>> {
  await setDevice(device);
  const [q, k, v] = inputs(of) as [Tensor, Tensor, Tensor];
  return noGrad(() => scaledDotProductAttention(q, k, v, of.options?.())).data();
}

/** The gradients of a weighted sum, with respect to query, key and value. */
async function gradients(of: Case, device: 'cpu' | 'webgpu'): Promise<ArrayLike<number>[]> {
  await setDevice(device);
  const leaves = inputs(of).map((x) => x.detach().requiresGrad_());
  const [q, k, v] = leaves as [Tensor, Tensor, Tensor];
  const y = scaledDotProductAttention(q, k, v, of.options?.());
  y.mul(noise(5, ...y.shape))
    .sum()
    .backward();
  evaluate(...leaves.map((x) => x.grad as Tensor));
  return Promise.all(leaves.map((x) => (x.grad as Tensor).data()));
}

describe.skipIf(!there)('attention on WebGPU', () => {
  for (const [name, of] of Object.entries(CASES)) {
    test(`${name}, forward`, async () => {
      expectClose(await forward(of, 'webgpu'), await forward(of, 'cpu'), name, of);
    });

    test(`${name}, gradients`, async () => {
      const got = await gradients(of, 'webgpu');
      (await gradients(of, 'cpu')).forEach((want, i) =>
        expectClose(
          got[i] as ArrayLike<number>,
          want,
          `${name}, gradient of ${'qkv'.charAt(i)}`,
          of,
        ),
      );
    });
  }

  test('is one kernel beside that of the scaled query, and two more back', async () => {
    await setDevice('webgpu');
    const [q, k, v] = inputs(CASES['plain'] as Case).map((x) => x.detach()) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const dispatches = async (
      f: (q: Tensor, k: Tensor, v: Tensor) => Tensor[],
    ): Promise<number> => {
      const run = compile(f);
      await run(q, k, v)[0]?.data();
      const before = memoryUsage().dispatches;
      evaluate(...run(q, k, v));
      return memoryUsage().dispatches - before;
    };
    const loss = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      scaledDotProductAttention(q, k, v).square().sum();
    expect(await dispatches((q, k, v) => [scaledDotProductAttention(q, k, v)])).toBe(2);
    // Beside them the squares with their sum, and the scaled gradient of the query.
    expect(await dispatches(grad(loss, [0, 1, 2]))).toBe(6);
  });
});
