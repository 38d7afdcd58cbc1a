/** @file Models that leave Chainrule, and models that come from elsewhere. */
export { VERSION as version } from './version.js';
export * from './stablehlo/index.js';
export * from './module/index.js';
