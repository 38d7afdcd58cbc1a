/** @file `nn.utils`: clips gradients, reparametrizes weights, pads and packs sequences, fuses layers. */
export { fuseConvBn, fuseLinearBn } from './fuse.js';
export * from './gradients.js';
export * as parametrizations from './parametrizations.js';
export * as parametrize from './parametrize.js';
export {
  removeSpectralNorm,
  removeWeightNorm,
  spectralNorm,
  weightNorm,
  type SpectralNormOptions,
  type WeightNormOptions,
  type WeightOption,
} from './reparametrize.js';
export * as rnn from './rnn/index.js';
export * from './vector.js';
