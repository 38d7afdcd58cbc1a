/** @file The lines of all operations. */
export * from './elementwise.js';
export * from './matrix.js';
export * from './moving.js';
export * from './neural.js';
export * from './pooling.js';
export * from './reducing.js';
export * from './transforming.js';
