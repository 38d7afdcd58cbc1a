/** @file Every operation, by family. Family files export what users may call, and nothing else. */
export * from './elements/arithmetic.js';
export * from './elements/exponential.js';
export * from './elements/trigonometric.js';
export * from './elements/special.js';
export * from './elements/rounding.js';
export * from './elements/comparison.js';
export * from './elements/floats.js';
export * from './elements/neighbours.js';
export * from './elements/bits.js';
export * from './elements/combined.js';
export * from './elements/activations.js';
export * from './elements/assertions.js';
export * from './reductions/reductions.js';
export * from './reductions/cumulative.js';
export * from './reductions/logcumsumexp.js';
export * from './statistics/extremes.js';
export * from './statistics/quantiles.js';
export * from './statistics/summaries.js';
export * from './statistics/differences.js';
export * from './statistics/covariance.js';
export * from './statistics/distances.js';
export * from './statistics/histograms.js';
export * from './shape/shape.js';
export * from './shape/joining.js';
export * from './shape/stacking.js';
export { expandAs, fliplr, flipud, moveaxis, ravel, rot90, viewAs } from './shape/turning.js';
export * from './shape/choosing.js';
export * from './shape/diagonalMatrices.js';
export * from './indexing/indexing.js';
export * from './indexing/scattering.js';
export * from './indexing/ordering.js';
export * from './indexing/membership.js';
export * from './indexing/places.js';
export * from './indexing/replacing.js';
export {
  indexReduce,
  scatterReduce,
  type ScatterReduceOptions,
  type ScatterReduction,
} from './indexing/scatterReduce.js';
export * from './creation/creation.js';
export * from './creation/filling.js';
export * from './creation/random.js';
export {
  exponential,
  multinomial,
  normal,
  randintLike,
  type DrawOptions,
  type MultinomialOptions,
} from './creation/sampling.js';
export * from './creation/logspace.js';
export * from './creation/draws.js';
export * from './linalg/matrix.js';
export * from './linalg/products/einsum.js';
export {
  cross,
  inner,
  kron,
  vander,
  vdot,
  type CrossOptions,
  type VanderOptions,
} from './linalg/products/products.js';
export * from './linalg/products/addedProducts.js';
export { logdet } from './linalg/logdet.js';
export { matrixExp } from './linalg/matrixExp.js';
export * as linalg from './linalg/linalg.js';
export * from './neural/convolution/convolution.js';
export * from './pooling/pooling.js';
export * from './pooling/otherRanks.js';
export * from './pooling/lpPooling.js';
export * from './pooling/unpooling.js';
export * from './pooling/fractional.js';
export * from './neural/logSoftmaxAt.js';
export * from './neural/normalization/normalization.js';
export * from './neural/attention.js';
export * from './neural/resampling/resampling.js';
export * from './neural/channels.js';
export * from './neural/dropoutVariants.js';
export * from './neural/resampling/gridSample.js';
export * from './neural/pairwiseDistance.js';
export * from './neural/sampling.js';
export * from './neural/shrinking.js';
export * as fft from './fourier/fft.js';
export { istft, stft, type IstftOptions, type StftOptions } from './fourier/stft.js';
export * as signal from './signal/signal.js';
export * as special from './special/special.js';
export * as einops from './einops/einops.js';
export { rearrange, type AxisSizes } from './einops/einops.js';
