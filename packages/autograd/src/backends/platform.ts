/** @file What the machine offers, and what is in use. */
import { engine, planningCounts } from '../engine/engine.js';
import type { BlasInfo } from './blas/blas.js';
import { findBlas } from './node.js';
import { turnOnWideSimd, type WideSimd } from './wasm/run/wideSimd.js';
import { getNumThreads, gpuInUse, wasmArrays, renewWasm } from './index.js';

export type { BlasInfo, WideSimd };

/**
 * The BLAS library that computes large matrix products and convolutions, or why there is none.
 *
 * If the package `koffi` is installed, a library is looked for when the first such product is computed: OpenBLAS,
 * MKL, or Accelerate on macOS. The environment variable `CHAINRULE_BLAS` overrides this: `off` uses none, a path
 * that library. Results are the same from run to run and for any number of threads, but differ in rounding from
 * those without the library. On processors with AVX-512 that OpenBLAS does not know, `OPENBLAS_CORETYPE` is set to
 * `SkylakeX` unless it is set already. PyTorch: `torch.__config__.show()`.
 * @example blas(); // { found: true, library: 'OpenBLAS', path: 'libopenblas.so.0', core: 'SkylakeX', threads: 2 }
 */
export function blas(): BlasInfo {
  const arrays = wasmArrays();
  if (arrays === null) return { found: false, reason: 'the interpreter is in use' };
  if (!arrays.memory.shared) return { found: false, reason: 'there is no shared memory here' };
  const found = findBlas();
  if (typeof found === 'string') return { found: false, reason: found };
  const { candidate, core } = found;
  return {
    found: true,
    library: candidate.name,
    path: candidate.path,
    core,
    threads: getNumThreads(),
  };
}

/**
 * Lets V8 combine pairs of 128-bit vector instructions into 256-bit ones, by its flag
 * `--experimental-wasm-revectorize`; matrix products then run up to twice as fast. It works in Node.js from version
 * 24 on x64, is experimental, and affects the whole process, so it is off unless you call this function, best before
 * anything else. Results are first compared with those of 128-bit vectors. Reports what it did; does nothing where
 * it is not possible. `node --experimental-wasm-revectorize` does the same.
 * @example
 * const wide = enableWideSimd();
 * if (!wide.enabled) console.log(wide.reason);
 */
export function enableWideSimd(): WideSimd {
  if (wasmArrays() === null) return { enabled: false, reason: 'the interpreter is in use' };
  const done = turnOnWideSimd();
  if (done.enabled) renewWasm();
  return done;
}

/** The result of `memoryUsage`. */
export interface MemoryUsage {
  /** Bytes for intermediate values: one arena that all plans use, one after the other. */
  readonly arena: number;
  /** Bytes of parameters, buffers, states and gradients. */
  readonly cells: number;
  /** Bytes of copies of large inputs that are used more than once. */
  readonly residentLeaves: number;
  /** Bytes in use in total, including tables and scratch memory of plans. */
  readonly used: number;
  /** Bytes that the backend has taken from the system. They are reused, but never returned. */
  readonly reserved: number;
  /** The number of kernels that have run on the GPU. */
  readonly dispatches: number;
  /** The number of submissions to the GPU, each with one or more kernels. */
  readonly submits: number;
  /** Bytes of GPU memory in use for values. */
  readonly deviceBytes: number;
  /** The number of plans that are ready to run again. */
  readonly plans: number;
  /**
   * How the runs so far found their plans. `walked`: a new program ran operation by operation; `made`: a plan was
   * made, which fuses operations; `found`: there was a plan. If the first two keep growing, the program differs from
   * step to step: `setDebug(1)` shows which. Plans are never re-sized, so there is no such count: a plan belongs to
   * its sizes, and a known program with other sizes is walked again.
   */
  readonly planning: { readonly walked: number; readonly made: number; readonly found: number };
  /**
   * The number of compiled kernel forms, the pipelines of WebGPU included. Plans of any size share them, so it soon stops
   * growing.
   */
  readonly forms: number;
}

/**
 * What the backend holds: memory in bytes, and the number of plans and kernel forms. Values of tensors are ordinary
 * JavaScript arrays and not counted. With the interpreter, everything but the plans and what the GPU holds is 0. PyTorch:
 * `torch.cuda.memory_stats`.
 * @example memoryUsage().reserved / 2 ** 20 // in MiB
 */
export function memoryUsage(): MemoryUsage {
  const arrays = wasmArrays();
  const { dispatches = 0, submits = 0, heap, forms: pipelines = 0 } = gpuInUse()?.runtime ?? {};
  const onGpu = { dispatches, submits, deviceBytes: (heap?.used ?? 0) * 4 };
  const counts = { plans: engine.plans.size, planning: planningCounts(), ...onGpu };
  if (arrays === null)
    return {
      ...{ arena: 0, cells: 0, residentLeaves: 0, used: 0, reserved: 0 },
      ...counts,
      forms: pipelines,
    };
  const { bytesUsed, bytesReserved } = arrays.memory;
  const forms = arrays.forms.useCount + pipelines;
  return { ...arrays.usage, used: bytesUsed, reserved: bytesReserved, ...counts, forms };
}
