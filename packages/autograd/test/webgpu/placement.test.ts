/** @file Tensors on WebGPU: where they are placed, how they are read, and what is refused. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  compile,
  DeviceError,
  deviceInfo,
  devices,
  explain,
  GradError,
  IndexError,
  memoryUsage,
  Parameter,
  rand,
  scalar,
  setDevice,
  tensor,
  zeros,
} from '../../src/index.js';
import { encodeNpy, encodeSafetensors } from '../../src/io/index.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();

afterEach(() => setDevice('cpu'));

describe.skipIf(!there)('on WebGPU', () => {
  test('devices() names it, and deviceInfo its adapter', () => {
    expect(devices()).toEqual(['cpu', 'webgpu']);
    expect(deviceInfo('webgpu').description).not.toBe('');
    expect(() => deviceInfo('tpu')).toThrow(DeviceError);
  });

  test('values are waited for; readers that do not wait name those that do', async () => {
    await setDevice('webgpu');
    const y = tensor([
      [1, 2],
      [3, 4],
    ]).mul(2);
    expect(y.device).toBe('webgpu');
    expect(await y.toArrayAsync()).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(await y.sum().itemAsync()).toBe(20);
    expect(Array.from(await y.data())).toEqual([2, 4, 6, 8]);
    for (const read of [() => y.sum().item(), () => y.dataSync(), () => y.toArray()])
      expect(read).toThrow(/webgpu.*await t\.data\(\), await t\.itemAsync\(\)/);
    expect(() => encodeNpy(y)).toThrow(/^encodeNpy: the tensor is on webgpu/);
    expect(() => encodeSafetensors({ y })).toThrow(/^encodeSafetensors: the tensor is on webgpu/);
    expect(String(y)).toContain('<on webgpu>');
    await expect(y.itemAsync()).rejects.toThrow('itemAsync: a tensor of shape [2, 2]');
  });

  test('explain shows the program for its device', async () => {
    await setDevice('webgpu');
    const x = tensor([1, 2]);
    await setDevice('cpu');
    expect(explain(x.add(1).exp())).toMatch(/2 operations on 1 input, by webgpu\n[^]*add[^]*exp/);
    expect(explain(tensor([1, 2]).add(1))).not.toContain('webgpu');
  });

  test('a run that ends with nothing to compute', async () => {
    await setDevice('webgpu');
    expect(
      (
        await zeros([0, 3])
          .add(tensor([1, 2, 3]))
          .data()
      ).length,
    ).toBe(0);
  });

  test('kernels are counted, and a step of eager code is one submit', async () => {
    await setDevice('webgpu');
    const x = rand([8, 8]);
    await x.data();
    const before = memoryUsage();
    const y = x.matmul(x).relu().sum();
    await y.data();
    const after = memoryUsage();
    expect(after.dispatches).toBeGreaterThan(before.dispatches);
    expect(after.submits - before.submits).toBe(2); // the run, and the read
  });

  test('operands on two devices are refused at the call; numbers go along', async () => {
    const host = tensor([1, 2]);
    const number = scalar(3);
    await setDevice('webgpu');
    const gpu = tensor([3, 4]);
    expect(() => gpu.add(host)).toThrow(DeviceError);
    expect(() => gpu.add(host)).toThrow(/operand 1.*on webgpu; operand 2.*on cpu/);
    expect(Array.from(await gpu.mul(number).add(1).data())).toEqual([10, 13]);
    expect(Array.from(await gpu.add(host.to('webgpu')).data())).toEqual([4, 6]);
    expect((await gpu.to('cpu')).add(host).toArray()).toEqual([4, 6]);
    await setDevice('cpu');
    expect(zeros([2]).add(host).device).toBe('cpu');
    expect(zeros([2], { device: 'webgpu' }).device).toBe('webgpu');
  });

  test('float64 is refused, but for numbers', async () => {
    await setDevice('webgpu');
    expect(() => zeros([2], { dtype: 'float64' })).toThrow(/webgpu has no float64/);
    expect(() => tensor([1, 2]).cast('float64')).toThrow(DeviceError);
    expect(() => tensor(new Float64Array(2), { device: 'cpu' }).to('webgpu')).toThrow(DeviceError);
    expect(scalar(1 / 3, { dtype: 'float64' }).item()).toBe(1 / 3);
  });

  test('gradients do not cross devices', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => x.to('webgpu')).toThrow(GradError);
  });

  test('refuses operations without a kernel by name, and changes nothing', async () => {
    await setDevice('webgpu');
    const weight = new Parameter(tensor([1, 2]));
    weight.assign(weight.detach().mul(3));
    const { svdvals } = (await import('../../src/index.js')).linalg;
    await expect(svdvals(rand([65, 3])).data()).rejects.toThrow(
      /svd: webgpu has no kernel.*await x\.to\('cpu'\)/,
    );
    expect(Array.from(await weight.mul(1).data())).toHaveLength(2);
  });

  test('an index out of range rejects the next read, and nothing has changed', async () => {
    await setDevice('webgpu');
    const weight = new Parameter(tensor([1, 2, 3]));
    const step = (at: number): void => {
      const index = tensor([at], { dtype: 'int32' }).add(0);
      weight.assign(weight.detach().add(weight.detach().indexSelect(0, index)));
    };
    const { evaluate } = await import('../../src/index.js');
    step(1);
    evaluate();
    expect(Array.from(await weight.mul(1).data())).toEqual([3, 4, 5]);
    step(7);
    evaluate();
    step(0); // queued behind the fault
    evaluate();
    const later = weight.mul(1);
    await expect(later.data()).rejects.toThrow(IndexError);
    await expect(later.data()).rejects.toThrow(
      /index 7 at position 0 is out of range for dimension 0 of size 3/,
    );
    expect(Array.from(await weight.mul(1).data())).toEqual([3, 4, 5]);
    step(2);
    evaluate();
    expect(Array.from(await weight.mul(1).data())).toEqual([8, 9, 10]);
  });

  test('a loop that never waits is asked to', async () => {
    await setDevice('webgpu');
    const w = new Parameter(tensor([1, 2]));
    const step = compile((x: number) => {
      w.assign(w.detach().mul(x));
    });
    expect(() => {
      for (let i = 0; i < 2100; i++) step(1);
    }).toThrow(/without an await.*await loss\.itemAsync\(\)/);
    await w.mul(1).data();
    step(2);
    expect(Array.from(await w.mul(1).data())).toEqual([2, 4]);
  });

  test('a loop that waits, in a page out of sight whose timers do not come, goes on', async () => {
    await setDevice('webgpu');
    const w = new Parameter(tensor([1, 2]));
    const step = compile((x: number) => {
      w.assign(w.detach().mul(x));
    });
    const turn = (): Promise<void> =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(null);
      });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    vi.stubGlobal('setImmediate', undefined);
    try {
      for (let i = 0; i < 2100; i++) {
        step(1);
        if (i % 500 === 0) await turn();
      }
    } finally {
      vi.unstubAllGlobals();
      vi.useRealTimers();
    }
    expect(Array.from(await w.mul(1).data())).toEqual([1, 2]);
  });

  test('random numbers are those of the CPU', async () => {
    const { dropout, manualSeed, randint, randn, randperm } = await import('../../src/index.js');
    const draw = () => {
      manualSeed(5);
      const drawn = [rand([101]), randn([101]), dropout(zeros([50]).add(1), 0.3)];
      return [...drawn, randint(0, 9, [20]), randperm(12)];
    };
    const host = draw().map((t) => t.dataSync());
    await setDevice('webgpu');
    const gpu = await Promise.all(draw().map((t) => t.data()));
    expect(gpu[0]).toEqual(host[0]);
    for (const k of [2, 3, 4]) expect(gpu[k]).toEqual(host[k]);
    gpu[1]?.forEach((x, i) => expect(x).toBeCloseTo(host[1]?.[i] as number, 5));
  });
});
