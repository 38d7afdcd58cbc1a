/** @file Every operation, by family. Family files export what users may call, and nothing else. */
import './fluent.js';

export * from './arithmetic.js';
export * from './exponential.js';
export * from './trigonometric.js';
export * from './special.js';
export * from './rounding.js';
export * from './comparison.js';
export * from './activations.js';
export * from './reductions.js';
export * from './scans.js';
export * from './shape.js';
export * from './joining.js';
export * from './indexing.js';
export * from './scattering.js';
export * from './ordering.js';
export * from './creation.js';
export * from './random.js';
export * from './matrix.js';
export * from './einsum.js';
export * as linalg from './linalg.js';
export * from './convolution.js';
export * from './pooling.js';
export * from './normalization.js';
export * from './attention.js';
export * from './resampling.js';
