/** @file Optimizers on WebGPU: a few kernels per step, skipped steps, checkpoints. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCheckpoint, saveCheckpoint } from '@chainrule/autograd/io';
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  DeviceError,
  manualSeed,
  memoryUsage,
  Parameter,
  randn,
  scalar,
  setDevice,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { openWebgpu } from '../../autograd/test/webgpu/device.js';
import { Adam, ExponentialMovingAverage, SGD } from '../src/index.js';

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

  test('uses a few kernels, and equals the CPU', async () => {
    const host = await trained('cpu');
    const { values, kernels } = await trained('webgpu');
    values.forEach((x, i) => expect(x).toBeCloseTo(host.values[i] as number, 5));
    expect(kernels).toBeGreaterThan(0);
    expect(kernels).toBeLessThanOrEqual(4);
  });
});

describe.skipIf(!there)('a step that may not be taken, on WebGPU', () => {
  const trainable = async (onNonFinite?: 'skip' | 'throw') => {
    await setDevice('webgpu');
    const w = new Parameter(tensor([1, 2]));
    const optimizer = new SGD([w], {
      lr: 1,
      ...(onNonFinite === undefined ? {} : { onNonFinite }),
    });
    w.mul(tensor([3, NaN]))
      .sum()
      .backward();
    return { w, optimizer };
  };
  afterAll(() => setDevice('cpu'));

  test.each(['skip', 'throw'] as const)(
    "onNonFinite '%s' says what to do instead",
    async (policy) => {
      const { w, optimizer } = await trainable(policy);
      expect(() => optimizer.step()).toThrow(DeviceError);
      expect(() => optimizer.step()).toThrow(
        /SGD: the host counts the steps.*await loss\.itemAsync\(\)/,
      );
      expect(Array.from(await w.data())).toEqual([1, 2]);
    },
  );

  test('a condition of the device is refused, one of the host decides', async () => {
    const { w, optimizer } = await trainable();
    expect(() => optimizer.stepIf(w.sum().gt(0))).toThrow(/SGD: the host counts the steps/);
    w.grad = tensor([1, 1]);
    optimizer.stepIf(scalar(false, { dtype: 'bool', device: 'cpu' }));
    expect(Array.from(await w.data())).toEqual([1, 2]);
    optimizer.stepIf(scalar(true, { dtype: 'bool', device: 'cpu' }));
    expect(Array.from(await w.data())).toEqual([0, 1]);
  });
});

describe.skipIf(!there)('a step that a kernel refuses, on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  test.each(['eager', 'compiled'])(
    'leaves parameters, states and counts as they were, %s',
    async (mode) => {
      await setDevice('webgpu');
      const w = new Parameter(tensor([1, 2, 3]));
      const optimizer = new Adam([w], { lr: 0.1 });
      const one = tensor([1, 1], { dtype: 'int32' }).mul(1);
      const plain = (i: Tensor): Tensor => {
        optimizer.zeroGrad();
        const loss = w.indexSelect(0, i.mul(one)).square().sum();
        loss.backward();
        optimizer.step();
        return loss;
      };
      const step = mode === 'eager' ? plain : compile(plain);
      const at = (...i: number[]): Tensor => tensor(i, { dtype: 'int32' });
      const state = async (): Promise<unknown> => {
        const { step: count, ...moments } = optimizer.stateDict().state['0'] as Record<
          string,
          Tensor
        >;
        const values = await Promise.all([w, ...Object.values(moments)].map((t) => t.data()));
        return [count?.item(), ...values.map((x) => [...x])];
      };
      await step(at(0, 1)).data();
      await step(at(0, 2)).data();
      const before = await state();
      expect(before).toHaveProperty('0', 2);
      const failing = [step(at(1, 9)), step(at(0, 1)), step(at(1, 1))];
      for (const loss of failing)
        await expect(loss.data()).rejects.toThrow(/index 9 at position 1/);
      expect(await state()).toEqual(before);
      await step(at(0, 1)).data();
      expect(await state()).toHaveProperty('0', 3);
    },
  );
});

describe.skipIf(!there)('a checkpoint on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  test('is loaded into what has been trained there, or nothing of it is', async () => {
    await setDevice('webgpu');
    const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    const w = new Parameter(tensor([1, 2]));
    const optimizer = new Adam([w], { lr: 0.1 });
    const average = new ExponentialMovingAverage([w], { decay: 0.5 });
    const train = (): void => {
      optimizer.zeroGrad();
      w.square().sum().backward();
      optimizer.step();
      average.update();
    };
    const state = async () => [
      ...(await w.data()),
      ...(await (optimizer.stateDict().state['0']?.['expAvg'] as Tensor).data()),
      ...(await (average.stateDict().averages[0] as Tensor).data()),
    ];
    train();
    await saveCheckpoint(folder, { w, optimizer, average });
    const saved = await state();
    train();
    train();
    const trained = await state();
    expect(trained).not.toEqual(saved);
    const refusing = {
      stateDict: () => ({}),
      loadStateDict: () => {
        throw new Error('full');
      },
    };
    await saveCheckpoint(folder, { w, optimizer, average, refusing });
    await loadCheckpoint(folder, { w, optimizer, average });
    expect(await state()).toEqual(trained);
    await expect(loadCheckpoint(folder, { w, optimizer, average, refusing })).rejects.toThrow(
      'full',
    );
    expect(await state()).toEqual(trained);
    await rm(folder, { recursive: true });
  });
});
