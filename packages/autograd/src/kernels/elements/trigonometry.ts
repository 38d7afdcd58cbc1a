/** @file Vector forms of the trigonometric and hyperbolic functions and of their inverses. */
import * as angles from '../../backends/wasm/elements/angles32.js';
import * as inverse from '../../backends/wasm/elements/inverse32.js';
import * as trigonometry from '../../backends/wasm/elements/trigonometry32.js';
import type { VectorForm } from './vectorForms.js';

export const sinForm: VectorForm = { float32: trigonometry.sin };
export const cosForm: VectorForm = { float32: trigonometry.cos };
export const tanForm: VectorForm = { float32: trigonometry.tan };
export const asinForm: VectorForm = { float32: angles.asin };
export const acosForm: VectorForm = { float32: angles.acos };
export const atanForm: VectorForm = { float32: angles.atan };
export const atan2Form: VectorForm = { float32: inverse.atan2 };
export const sinhForm: VectorForm = { float32: inverse.sinh };
export const coshForm: VectorForm = { float32: inverse.cosh };
export const asinhForm: VectorForm = { float32: inverse.asinh };
export const acoshForm: VectorForm = { float32: inverse.acosh };
export const atanhForm: VectorForm = { float32: inverse.atanh };
