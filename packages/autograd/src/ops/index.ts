/** @file Every operation, by family. Family files export what users may call, and nothing else. */
import './fluent.js';

export * from './elements/arithmetic.js';
export * from './elements/exponential.js';
export * from './elements/trigonometric.js';
export * from './elements/special.js';
export * from './elements/rounding.js';
export * from './elements/comparison.js';
export * from './elements/activations.js';
export * from './elements/assertions.js';
export * from './reductions/reductions.js';
export * from './reductions/scans.js';
export * from './shape/shape.js';
export * from './shape/joining.js';
export * from './indexing/indexing.js';
export * from './indexing/scattering.js';
export * from './indexing/ordering.js';
export * from './creation/creation.js';
export * from './creation/random.js';
export * from './linalg/matrix.js';
export * from './linalg/einsum.js';
export * as linalg from './linalg/linalg.js';
export * from './neural/convolution.js';
export * from './neural/pooling.js';
export * from './neural/normalization.js';
export * from './neural/attention.js';
export * from './neural/resampling.js';
