/**
 * @file `@chainrule/autograd/methods`: includes all methods of tensors in a bundle, even those whose functions the program does
 * not call. Without a bundler all methods exist anyway.
 */
import * as activations from './ops/elements/activations.js';
import * as bits from './ops/elements/bits.js';
import * as combined from './ops/elements/combined.js';
import * as floats from './ops/elements/floats.js';
import * as special from './ops/elements/special.js';
import * as trigonometric from './ops/elements/trigonometric.js';
import { byName, defineOperation } from './ops/fluent.js';
import * as indexing from './ops/indexing/indexing.js';
import * as ordering from './ops/indexing/ordering.js';
import * as places from './ops/indexing/places.js';
import * as scattering from './ops/indexing/scattering.js';
import { tensordot } from './ops/linalg/products/einsum.js';
import { logdet } from './ops/linalg/logdet.js';
import * as matrix from './ops/linalg/matrix.js';
import * as products from './ops/linalg/products/products.js';
import * as attention from './ops/neural/attention.js';
import * as batchNormalization from './ops/neural/normalization/batchNormalization.js';
import * as convolution from './ops/neural/convolution/convolution.js';
import * as folding from './ops/neural/convolution/folding.js';
import * as normalization from './ops/neural/normalization/normalization.js';
import * as resampling from './ops/neural/resampling/resampling.js';
import * as similarity from './ops/neural/similarity.js';
import * as pooling from './ops/pooling/pooling.js';
import * as cumulative from './ops/reductions/cumulative.js';
import { median, norm, prod } from './ops/reductions/reductions.js';
import * as diagonals from './ops/shape/diagonals.js';
import * as padding from './ops/shape/padding.js';
import * as rearranging from './ops/shape/rearranging.js';
import * as turning from './ops/shape/turning.js';
import { nextafter } from './ops/elements/neighbours.js';
import * as replacing from './ops/indexing/replacing.js';
import { indexReduce, scatterReduce } from './ops/indexing/scatterReduce.js';
import { addbmm, addmv, addr, baddbmm } from './ops/linalg/products/addedProducts.js';
import { matrixExp } from './ops/linalg/matrixExp.js';
import { hardshrink } from './ops/neural/shrinking.js';
import { logcumsumexp } from './ops/reductions/logcumsumexp.js';
import * as diagonalMatrices from './ops/shape/diagonalMatrices.js';
import * as stacking from './ops/shape/stacking.js';
import * as covariance from './ops/statistics/covariance.js';
import * as differences from './ops/statistics/differences.js';
import * as distances from './ops/statistics/distances.js';
import * as histograms from './ops/statistics/histograms.js';
import * as quantiles from './ops/statistics/quantiles.js';
import * as extremes from './ops/statistics/extremes.js';
import * as summaries from './ops/statistics/summaries.js';

const families: Readonly<Record<string, unknown>> = {
  ...activations,
  ...bits,
  ...combined,
  ...floats,
  ...special,
  ...trigonometric,
  ...indexing,
  ...ordering,
  ...places,
  ...scattering,
  ...matrix,
  ...products,
  ...attention,
  ...batchNormalization,
  ...convolution,
  ...folding,
  ...normalization,
  ...resampling,
  ...similarity,
  ...pooling,
  ...cumulative,
  ...diagonals,
  ...padding,
  ...rearranging,
  ...turning,
  ...summaries,
  ...replacing,
  ...diagonalMatrices,
  ...stacking,
  ...covariance,
  ...differences,
  ...distances,
  ...histograms,
  ...quantiles,
  ...extremes,
  ...{ tensordot, logdet, median, norm, prod, nextafter, indexReduce, scatterReduce, matrixExp },
  ...{ addbmm, addmv, addr, baddbmm, hardshrink, logcumsumexp },
};

for (const name of byName) defineOperation(name, families[name] as (...args: unknown[]) => unknown);
