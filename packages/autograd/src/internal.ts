/** @file Internals, for tests and tools: may change with any release. */
export { engine } from './engine/engine.js';
export { run } from './engine/evaluate.js';
export { operations, primitive, type PrimitiveOp } from './ops/build/primitive.js';
export { rowPullsOf } from './ops/statistics/rowPulls.js';
export { padAt, sliceAt } from './ops/shape/dynamicSlice.js';
export { primitives, type Value } from './graph/primitive.js';
export { mode } from './graph/mode.js';
export { runtime } from './graph/runtime.js';
export { verification } from './engine/compile/verify.js';
export { imageOfFunction, type FunctionImage, type ImageInput } from './recorder/functionImage.js';
export { FormCollection } from './backends/wasm/image/formCollection.js';
export {
  IMAGE,
  type Image,
  type ImageBody,
  type ImageLoop,
  type ImagePlain,
  type ImageTools,
} from './backends/wasm/image/image.js';
export { writePrelude } from './backends/wasm/run/prelude.js';
export { driverModule } from './backends/wasm/run/driver.js';
export { DRIVER } from './backends/wasm/run/preludeFile.js';
export { SCRATCH_BUFFER } from './backends/wasm/assembler/block.js';
export { replaceFiles } from './io/replaceFiles.js';
