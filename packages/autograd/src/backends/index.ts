/** @file Chooses the backend that runs plans: WebAssembly if it has SIMD, otherwise the interpreter. */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { DeviceError } from '../errors.js';
import { engine } from '../engine/engine.js';
import { checkDevice, placement } from '../graph/device.js';
import { interpreter } from './interpreter/interpreter.js';
import { Arrays } from './wasm/run/arrays.js';
import { wasmBackend, type WasmBackend } from './wasm/backend.js';
import { hardwareThreads } from './wasm/threads/threads.js';
import type { GpuBackend } from './webgpu/backend.js';

/** `(func (drop (i8x16.popcnt (v128.const i64x2 0 0))))`: valid only if there is SIMD. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 25, 1, 23, 0],
  ...[253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 253, 98, 26, 11],
);

let arrays: Arrays | null = null;
let wasm: WasmBackend | null = null;

/** Uses WebAssembly with this many threads. */
function useWasm(threads: number): void {
  arrays ??= new Arrays(true);
  wasm?.dispose();
  wasm = wasmBackend({ threads, arrays });
  engine.backend = wasm;
}

/** @internal The memory of WebAssembly; null if the interpreter is in use. */
export function wasmArrays(): Arrays | null {
  return wasm === null ? null : arrays;
}

/** @internal From now on plans are made again. */
export function renewWasm(): void {
  if (wasm !== null) useWasm(wasm.threads);
}

function start(): void {
  const setting = typeof process === 'object' ? process.env?.['CHAINRULE_BACKEND'] : undefined;
  engine.backend = interpreter;
  if (setting === 'interpreter') return;
  const obstacle = startWasm();
  if (obstacle === null) return;
  console.warn(
    `chainrule: ${obstacle}; computing in JavaScript instead, which is many times slower`,
  );
}

/** Starts WebAssembly; returns the reason if that is impossible. */
function startWasm(): string | null {
  if (typeof WebAssembly !== 'object') return 'there is no WebAssembly here';
  // On Cloudflare Workers, code can be compiled only while the program starts.
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers')
    return 'Cloudflare Workers cannot compile WebAssembly while they run';
  if (!WebAssembly.validate(SIMD_MODULE)) return 'WebAssembly has no SIMD here';
  try {
    // Only now does a page's Content-Security-Policy take effect.
    new WebAssembly.Module(SIMD_MODULE);
  } catch (error) {
    return `WebAssembly may not be compiled here (a Content-Security-Policy must allow it: script-src 'wasm-unsafe-eval'): ${messageOf(error)}`;
  }
  try {
    useWasm(hardwareThreads());
    return null;
  } catch (error) {
    return `WebAssembly cannot allocate memory (it reserves several gigabytes of address space; see ulimit -v): ${messageOf(error)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

start();

/**
 * What computes on the CPU: `'wasm'`, or `'interpreter'` if WebAssembly cannot be used.
 * @example backend() // 'wasm'
 */
export function backend(): string {
  return engine.backend?.name ?? 'interpreter';
}

/** Each thread is a worker with a memory of its own. */
const threads = kinds.wholeBetween(1, 256);

/**
 * Sets how many threads a run may use; by default as many as the machine has. Results do not depend on it, to the bit.
 * PyTorch: `torch.set_num_threads`.
 * @throws {ChainruleError} unless `n` is a whole number from 1 to 256.
 * @example setNumThreads(1);
 */
export function setNumThreads(n: number): void {
  checkArgument('setNumThreads', 'n', n, threads);
  // Also if workers were lost: then they are started again.
  if (wasm !== null && (n !== wasm.threads || wasm.lost)) useWasm(n);
}

/**
 * How many threads run: 1 if memory cannot be shared or workers were lost, whatever was asked for. PyTorch:
 * `torch.get_num_threads`.
 * @example
 * setNumThreads(1);
 * getNumThreads() // 1
 */
export function getNumThreads(): number {
  if (wasm === null || wasm.lost || arrays?.memory.shared !== true) return 1;
  return wasm.threads;
}

/**
 * The devices that tensors can be on: `'cpu'`, and `'webgpu'` once `setDevice` has opened it.
 * @example devices() // ['cpu']
 */
export function devices(): string[] {
  return [...placement.open];
}

let gpu: GpuBackend | null = null;
let opening: Promise<GpuBackend> | null = null;

/** @internal The GPU in use. */
export function gpuInUse(): GpuBackend | null {
  return gpu;
}

/**
 * Chooses the device on which new tensors are made, and so where computations with them run. `'webgpu'` is the GPU:
 * of the browser or, in Node.js, of the optional npm package `webgpu`. It must be awaited: until then the previous
 * device stays chosen. What a GPU cannot do is a `DeviceError`; nothing moves back to the CPU implicitly. PyTorch:
 * `torch.set_default_device`.
 *
 * @throws {DeviceError} if there is no such device. The promise for `'webgpu'` rejects with what is missing.
 * @example
 * await setDevice('webgpu');
 * const loss = model.forward(x).square().mean();
 * console.log(await loss.itemAsync());
 */
export function setDevice(device: string): Promise<void> {
  if (device !== 'webgpu') {
    placement.chosen = checkDevice('setDevice', device);
    return Promise.resolve();
  }
  return openWebgpu();
}

async function openWebgpu(): Promise<void> {
  if (gpu === null) {
    opening ??= import('./webgpu/backend.js').then(({ openGpu }) => openGpu(() => (gpu = null)));
    try {
      gpu = await opening;
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      throw new DeviceError(`setDevice: webgpu could not be started: ${messageOf(error)}`);
    } finally {
      opening = null;
    }
    engine.devices.set('webgpu', gpu);
    placement.open.add('webgpu');
  }
  placement.chosen = 'webgpu';
}

/** The result of `deviceInfo`. */
export interface DeviceInfo {
  /** The name of the device, as in `devices()`: `'cpu'` or `'webgpu'`. */
  readonly device: string;
  /** For a GPU, its adapter as the driver describes it; for the CPU, the backend. */
  readonly description: string;
  /** For WebGPU, its `GPUDevice`, for your own buffers and kernels. */
  readonly gpuDevice?: object;
}

/**
 * Describes a device. @throws {DeviceError} if it is not one of `devices()`.
 * @example deviceInfo('webgpu').description // 'nvidia ampere …'
 */
export function deviceInfo(device: string): DeviceInfo {
  checkDevice('deviceInfo', device);
  return device === 'cpu'
    ? { device, description: backend() }
    : gpu === null
      ? { device, description: 'lost' }
      : { device, description: gpu.runtime.description, gpuDevice: gpu.runtime.device };
}
