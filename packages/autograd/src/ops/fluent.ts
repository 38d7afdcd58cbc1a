/**
 * @file The only place where methods are put on Tensor: every operation whose first argument is its subject. Methods that most
 * programs need are part of every bundle; the others are looked up by name.
 */
import { ChainruleError } from '../errors.js';
import { Tensor } from '../graph/tensor.js';
import { relu } from './elements/activations.js';
import * as arithmetic from './elements/arithmetic.js';
import * as comparison from './elements/comparison.js';
import * as exponential from './elements/exponential.js';
import { sigmoid, softplus } from './elements/special.js';
import { cos, sin, tanh } from './elements/trigonometric.js';
import * as rounding from './elements/rounding.js';
import { maskedFill } from './indexing/indexing.js';
import { bmm, dot, matmul, mm, mv, outer } from './linalg/matrix.js';
import { logSoftmax, softmax } from './neural/normalization/normalization.js';
import { operations } from './build/primitive.js';
import {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  logsumexp,
  max,
  mean,
  min,
  std,
  sum,
  var as variance,
} from './reductions/reductions.js';
import { chunk, narrow, select, split, unbind } from './shape/joining.js';
import {
  broadcastTo,
  contiguous,
  expand,
  flatten,
  movedim,
  permute,
  reshape,
  squeeze,
  swapaxes,
  t,
  transpose,
  unflatten,
  unsqueeze,
  view,
} from './shape/shape.js';
import { matrixTransposed } from './shape/turning.js';

/** The operations with which a network and its loss are written. */
const always = {
  ...arithmetic,
  ...exponential,
  ...rounding,
  ...comparison,
  ...{
    reshape,
    view,
    flatten,
    unflatten,
    squeeze,
    unsqueeze,
    permute,
    transpose,
    swapaxes,
    t,
    movedim,
  },
  ...{ expand, broadcastTo, contiguous },
  ...{ sin, cos, tanh, sigmoid, softplus, relu, softmax, logSoftmax },
  ...{ sum, mean, amax, amin, max, min, argmax, argmin, all, any, logsumexp, std },
  ...{ var: variance, matmul, mm, bmm, mv, dot, outer },
  ...{ maskedFill, chunk, narrow, select, split, unbind },
};

/** Operations without a natural subject. */
const functionOnly = ['where'];

/**
 * Methods that few programs call, or whose operations are large: they are looked up by name among the operations that the
 * program contains. That is all operations, but in a bundle only those that it calls as functions, directly or through its
 * layers.
 */
export const byName: readonly string[] = // Element by element.
  (
    'tan asin acos atan atan2 sinh cosh asinh acosh atanh ' +
    'lgamma digamma sinc logit xlogy erf erfc erfinv copysign signbit sgn fmax fmin floatPower ldexp heaviside isNegInf isPosInf ' +
    'nanToNum gcd lcm bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift bitwiseRightShift bitwiseNot addcmul addcdiv deg2rad ' +
    'rad2deg logaddexp2 clampMin clampMax clip leakyRelu elu gelu silu selu celu mish hardtanh relu6 hardsigmoid hardswish softsign softshrink ' +
    'logSigmoid prelu glu hardshrink nextafter ' +
    // Along dimensions.
    'prod norm median cumsum cumprod cummax cummin sort argsort msort topk unique bincount searchsorted aminmax countNonzero ' +
    'nansum nanmean nanmedian logcumsumexp quantile nanquantile kthvalue mode histc histogram cov corrcoef diff dist renorm ' +
    // Moving elements.
    'flip repeat tile repeatInterleave roll pad diag diagonal tril triu expandAs fliplr flipud moveaxis ravel viewAs ' +
    'at gather indexSelect take takeAlongDim maskedSelect nonzero argwhere scatter scatterAdd indexAdd indexPut ' +
    'scatterReduce indexReduce indexCopy indexFill maskedScatter selectScatter sliceScatter diagonalScatter ' +
    'uniqueConsecutive rot90 diagEmbed diagflat tensorSplit hsplit vsplit dsplit ' +
    // Matrices.
    'trace addmm addmv addr addbmm baddbmm linear kron inner cross vdot logdet tensordot matrixExp ' +
    // Layers.
    'conv1d conv2d conv3d convTranspose1d convTranspose2d convTranspose3d unfold fold maxPool1d maxPool2d avgPool1d ' +
    'avgPool2d adaptiveAvgPool2d adaptiveMaxPool2d layerNorm groupNorm batchNorm rmsNorm instanceNorm normalize ' +
    'cosineSimilarity dropout embedding oneHot scaledDotProductAttention interpolate pixelShuffle'
  ).split(' ');

/** Puts a method on every tensor. */
function define(name: string, value: (this: Tensor, ...args: never[]) => unknown): void {
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

/** Makes an operation a method of every tensor, which becomes its first argument. */
export function defineOperation(name: string, op: (...args: unknown[]) => unknown): void {
  define(
    name,
    // Arguments by position are faster than a rest parameter.
    op.length > 0
      ? function (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) {
          return op(this, a, b, c, d, e);
        }
      : function (...args: unknown[]) {
          return op(this, ...args);
        },
  );
}

for (const name of byName) {
  define(name, function (...args: unknown[]) {
    const op = operations.get(name)?.call;
    if (op === undefined)
      throw new ChainruleError(
        `${name}: this bundle leaves out the method, as nothing in it calls the function: import { ${name} } from ` +
          `'@chainrule/autograd' and write ${name}(x, …), or import '@chainrule/autograd/methods' for all methods`,
      );
    defineOperation(name, op);
    return op(this, ...args);
  });
}

for (const [name, op] of Object.entries(always)) {
  if (!functionOnly.includes(name)) defineOperation(name, op as (...args: unknown[]) => unknown);
}

// for (const row of x): the slices along dimension 0.
Object.defineProperty(Tensor.prototype, Symbol.iterator, {
  value: function (this: Tensor) {
    return unbind(this)[Symbol.iterator]();
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
