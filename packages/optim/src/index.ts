/** @file The public surface of `@chainrule/optim`. */
export { Optimizer, type CommonOptions } from './optimizer.js';
export type { GroupOptions, ParamGroup, Params, ParamsOrGroups } from './paramGroup.js';
export type { OptimizerState, SavedGroup } from './state.js';
export { SGD, type SGDGroup, type SGDOptions } from './rules/sgd.js';
export { Adam, AdamW, type AdamGroup, type AdamOptions } from './rules/adam.js';
