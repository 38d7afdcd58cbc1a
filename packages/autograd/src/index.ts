/** @file The public surface of `@chainrule/autograd`. */
import './ops/index.js';
import './backends/index.js';

export { ChainruleError, DeviceError, DTypeError, FormatError, GradError, IndexError, ShapeError } from './errors.js';
export type { DType, TypedArray } from './graph/dtype.js';
export type { Shape } from './graph/shape.js';
export { Tensor, type NestedArray } from './graph/tensor.js';
export { Cell, cell, Parameter } from './graph/cell.js';
export { enableGrad, isGradEnabled, noGrad, scope } from './graph/mode.js';
export { evaluate } from './engine/evaluate.js';
export * from './ops/index.js';
export { gradOf as grad, type GradOptions } from './transforms/backward.js';
export { jvp } from './transforms/jvp.js';
