/** @file The only place where methods are put on Tensor: every operation whose first argument is its subject. */
import { Tensor } from '../graph/tensor.js';
import * as activations from './elements/activations.js';
import * as arithmetic from './elements/arithmetic.js';
import * as bits from './elements/bits.js';
import * as combined from './elements/combined.js';
import * as floats from './elements/floats.js';
import * as membership from './indexing/membership.js';
import * as attention from './neural/attention.js';
import * as comparison from './elements/comparison.js';
import * as convolution from './neural/convolution.js';
import * as einsum from './linalg/einsum.js';
import * as exponential from './elements/exponential.js';
import * as indexing from './indexing/indexing.js';
import * as joining from './shape/joining.js';
import * as matrix from './linalg/matrix.js';
import * as normalization from './neural/normalization.js';
import * as ordering from './indexing/ordering.js';
import * as pooling from './pooling/pooling.js';
import * as reductions from './reductions/reductions.js';
import * as resampling from './neural/resampling.js';
import * as rounding from './elements/rounding.js';
import * as scans from './reductions/scans.js';
import * as scattering from './indexing/scattering.js';
import * as shape from './shape/shape.js';
import { matrixTransposed } from './shape/turning.js';
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
  ...membership,
  ...activations,
  ...reductions,
  ...scans,
  ...shape,
  ...joining,
  ...indexing,
  ...scattering,
  ...ordering,
  ...matrix,
  ...einsum,
  ...convolution,
  ...pooling,
  ...normalization,
  ...attention,
  ...resampling,
};

/** Operations without a natural subject. */
const functionOnly = ['cat', 'stack', 'meshgrid', 'where', 'polygamma', 'einsum'];

for (const [name, f] of Object.entries(families)) {
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
