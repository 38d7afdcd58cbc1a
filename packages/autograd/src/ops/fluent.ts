/** @file The only place where methods are put on Tensor: every operation whose first argument is its subject. */
import { ChainruleError } from '../errors.js';
import { Tensor } from '../graph/tensor.js';
import * as activations from './elements/activations.js';
import * as arithmetic from './elements/arithmetic.js';
import * as bits from './elements/bits.js';
import * as combined from './elements/combined.js';
import * as floats from './elements/floats.js';
import { aminmax } from './statistics/extremes.js';
import { argwhere, msort } from './indexing/places.js';
import { countNonzero, nanmean, nansum } from './statistics/summaries.js';
import { inner, kron, vdot } from './linalg/products.js';
import { logdet } from './linalg/logdet.js';
import * as comparison from './elements/comparison.js';
import * as exponential from './elements/exponential.js';
import * as indexing from './indexing/indexing.js';
import * as joining from './shape/joining.js';
import * as matrix from './linalg/matrix.js';
import { logSoftmax, softmax } from './neural/normalization.js';
import { argsort, bincount, sort, topk, unique } from './indexing/ordering.js';
import { operations } from './build/primitive.js';
import * as reductions from './reductions/reductions.js';
import * as rounding from './elements/rounding.js';
import * as scans from './reductions/cumulative.js';
import * as scattering from './indexing/scattering.js';
import * as shape from './shape/shape.js';
import {
  expandAs,
  fliplr,
  flipud,
  matrixTransposed,
  moveaxis,
  ravel,
  viewAs,
} from './shape/turning.js';
import * as special from './elements/special.js';
import * as trigonometric from './elements/trigonometric.js';

/** The families whose operations are methods too. */
const families = {
  ...arithmetic,
  ...exponential,
  ...trigonometric,
  ...special,
  ...rounding,
  ...comparison,
  ...floats,
  ...bits,
  ...combined,
  ...activations,
  ...reductions,
  ...scans,
  ...shape,
  ...joining,
  ...indexing,
  ...scattering,
  ...matrix,
};

/** Of other files, those that weigh little. */
const light = {
  softmax,
  logSoftmax,
  sort,
  argsort,
  topk,
  bincount,
  unique,
  aminmax,
  countNonzero,
  nansum,
  nanmean,
  expandAs,
  fliplr,
  flipud,
  moveaxis,
  ravel,
  viewAs,
  kron,
  inner,
  vdot,
  logdet,
  argwhere,
  msort,
};

/** Operations without a natural subject. */
const functionOnly = ['cat', 'stack', 'meshgrid', 'where', 'polygamma'];

/**
 * Methods that PyTorch has not, and whose operations weigh much: they are found by name among the operations that the program
 * holds. That is all of them, but in a bundle those that it calls as functions, itself or through its layers.
 */
export const byName: readonly string[] = (
  'conv1d conv2d conv3d convTranspose1d convTranspose2d convTranspose3d unfold fold maxPool1d maxPool2d avgPool1d ' +
  'avgPool2d adaptiveAvgPool2d adaptiveMaxPool2d layerNorm groupNorm batchNorm rmsNorm instanceNorm normalize ' +
  'cosineSimilarity dropout embedding oneHot scaledDotProductAttention interpolate pixelShuffle tensordot searchsorted'
).split(' ');

for (const name of byName) {
  Object.defineProperty(Tensor.prototype, name, {
    value: function (this: Tensor, ...args: unknown[]) {
      const op = operations.get(name)?.call;
      if (op === undefined)
        throw new ChainruleError(
          `${name}: the method is left out of this bundle, as nothing in it calls the function; ` +
            `write import { ${name} } from '@chainrule/autograd', and ${name}(x, …)`,
        );
      return op(this, ...args);
    },
    writable: true,
    configurable: true,
  });
}

for (const [name, f] of Object.entries({ ...families, ...light })) {
  if (functionOnly.includes(name)) continue;
  const op = f as (...args: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    // Arguments by position are faster than a rest parameter.
    value:
      op.length > 0
        ? function (this: Tensor, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) {
            return op(this, a, b, c, d, e);
          }
        : function (this: Tensor, ...args: unknown[]) {
            return op(this, ...args);
          },
    writable: true,
    configurable: true,
  });
}

// for (const row of x): the slices along dimension 0.
Object.defineProperty(Tensor.prototype, Symbol.iterator, {
  value: function (this: Tensor) {
    return joining.unbind(this)[Symbol.iterator]();
  },
  writable: true,
  configurable: true,
});

Object.defineProperty(Tensor.prototype, 'mT', {
  get: function (this: Tensor) {
    return matrixTransposed(this);
  },
  configurable: true,
});
