/** @file WebGPU in a page: values, a training step, faults. Chromium brings its adapter, SwiftShader. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  IndexError,
  manualSeed,
  noGrad,
  Parameter,
  rand,
  setDevice,
  tensor,
  type Tensor,
} from '../src/index.js';

beforeAll(() => setDevice('webgpu'));
afterAll(() => setDevice('cpu'));

async function train(): Promise<number[]> {
  manualSeed(3);
  const x = rand([16, 12]);
  const [w, v] = [new Parameter(rand([12, 10]).mul(0.3)), new Parameter(rand([10, 3]).mul(0.3))];
  const losses: number[] = [];
  for (let i = 0; i < 4; i++) {
    const loss = x.matmul(w).tanh().matmul(v).square().mean();
    loss.backward();
    noGrad(() => {
      for (const p of [w, v]) {
        p.assign(p.sub((p.grad as Tensor).mul(0.1)));
        p.grad = null;
      }
    });
    losses.push(await loss.itemAsync());
  }
  return losses;
}

test('values are computed there, and waited for', async () => {
  const y = tensor([1, 2, 3]).mul(2).sum();
  expect(y.device).toBe('webgpu');
  expect(await y.itemAsync()).toBe(12);
  expect(() => y.item()).toThrow(/await t\.itemAsync/);
});

test('training gives the losses of the CPU', async () => {
  const gpu = await train();
  await setDevice('cpu');
  const host = await train();
  await setDevice('webgpu');
  gpu.forEach((loss, i) => expect(loss).toBeCloseTo(host[i] as number, 5));
});

test('an index out of range rejects', async () => {
  const index = tensor([5], { dtype: 'int32' }).add(0);
  await expect(tensor([1, 2]).indexSelect(0, index).data()).rejects.toThrow(IndexError);
});
