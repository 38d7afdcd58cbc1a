/** @file The WebAssembly backend: kernels compiled to SIMD code, the memory they work on, the threads that run them. */
export { compileKernels, supportsKernel } from './compile.js';
export type { CompiledPlan, CompileOptions, RunFunction } from './compile.js';
export { supports } from './elementOps.js';
export type { VectorWidth } from './kernelFunction.js';
export { WasmMemory } from './memory.js';
export type { MemoryOptions } from './memory.js';
export { hardwareThreads, maySleep, ThreadPool } from './pool.js';
export { scalarFunctions } from './special.js';
export { bestVectorWidth } from './vectorWidth.js';
export { WasmPlan } from './wasmPlan.js';
