/** @file The rules of the built-in optimizers, for composition: `rules.adam`. */
export { adadelta } from './adadelta.js';
export { adafactor } from './adafactor.js';
export { adagrad } from './adagrad.js';
export { adam, adamW } from './adam.js';
export { adamax } from './adamax.js';
export { asgd } from './asgd.js';
export { lion } from './lion.js';
export { muon } from './muon.js';
export { nadam } from './nadam.js';
export { radam } from './radam.js';
export { rmsprop } from './rmsprop.js';
export { rprop } from './rprop.js';
export { sgd } from './sgd.js';
