/** @file `nn.utils`. */
export * from './gradients.js';
export * from './reparametrize.js';
export * from './vector.js';
