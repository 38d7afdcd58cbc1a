/** @file A module moves to the device and back, with the values that it has learned. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  DeviceError,
  manualSeed,
  randn,
  setDevice,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { SGD } from '@chainrule/optim';
import { openWebgpu } from '../../../autograd/test/webgpu/device.js';

const there = await openWebgpu();

describe.skipIf(!there)('a module that moves', () => {
  afterAll(() => setDevice('cpu'));

  const make = (): nn.Sequential => {
    manualSeed(5);
    return new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2));
  };
  const steps = async (model: nn.Sequential, x: Tensor, count: number): Promise<number[]> => {
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const losses: number[] = [];
    for (let i = 0; i < count; i++) {
      optimizer.zeroGrad();
      const loss = model.forward(x).square().mean();
      loss.backward();
      optimizer.step();
      losses.push(await loss.itemAsync());
    }
    return losses;
  };

  test('learns on both sides as if it had stayed', async () => {
    await setDevice('cpu');
    const data = randn([6, 3]).toArray();
    const stayed = make();
    const want = await steps(stayed, tensor(data), 6);
    const model = make();
    const got = await steps(model, tensor(data), 2);
    await setDevice('webgpu');
    expect(await model.toAsync('webgpu')).toBe(model);
    got.push(...(await steps(model, tensor(data), 2)));
    await setDevice('cpu');
    const [first] = model.parameters();
    expect(await model.toAsync('cpu')).toBe(model);
    expect(model.parameters()[0]).toBe(first);
    expect([...model.parameters(), ...model.buffers()].map(({ device }) => device)).toEqual(
      Array.from({ length: 9 }, () => 'cpu'),
    );
    expect(first?.grad?.device).toBe('cpu');
    got.push(...(await steps(model, tensor(data), 2)));
    got.forEach((loss, i) => expect(loss).toBeCloseTo(want[i] as number, 5));
    expect(model.eval().forward(tensor(data)).toArray()).toHaveLength(6);
  });

  test('says what to write where it would have to wait', async () => {
    await setDevice('webgpu');
    const model = make();
    expect(() => model.to('cpu')).toThrow(DeviceError);
    expect(() => model.to('cpu')).toThrow(/write await module\.toAsync\('cpu'\)/);
    await setDevice('cpu');
    expect(model.parameters()[0]?.device).toBe('webgpu');
    await model.toAsync('cpu');
    expect(model.to('cpu')).toBe(model);
  });

  test('stays where it is if a value of it cannot be read', async () => {
    await setDevice('webgpu');
    const model = make();
    const before = await model.parameters()[0]?.data();
    const index = tensor([7], { dtype: 'int32' }).mul(tensor([1], { dtype: 'int32' }));
    model.parameters()[0]?.assign(
      tensor([[1, 2, 3]])
        .indexSelect(0, index)
        .expand([4, 3]),
    );
    await expect(model.toAsync('cpu')).rejects.toThrow(/index 7/);
    expect(model.parameters().map(({ device }) => device)).toEqual(
      Array.from({ length: 6 }, () => 'webgpu'),
    );
    expect(await model.parameters()[0]?.data()).toEqual(before);
  });
});
