/** @file The public surface of `@chainrule/autograd`. */
import './ops/fluent.js';

export * from './wasm.js';
export * from './functions.js';
