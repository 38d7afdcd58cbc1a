/** @file `@chainrule/export`: models to ONNX, StableHLO and standalone modules, and ONNX models back. */
export { exportOnnx, type OnnxFiles } from './onnx/export/exportOnnx.js';
export type { ExportOnnxOptions } from './onnx/export/options.js';
export { importOnnx, type ImportOnnxOptions } from './onnx/import/importOnnx.js';
export { OnnxModule } from './onnx/import/onnxModule.js';
export type { OnnxBytes, OnnxExternalData } from './onnx/import/externalData.js';
export type { OnnxLimits } from './onnx/import/limits.js';
export type { OnnxSpec } from './onnx/import/spec.js';
export { Strings, type OnnxMap, type OnnxValue } from './onnx/import/values.js';
export { VERSION as version } from './version.js';
export * from './stablehlo/index.js';
export * from './module/index.js';
