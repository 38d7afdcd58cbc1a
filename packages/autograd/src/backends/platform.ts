/** @file What the machine offers, and what of it is in use. */
import { engine, planningSoFar } from '../engine/evaluate.js';
import type { BlasInfo } from './blas/blas.js';
import { findBlas } from './node.js';
import { turnOnWideSimd, type WideSimd } from './wasm/run/wideSimd.js';
import { getNumThreads, gpuInUse, wasmArrays, renewWasm } from './index.js';

export type { BlasInfo, WideSimd };

/**
 * The BLAS library that computes large matrix products and convolutions, or why there is none.
 *
 * Where the package `koffi` is installed, a library is looked for when the first such product is computed: OpenBLAS,
 * MKL, on macOS Accelerate. The environment variable `CHAINRULE_BLAS` decides: `off` uses none, a path uses that one.
 * Results are the same from run to run and for any number of threads, but not the same as without the library, to
 * rounding. On processors with AVX-512 that OpenBLAS does not know, `OPENBLAS_CORETYPE` is set to `SkylakeX` unless it
 * is set already. PyTorch: `torch.__config__.show()`.
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
 * Lets V8 join pairs of 128-bit vector instructions into 256-bit ones, by its flag
 * `--experimental-wasm-revectorize`; matrix products then run up to twice as fast. It works in Node.js from version 24
 * on x64, is an experiment of V8's, and changes the whole process: so it is off unless you call this, best before
 * anything else. The results are compared with those of 128-bit vectors first. Says what it did; nothing where it is
 * not possible. The same can be had by `node --experimental-wasm-revectorize`.
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

/** What `memoryUsage` reports. */
export interface MemoryUsage {
  /** Bytes for the intermediates of runs: one arena that all plans use in turn. */
  readonly arena: number;
  /** Bytes of parameters, buffers, states and gradients. */
  readonly cells: number;
  /** Bytes of copies of large inputs that were used more than once. */
  readonly residentLeaves: number;
  /** Bytes in use in all: also tables and scratch memory of plans. */
  readonly used: number;
  /** Bytes the backend has taken from the system. They are used again, but never given back. */
  readonly reserved: number;
  /** Kernels that have run on the GPU, and the submits they went in. */
  readonly dispatches: number;
  /** The submits to the GPU so far: each carries one or more kernels. */
  readonly submits: number;
  /** Bytes of the GPU's memory in use for values. */
  readonly deviceBytes: number;
  /** Plans that are ready to run again. */
  readonly plans: number;
  /**
   * How the runs so far found their plans. `walked`: they were met for the first time, and ran operation by operation;
   * `made`: a plan was made, which fuses them; `found`: one was there. Where the first two keep growing, a program is another
   * at each step: `setDebug(1)` tells which. No plan is ever re-sized, so that there is no such count: sizes belong to a plan,
   * and a known program with other sizes is walked once more.
   */
  readonly planning: { readonly walked: number; readonly made: number; readonly found: number };
  /** Forms of kernels that were compiled: plans share them, whatever their sizes, so that they soon stop growing. */
  readonly forms: number;
}

/**
 * What the backend holds, in bytes, and how many plans and forms of kernels. Values of tensors are ordinary arrays of JavaScript and not
 * counted. Everything is 0 but the plans where the interpreter is in use. PyTorch: `torch.cuda.memory_stats`.
 * @example memoryUsage().reserved / 2 ** 20 // in MiB
 */
export function memoryUsage(): MemoryUsage {
  const arrays = wasmArrays();
  const { dispatches = 0, submits = 0, heap } = gpuInUse()?.runtime ?? {};
  const onGpu = { dispatches, submits, deviceBytes: (heap?.used ?? 0) * 4 };
  const counts = { plans: engine.plans.size, planning: planningSoFar(), ...onGpu };
  if (arrays === null)
    return { arena: 0, cells: 0, residentLeaves: 0, used: 0, reserved: 0, ...counts, forms: 0 };
  const { bytesUsed, bytesReserved } = arrays.memory;
  const forms = arrays.forms.met;
  return { ...arrays.usage, used: bytesUsed, reserved: bytesReserved, ...counts, forms };
}
