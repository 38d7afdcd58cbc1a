/**
 * @file Features of Node.js only: BLAS, optional packages, checks between passes, forms that are read from a file, threads that
 * start immediately, advice about names from other frameworks. Builds for pages use `noNode.ts` instead, by the condition `node` of `#node` in package.json. In a build
 * it is loaded before the file that imports it, so nothing here may call the engine while it is loaded.
 */
import { blasSource } from './blas/blas.js';
import { loadGemm } from './blas/gemm.js';
import type { WasmMemory } from './wasm/run/memory.js';
import { ThreadPool } from './wasm/threads/pool.js';
import type { Threads } from './wasm/threads/threads.js';

export { adviseAllNames } from '../arguments/otherNames.js';
export { blasSource, findBlas, gemmOver } from './blas/blas.js';
export { packagePaths } from './packagePaths.js';
export { findDriver, findPrelude } from './wasm/run/preludeFile.js';
export { blasLayouts, callGemm, planBlasMatmul } from './wasm/products/blasProduct.js';
export {
  verification,
  verifyArena,
  verifySameInterface,
  verifySchedule,
} from '../engine/compile/verify.js';

/** Threads over a memory; they are ready some tens of milliseconds later. */
export function openThreads(memory: WasmMemory, threads: number): Threads {
  return new ThreadPool(memory, threads, { source: blasSource, load: loadGemm });
}
