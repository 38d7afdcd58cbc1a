/**
 * @file What is of use in Node.js alone: BLAS, checks between passes, forms that lie in a file, threads at once. What is built for pages takes `noNode.ts` in its
 * place, by the condition `node` of `#node` in package.json.
 */
export { blasSource, findBlas, gemmOver } from './blas/blas.js';
export { loadGemm } from './blas/gemm.js';
export { openThreads } from './wasm/run/pool.js';
export { findDriver, findPrelude } from './wasm/run/preludeFile.js';
export { blasLayouts, callGemm, planBlasMatmul } from './wasm/products/blasProduct.js';
export {
  verification,
  verifyArena,
  verifySameInterface,
  verifySchedule,
} from '../engine/compile/verify.js';
