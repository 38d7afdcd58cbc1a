/** @file The networks of the benchmark train on WebGPU as on the CPU: equal losses over fifty steps of gradient descent. */
import { afterAll, describe, expect, test } from 'vitest';
import { compile, manualSeed, setDevice, type Tensor } from '@chainrule/autograd';
import { SGD } from '@chainrule/optim';
import { openWebgpu } from '../../packages/autograd/test/webgpu/device.js';
import { networks } from '../networks.js';

const there = await openWebgpu();
const NAMES = ['mlp-tiny', 'mlp-small', 'cnn', 'lstm', 'transformer'] as const;

async function losses(
  name: (typeof NAMES)[number],
  device: 'cpu' | 'webgpu',
  steps: number,
): Promise<number[]> {
  await setDevice(device);
  manualSeed(5);
  const { model, x, y, criterion } = networks[name]();
  const optimizer = new SGD(model.parameters(), { lr: name.startsWith('mlp') ? 0.05 : 0.01 });
  const step = compile((x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const values: number[] = [];
  for (let i = 0; i < steps; i++) values.push(await step(x, y).itemAsync());
  return values;
}

describe.skipIf(!there)('fifty steps of the networks of the benchmark', () => {
  afterAll(() => setDevice('cpu'));

  for (const name of NAMES)
    test(name, { timeout: 3_600_000 }, async () => {
      const host = await losses(name, 'cpu', 50);
      const gpu = await losses(name, 'webgpu', 50);
      expect(host.at(-1)).toBeLessThan(host[0] as number);
      gpu.forEach((x, i) =>
        expect(Math.abs(x - (host[i] as number)), `step ${i}`).toBeLessThan(1e-4),
      );
    });
});
