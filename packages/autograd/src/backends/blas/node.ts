/**
 * @file All that BLAS needs: of use in Node.js alone. What is built for bundlers of pages takes `none.ts` in its place, by
 * the condition `node` of `#blas` in package.json.
 */
export { blasSource, findBlas, gemmOver } from './blas.js';
export { loadGemm } from './gemm.js';
export { blasLayouts, callGemm, planBlasMatmul } from '../wasm/products/blasProduct.js';
