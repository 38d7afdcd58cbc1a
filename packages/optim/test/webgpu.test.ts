/** @file On WebGPU an optimizer updates all its parameters in a few kernels. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  manualSeed,
  memoryUsage,
  Parameter,
  randn,
  setDevice,
  type Tensor,
} from '@chainrule/autograd';
import { openWebgpu } from '../../autograd/test/webgpu/device.js';
import { Adam } from '../src/index.js';

const there = await openWebgpu();

/** Twenty parameters of several shapes, updated three times, and how many kernels a step takes. */
async function trained(device: 'cpu' | 'webgpu'): Promise<{ values: number[]; kernels: number }> {
  await setDevice(device);
  manualSeed(3);
  const shapes = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? [3 + i, 4] : [5 + i]));
  const parameters = shapes.map((shape) => new Parameter(randn(shape)));
  const targets = shapes.map((shape) => randn(shape));
  const optimizer = new Adam(parameters, { lr: 0.1 });
  const step = compile((...goals: Tensor[]) => {
    optimizer.zeroGrad();
    parameters.forEach((p, i) =>
      p
        .mul(goals[i] as Tensor)
        .sum()
        .backward(),
    );
    optimizer.step();
  });
  for (let i = 0; i < 2; i++) step(...targets);
  await parameters[0]?.data();
  const before = memoryUsage().dispatches;
  step(...targets);
  const values = await Promise.all(parameters.map((p) => p.data()));
  return { values: values.flatMap((x) => [...x]), kernels: memoryUsage().dispatches - before };
}

describe.skipIf(!there)('Adam of twenty parameters on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  test('takes a few kernels, and does what it does on the CPU', async () => {
    const host = await trained('cpu');
    const { values, kernels } = await trained('webgpu');
    values.forEach((x, i) => expect(x).toBeCloseTo(host.values[i] as number, 5));
    expect(kernels).toBeGreaterThan(0);
    expect(kernels).toBeLessThanOrEqual(4);
  });
});
