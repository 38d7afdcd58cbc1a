/**
 * @file `@chainrule/autograd/wasm`: WebAssembly computes from here on, on all cores. Whoever imports `@chainrule/autograd` has
 * it; beside `@chainrule/autograd/functions` it is imported before the first value is computed.
 */
export {
  backend,
  deviceInfo,
  devices,
  getNumThreads,
  setDevice,
  setNumThreads,
  type DeviceInfo,
} from './backends/index.js';
export {
  blas,
  enableWideSimd,
  memoryUsage,
  type BlasInfo,
  type MemoryUsage,
  type WideSimd,
} from './backends/platform.js';
export { fromGPUBuffer, type FromGPUBufferOptions } from './backends/gpuBuffers.js';
export { packagePaths } from './backends/node.js';
