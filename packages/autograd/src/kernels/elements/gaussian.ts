/** @file Vector forms of the error functions and of the normal distribution. */
import * as gaussian32 from '../../backends/wasm/elements/gaussian32.js';
import { expNegSquareD } from '../../backends/wasm/elements/math64.js';
import type { VectorForm } from './vectorForms.js';

export const erfForm: VectorForm = { float32: gaussian32.erf };
export const erfcForm: VectorForm = { float32: gaussian32.erfc };
export const normalCdfForm: VectorForm = { float32: gaussian32.normalCdf };

export const normalPdfForm: VectorForm = {
  float32: gaussian32.normalPdf,
  float64: (v, x) => v.mulD(expNegSquareD(v, x, 0.5), v.f64(1 / Math.sqrt(2 * Math.PI))),
};

export const expNegSquareForm: VectorForm = {
  float32: gaussian32.expNegSquare,
  float64: (v, x) => expNegSquareD(v, x, 1),
};
