/** @file Kernels that write disjoint parts of one buffer do not wait for each other. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  arange,
  cat,
  compile,
  memoryUsage,
  setDevice,
  stack,
  tensor,
  type Tensor,
} from '../../src/index.js';
import { isDisjoint, type BufferRegion } from '../../src/backends/webgpu/steps/bufferRegions.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

const piece = (offset: number, sizes: number[], strides: number[], buffer = 0): BufferRegion => ({
  buffer,
  offset,
  sizes,
  strides,
});

function elementsOf({ offset, sizes, strides }: BufferRegion): Set<number> {
  const all = sizes.reduce<number[]>(
    (from, size, d) =>
      from.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * (strides[d] as number))),
    [offset],
  );
  return new Set(all);
}

describe('pieces of a buffer', () => {
  test('disjoint regions share no element', () => {
    let seed = 1;
    const draw = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    let apart = 0;
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [0, 0].map(() => {
        const rank = draw(4);
        const strides = Array.from({ length: rank }, () => 1 + draw(3) * (1 + 5 * draw(3)));
        return piece(
          draw(40),
          Array.from({ length: rank }, () => 2 + draw(3)),
          strides,
        );
      }) as [BufferRegion, BufferRegion];
      if (!isDisjoint(a, b)) continue;
      apart++;
      const [mine, others] = [elementsOf(a), elementsOf(b)];
      expect([...mine].filter((at) => others.has(at))).toEqual([]);
    }
    expect(apart).toBeGreaterThan(2000);
  });

  test('those of concatenations are seen', () => {
    // Columns of a matrix of 8, one beside the other; the same in blocks; rows.
    expect(isDisjoint(piece(0, [5, 3], [8, 1]), piece(3, [5, 5], [8, 1]))).toBe(true);
    expect(isDisjoint(piece(2, [4, 5], [8, 1]), piece(0, [4, 5, 2], [32, 8, 1]))).toBe(true);
    expect(isDisjoint(piece(0, [6], [1]), piece(6, [6], [1]))).toBe(true);
    expect(isDisjoint(piece(0, [5, 4], [8, 1]), piece(3, [5, 5], [8, 1]))).toBe(false);
    expect(isDisjoint(piece(0, [6], [1]), piece(0, [6], [1], 1))).toBe(true);
  });
});

describe.skipIf(!there)('a concatenation on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  const parts = (x: Tensor): Tensor[] =>
    [0, 1, 2, 3, 4].map((i) => x.select(0, i).add(x.select(0, 5)).abs());

  test.each([
    ['rows', (x: Tensor) => cat(parts(x), 0)],
    ['columns', (x: Tensor) => cat(parts(x), 1)],
    ['a new dimension', (x: Tensor) => stack(parts(x), 1)],
  ] as const)('of %s is one kernel for the parts of one form', async (_, join) => {
    await setDevice('cpu');
    const host = tensor(
      arange(6 * 9)
        .mul(0.05)
        .sin()
        .toArray(),
      { shape: [6, 3, 3] },
    );
    const want = join(host).toArray();
    await setDevice('webgpu');
    const x = tensor(await host.data(), { shape: [6, 3, 3] });
    const joined = compile(join);
    await joined(x).data();
    const before = memoryUsage().dispatches;
    const got = await joined(x).toArrayAsync();
    expect(memoryUsage().dispatches - before).toBe(2); // their values, and where they go
    expect(got).toEqual(want);
  });
});
