/** @file All losses as functions. */
export * from './regression.js';
export * from './classification.js';
export * from './probabilities.js';
export * from './ranking.js';
export * from './margins.js';
export * from './ctc.js';
export type { LossOptions, Reduction } from './reduction.js';
