/** @file Functions and training steps for XLA. */
export { exportStableHLO, type StableHLO, type StableHLOOptions } from './exportStableHLO.js';
export type { StableHLOMap, StableHLOPort } from './map.js';
