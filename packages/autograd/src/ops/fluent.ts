/** @file The only place where methods are put on Tensor: every operation whose first argument is its subject. */
import { Tensor } from '../graph/tensor.js';
import * as activations from './activations.js';
import * as arithmetic from './arithmetic.js';
import * as attention from './attention.js';
import * as comparison from './comparison.js';
import * as convolution from './convolution.js';
import * as einsum from './einsum.js';
import * as exponential from './exponential.js';
import * as indexing from './indexing.js';
import * as joining from './joining.js';
import * as matrix from './matrix.js';
import * as normalization from './normalization.js';
import * as ordering from './ordering.js';
import * as pooling from './pooling.js';
import * as reductions from './reductions.js';
import * as resampling from './resampling.js';
import * as rounding from './rounding.js';
import * as scans from './scans.js';
import * as scattering from './scattering.js';
import * as shape from './shape.js';
import * as special from './special.js';
import * as trigonometric from './trigonometric.js';

/** The families whose operations are methods too. */
const families = {
  ...arithmetic,
  ...exponential,
  ...trigonometric,
  ...special,
  ...rounding,
  ...comparison,
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
