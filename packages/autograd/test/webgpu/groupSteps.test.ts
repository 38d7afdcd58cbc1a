/** @file Steps of one form that do not wait for each other are one dispatch, even if each has several shaders. */
import { afterAll, describe, expect, test } from 'vitest';
import { compile, memoryUsage, setDevice, tensor, type Tensor } from '../../src/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

const wave = (shape: readonly number[], from: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((n, size) => n * size, 1) }, (_, i) =>
      Math.sin(from + i * 1.7),
    ),
    { shape },
  );

/** The dispatches of a call that has been made before, and what it gives on the device and on the CPU. */
async function both(
  f: (...xs: Tensor[]) => Tensor[],
  make: () => Tensor[],
): Promise<{ dispatches: number; got: number[][]; want: number[][] }> {
  const values = async (xs: readonly Tensor[]): Promise<number[][]> =>
    Promise.all(xs.map(async (x) => Array.from(await x.data())));
  await setDevice('cpu');
  const want = await values(f(...make()));
  await setDevice('webgpu');
  const xs = make();
  const compiled = compile(f);
  await values(compiled(...xs));
  const before = memoryUsage().dispatches;
  const got = await values(compiled(...xs));
  return { dispatches: memoryUsage().dispatches - before, got, want };
}

function farthest(got: number[][], want: number[][]): number {
  const [x, y] = [got.flat(), want.flat()];
  expect(x.length).toBe(y.length);
  return Math.max(...x.map((v, i) => Math.abs(v - (y[i] as number))));
}

describe.skipIf(!there)('steps that become one on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  test('products in parts, and the sums of their parts', async () => {
    const { dispatches, got, want } = await both(
      (a, b, c, d) => [a.matmul(b), c.matmul(d)],
      () => [wave([20, 700], 0), wave([700, 12], 1), wave([24, 900], 2), wave([900, 16], 3)],
    );
    expect(dispatches).toBe(2);
    expect(farthest(got, want)).toBeLessThan(1e-4);
  });

  test('sums that are long, in parts', async () => {
    const { dispatches, got, want } = await both(
      (a, b) => [a.square().sum(0), b.square().sum(0)],
      () => [wave([5000, 3], 0), wave([6000, 3], 1)],
    );
    expect(dispatches).toBe(2);
    expect(farthest(got, want)).toBeLessThan(1e-2);
  });
});
