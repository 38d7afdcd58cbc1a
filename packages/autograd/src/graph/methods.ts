/** @file The fluent methods of a tensor, as types: each family declares its own, `ops/fluent.ts` puts them on the prototype. */
import type { ActivationsMethods } from '../ops/activations.js';
import type { ArithmeticMethods } from '../ops/arithmetic.js';
import type { AttentionMethods } from '../ops/attention.js';
import type { ComparisonMethods } from '../ops/comparison.js';
import type { ConvolutionMethods } from '../ops/convolution.js';
import type { EinsumMethods } from '../ops/einsum.js';
import type { ExponentialMethods } from '../ops/exponential.js';
import type { IndexingMethods } from '../ops/indexing.js';
import type { JoiningMethods } from '../ops/joining.js';
import type { MatrixMethods } from '../ops/matrix.js';
import type { NormalizationMethods } from '../ops/normalization.js';
import type { OrderingMethods } from '../ops/ordering.js';
import type { PoolingMethods } from '../ops/pooling.js';
import type { ReductionsMethods } from '../ops/reductions.js';
import type { ResamplingMethods } from '../ops/resampling.js';
import type { RoundingMethods } from '../ops/rounding.js';
import type { ScansMethods } from '../ops/scans.js';
import type { ScatteringMethods } from '../ops/scattering.js';
import type { ShapeMethods } from '../ops/shape.js';
import type { SpecialMethods } from '../ops/special.js';
import type { TrigonometricMethods } from '../ops/trigonometric.js';
import type { Shape } from './shape.js';

export interface TensorMethods<S extends Shape>
  extends
    ArithmeticMethods<S>,
    ExponentialMethods<S>,
    TrigonometricMethods<S>,
    SpecialMethods<S>,
    RoundingMethods<S>,
    ComparisonMethods<S>,
    ActivationsMethods<S>,
    ReductionsMethods<S>,
    ScansMethods<S>,
    ShapeMethods<S>,
    JoiningMethods<S>,
    IndexingMethods<S>,
    ScatteringMethods<S>,
    OrderingMethods<S>,
    MatrixMethods<S>,
    EinsumMethods<S>,
    ConvolutionMethods<S>,
    PoolingMethods<S>,
    NormalizationMethods<S>,
    AttentionMethods<S>,
    ResamplingMethods<S> {}
