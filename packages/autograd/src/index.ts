/** @file `@chainrule/autograd`: tensors, operations on them, and derivatives of any order. */
import './ops/fluent.js';

export * from './wasm.js';
export * from './functions.js';
