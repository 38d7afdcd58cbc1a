/** @file Chooses the backend that runs plans: WebAssembly where it has SIMD, else the interpreter. */
import { checkArgument, kinds } from '../arguments/index.js';
import { engine } from '../engine/evaluate.js';
import { checkDevice, deviceNames } from '../graph/device.js';
import { interpreter } from './interpreter/interpreter.js';
import { Arrays } from './wasm/run/arrays.js';
import { wasmBackend, type WasmBackend } from './wasm/backend.js';
import { hardwareThreads } from './wasm/run/pool.js';

/** `(func (drop (i8x16.popcnt (v128.const i64x2 0 0))))`: valid only where there is SIMD. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 25, 1, 23, 0],
  ...[253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 253, 98, 26, 11],
);

let arrays: Arrays | null = null;
let wasm: WasmBackend | null = null;

/** Uses WebAssembly with so many threads. */
function useWasm(threads: number): void {
  arrays ??= new Arrays(true);
  wasm?.dispose();
  wasm = wasmBackend({ threads, arrays });
  engine.backend = wasm;
}

/** @internal The memory of WebAssembly; null where the interpreter is in use. */
export function wasmArrays(): Arrays | null {
  return wasm === null ? null : arrays;
}

/** @internal Plans are made anew from now on. */
export function renewWasm(): void {
  if (wasm !== null) useWasm(wasm.threads);
}

function start(): void {
  const asked = typeof process === 'object' ? process.env?.['CHAINRULE_BACKEND'] : undefined;
  const able = typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_MODULE);
  if (asked === 'interpreter' || !able) engine.backend = interpreter;
  else useWasm(hardwareThreads());
}

start();

/** Each thread is a worker with a memory of its own. */
const threads = kinds.wholeBetween(1, 256);

/**
 * How many threads a run may use; by default as many as the machine has. Results do not depend on it, to the bit.
 * PyTorch: `torch.set_num_threads`.
 * @throws {ChainruleError} if `n` is no whole number from 1 to 256.
 */
export function setNumThreads(n: number): void {
  checkArgument('setNumThreads', 'n', n, threads);
  if (wasm !== null && n !== wasm.threads) useWasm(n);
}

/** How many threads a run may use. PyTorch: `torch.get_num_threads`. */
export function getNumThreads(): number {
  return wasm?.threads ?? 1;
}

/** The devices that tensors can be on. */
export function devices(): string[] {
  return [...deviceNames];
}

/**
 * Chooses where new computations run.
 * @throws {DeviceError} if there is no such device here.
 */
export function setDevice(device: string): void {
  checkDevice('setDevice', device);
}
