/** @file Vector forms of remainders and whole quotients. */
import * as division from '../../backends/wasm/elements/division32.js';
import type { VectorForm } from './vectorForms.js';

export const fmodForm: VectorForm = { float32: division.fmod };
export const remainderForm: VectorForm = { float32: division.remainder };
export const floorDivideForm: VectorForm = { float32: division.floorDivide };
