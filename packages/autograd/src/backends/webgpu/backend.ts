/** @file The WebGPU backend: the engine's kernels as WGSL over one heap, on the GPU of a browser or of Node.js. */
import { lower } from '../../engine/compile/lower.js';
import type { Backend } from '../../engine/program.js';
import { schedule } from '../../engine/compile/schedule.js';
import { simplify } from '../../engine/compile/simplify.js';
import { makeReady } from '../../engine/segmented.js';
import { allocate } from '../../graph/dtype.js';
import { openAdapter } from './adapter.js';
import { DeviceArray } from './memory/deviceArray.js';
import { GpuExecutable } from './executable.js';
import { GpuRuntime } from './runtime.js';
import { split } from './split.js';
import { supports } from './wgsl/elements.js';

export interface GpuBackend extends Backend {
  readonly runtime: GpuRuntime;
}

/** Opens the GPU. `onLost` is called if it is lost. @throws {DeviceError} if there is none. */
export async function openGpu(onLost: () => void): Promise<GpuBackend> {
  const runtime = new GpuRuntime(await openAdapter(), onLost);
  const backend: GpuBackend = {
    name: 'webgpu',
    device: 'webgpu',
    runtime,
    compileAny: (program, meter) => makeReady(program, backend, meter),
    compile: (program, meter = null) => new GpuExecutable(simplify(program), runtime, meter),
    describe: (program, print) => {
      const { device } = split(simplify(program));
      const scheduled = schedule(device, supports, { windows: true });
      return print(scheduled, lower(scheduled));
    },
    allocate: (dtype, size) =>
      dtype === 'float64' ? allocate(dtype, size) : runtime.make(dtype, size),
    release: (array) => {
      if (array instanceof DeviceArray && array.isOf(runtime)) runtime.release(array);
    },
    nested: (f) => f(backend),
  };
  return backend;
}
