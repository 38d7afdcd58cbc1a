/** @file A lost device: its values are gone, the CPU still works, and WebGPU can be started again. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  DeviceError,
  deviceInfo,
  devices,
  Parameter,
  setDevice,
  tensor,
  type Tensor,
} from '../../src/index.js';
import type { GpuDevice } from '../../src/backends/webgpu/gpuApi.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

afterAll(() => setDevice('cpu'));

describe.skipIf(!there)('a lost device', () => {
  test('rejects what waits, refuses what lay there, and starts again from host copies', async () => {
    await setDevice('webgpu');
    const weight = new Parameter(tensor([1, 2, 3]));
    weight.assign(weight.detach().mul(1)); // computed there: no copy on the host
    const step = compile((x: Tensor) => weight.mul(x).sum());
    expect(await step(tensor([1, 1, 1])).itemAsync()).toBe(6);
    const checkpoint = await weight.data();
    const pending = weight.mul(2).data();
    const old = deviceInfo('webgpu').gpuDevice as GpuDevice;
    old.destroy();
    // Where the values had come back before, they are right.
    const told: unknown = await pending.then(Array.from, (error: unknown) => error);
    if (Array.isArray(told)) expect(told).toEqual([2, 4, 6]);
    else expect(String(told)).toMatch(/the device was lost/);
    await old.lost;
    await Promise.resolve();
    await expect(weight.mul(3).data()).rejects.toThrow(/the device was lost.*await setDevice/);
    expect(tensor([1, 2], { device: 'cpu' }).add(1).toArray()).toEqual([2, 3]);

    await setDevice('webgpu');
    expect(devices()).toContain('webgpu');
    expect(deviceInfo('webgpu').gpuDevice).not.toBe(old);
    await expect((async () => weight.mul(3).data())()).rejects.toThrow(DeviceError);
    const again = new Parameter(tensor(checkpoint));
    expect(Array.from(await again.mul(3).data())).toEqual([3, 6, 9]);
    weight.assign(tensor(checkpoint));
    expect(await step(tensor([1, 1, 2])).itemAsync()).toBe(9);
  });

  test('a device that refuses what it is asked is given up, and the next one is another', async () => {
    await setDevice('webgpu');
    const x = tensor([1, 2]).mul(2);
    const old = deviceInfo('webgpu').gpuDevice as GpuDevice;
    old.createBuffer({ size: 2 ** 52, usage: 128 }); // nobody waits for this error
    await old.lost;
    await expect(x.data()).rejects.toThrow(
      /giving up the device: await setDevice\('webgpu'\) again/,
    );
    await setDevice('webgpu');
    expect(deviceInfo('webgpu').gpuDevice).not.toBe(old);
    expect(Array.from(await tensor([1, 2]).mul(3).data())).toEqual([3, 6]);
  });
});
