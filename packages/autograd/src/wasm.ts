/**
 * @file `@chainrule/autograd/wasm`: from here on WebAssembly computes, on all cores. `@chainrule/autograd` includes it; with
 * `@chainrule/autograd/functions`, import it before the first value is computed.
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
