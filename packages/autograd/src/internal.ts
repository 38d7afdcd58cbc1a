/** @file Internals, for tests and tools: may change with any release. */
export { engine, run } from './engine/evaluate.js';
export { operations } from './ops/build/primitive.js';
export { primitives } from './graph/primitive.js';
export { verification } from './engine/compile/verify.js';
