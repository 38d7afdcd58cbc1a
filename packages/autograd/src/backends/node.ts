/**
 * @file What is of use in Node.js alone: BLAS, optional packages, checks between passes, forms that lie in a file, threads at
 * once. What is built for pages takes `noNode.ts` in its place, by the condition `node` of `#node` in package.json. Built, it is
 * loaded before the file that imports it: while it is loaded, nothing here may call the engine.
 */
import { blasSource } from './blas/blas.js';
import { loadGemm } from './blas/gemm.js';
import type { WasmMemory } from './wasm/run/memory.js';
import { ThreadPool } from './wasm/threads/pool.js';
import type { Threads } from './wasm/threads/threads.js';

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

/** Threads over a memory; they are there some tens of milliseconds later. */
export function openThreads(memory: WasmMemory, threads: number): Threads {
  return new ThreadPool(memory, threads, { source: blasSource, load: loadGemm });
}
