/** @file Losses as modules: each keeps the options of its function. PyTorch's names and defaults. */
export * from './regressionLosses.js';
export * from './classificationLosses.js';
export * from './rankingLosses.js';
