/** @file `nn.utils`: clips gradients, reparametrizes weights, pads and packs sequences, fuses layers. */
export { fuseConvBn, fuseLinearBn } from './fuse.js';
export * from './gradients.js';
export * as parametrizations from './parametrizations.js';
export * as parametrize from './parametrize.js';
export * from './reparametrize.js';
export * as rnn from './rnn/index.js';
export * from './vector.js';
