/** @file Buffers of WebGPU that a program shares with the framework, kernels compiled ahead, and profiles of the device. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  compile,
  DeviceError,
  deviceInfo,
  evaluate,
  fromGPUBuffer,
  memoryUsage,
  Parameter,
  profile,
  rand,
  setDevice,
  tensor,
  whileLoop,
  type Tensor,
} from '../../src/index.js';
import type { GpuBuffer, GpuDevice } from '../../src/backends/webgpu/gpuApi.js';
import { openWebgpu } from './device.js';

const there = await openWebgpu();
const gpuDevice = (): GpuDevice => deviceInfo('webgpu').gpuDevice as GpuDevice;

/** A buffer of the program's own: usage copy source, copy target, and to be read. */
function bufferOf(values: Float32Array | Int32Array, usage = 4 | 8): GpuBuffer {
  const buffer = gpuDevice().createBuffer({ size: values.byteLength, usage });
  if ((usage & 8) !== 0) gpuDevice().queue.writeBuffer(buffer, 0, values);
  return buffer;
}

afterEach(() => setDevice('cpu'));

describe.skipIf(!there)('buffers of WebGPU', () => {
  test('become tensors, by a copy on the device', async () => {
    const buffer = bufferOf(Float32Array.of(9, 1, 2, 3, 4, 5, 6));
    const x = fromGPUBuffer(buffer, [2, 3], { offset: 4 });
    buffer.destroy();
    expect(x.device).toBe('webgpu');
    expect(await x.mul(2).toArrayAsync()).toEqual([
      [2, 4, 6],
      [8, 10, 12],
    ]);
    const n = fromGPUBuffer(bufferOf(Int32Array.of(-1, 7)), [2], { dtype: 'int32' });
    expect(Array.from(await n.data())).toEqual([-1, 7]);
  });

  test('that cannot be taken are refused', () => {
    expect(() => fromGPUBuffer(bufferOf(new Float32Array(2)), [3])).toThrow(/12 bytes.*has 8/);
    expect(() => fromGPUBuffer(bufferOf(new Float32Array(2), 8), [2])).toThrow(/COPY_SRC/);
    expect(() => fromGPUBuffer({}, [2])).toThrow(DeviceError);
    expect(() => fromGPUBuffer(bufferOf(new Float32Array(2)), [1], { offset: 2 })).toThrow(
      /multiple/,
    );
  });

  test('a tensor tells where it lies', async () => {
    await setDevice('webgpu');
    const x = tensor([
      [1, 2],
      [3, 4],
    ]).mul(3);
    const { buffer, offset, size } = await x.gpuBuffer();
    expect(size).toBe(16);
    const staging = gpuDevice().createBuffer({ size, usage: 1 | 8 });
    const encoder = gpuDevice().createCommandEncoder();
    encoder.copyBufferToBuffer(buffer as GpuBuffer, offset, staging, 0, size);
    gpuDevice().queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    expect(Array.from(new Float32Array(staging.getMappedRange()))).toEqual([3, 6, 9, 12]);
    await expect(tensor([1], { device: 'cpu' }).gpuBuffer()).rejects.toThrow(DeviceError);
  });

  test('a tensor is made of where another one lies', async () => {
    await setDevice('webgpu');
    const { buffer, offset } = await tensor([1, 2, 3]).mul(3).gpuBuffer();
    const x = fromGPUBuffer(buffer, [2], { offset: offset + 4 });
    expect(Array.from(await x.add(1).data())).toEqual([7, 10]);
  });

  test('ready() compiles what a call needs, and runs nothing', async () => {
    await setDevice('webgpu');
    const w = new Parameter(tensor([1, 2, 3]));
    const step = compile((x: Tensor) => {
      w.assign(w.detach().add(x.mul(0.25).tanh().cumsum(0)));
      return w.sum();
    });
    const x = rand([3]);
    await x.data();
    const { dispatches } = memoryUsage();
    await step.ready(x);
    expect(memoryUsage().dispatches).toBe(dispatches);
    expect(Array.from(await w.data())).toEqual([1, 2, 3]);
    const sum = step(x);
    expect(await sum.itemAsync()).toBeGreaterThan(6);
  });

  test('profile() tells the kernels and their times', async () => {
    await setDevice('webgpu');
    const [x, w] = [rand([64, 48]), rand([48, 32])];
    const f = (): Tensor => x.matmul(w).softmax(1).sum();
    await f().data();
    const { result, rows, kernelMs } = await profile(() => f().itemAsync());
    expect(result).toBeCloseTo(64, 3);
    expect(rows.some(({ kernel, gflops }) => kernel === 'matmul 64×32×48' && gflops >= 0)).toBe(
      true,
    );
    expect(rows.some(({ operations }) => /exp/.test(operations))).toBe(true);
    expect(kernelMs).toBeGreaterThan(0);
    const loop = (): Tensor =>
      whileLoop(
        (x: Tensor) => x.sum().lt(90),
        (x) => x.mul(2),
        tensor([1, 2]),
      );
    const steps = await profile(() => loop().data());
    expect(steps.rows.reduce((n, { calls }) => n + calls, 0)).toBeGreaterThan(5);
    // Outside of a profile nothing is timed, and the same code runs on.
    expect(await f().itemAsync()).toBeCloseTo(64, 3);
  });

  test('a large result keeps its place when younger ones reuse memory', async () => {
    await setDevice('webgpu');
    const whole = (k: number): Tensor => tensor([k]).expand([512, 512]).add(0);
    const [x, y, z] = [whole(1), whole(2), whole(3)];
    evaluate(x, y, z);
    const before = memoryUsage().submits;
    // Of three operands as large: it is not computed again.
    const results = Array.from({ length: 24 }, () => x.add(y).mul(z));
    for (const result of results) evaluate(result);
    expect(memoryUsage().submits - before).toBe(24);
    expect((await results.at(0)?.data())?.[5]).toBe(9);
    expect((await results.at(-1)?.data())?.[5]).toBe(9);
    await setDevice('cpu');
  });
});
