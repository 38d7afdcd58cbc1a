/** @file Functions and training steps for XLA. */
export {
  exportStableHLO,
  type StableHLO,
  type StableHLOMap,
  type StableHLOOptions,
  type StableHLOPort,
} from './exportStableHLO.js';
