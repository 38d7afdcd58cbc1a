/** @file Steps of one form that do not wait for each other are one dispatch, even if each has several shaders. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  grad,
  memoryUsage,
  scalar,
  setDevice,
  tensor,
  type Tensor,
} from '../../src/index.js';
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

  test('sums that are added up one by one run side by side, and are added in the same order', async () => {
    const lengths = Array.from({ length: 70 }, (_, i) => 3 + (i % 9));
    const { dispatches, got, want } = await both(
      (...xs) => [xs.map((x) => x.square().mean()).reduce((a, b) => a.add(b))],
      () => lengths.map((n, i) => wave([4, n], i)),
    );
    expect(dispatches).toBeLessThan(8);
    expect(farthest(got, want)).toBeLessThan(1e-5);
  });

  test('so do gradients of what many losses use', async () => {
    const { dispatches, got, want } = await both(
      (b, w, ...xs) => {
        const loss = xs.reduce<Tensor>(
          (sum, x) => sum.add(x.mul(w).add(b).tanh().sum()),
          scalar(0),
        );
        return [loss, ...grad(loss, [b, w])];
      },
      () => [
        wave([6], 1).requiresGrad_(),
        wave([6], 2).requiresGrad_(),
        ...Array.from({ length: 12 }, (_, i) => wave([3 + i, 6], i)),
      ],
    );
    expect(dispatches).toBeLessThan(8);
    expect(farthest(got, want)).toBeLessThan(1e-5);
  });

  test('a sum that is read in between stays a step of its own', async () => {
    const { got, want } = await both(
      (...xs) => {
        const third = xs.slice(0, 3).reduce<Tensor>((sum, x) => sum.add(x.sum()), scalar(1));
        const fifth = xs.slice(3, 5).reduce<Tensor>((sum, x) => sum.add(x.sum()), third);
        const last = xs.slice(5).reduce<Tensor>((sum, x) => sum.add(x.sum()), fifth);
        return [third, last, third.mul(fifth)];
      },
      () => Array.from({ length: 12 }, (_, i) => wave([5 + i], i)),
    );
    expect(farthest(got, want)).toBeLessThan(1e-5);
  });
});
