/** @file The table entries of all operations. */
export * from './algebra.js';
export * from './elementwise.js';
export * from './fourier.js';
export * from './matrix.js';
export * from './moving.js';
export * from './neural.js';
export * from './places.js';
export * from './pooling.js';
export * from './reducing.js';
export * from './statistics.js';
export * from './transforming.js';
