/** @file The fluent methods of a tensor, as types: each family declares its own, `ops/fluent.ts` puts them on the prototype. */
import type { ActivationsMethods } from '../ops/elements/activations.js';
import type { ArithmeticMethods } from '../ops/elements/arithmetic.js';
import type { AttentionMethods } from '../ops/neural/attention.js';
import type { BitsMethods } from '../ops/elements/bits.js';
import type { CombinedMethods } from '../ops/elements/combined.js';
import type { FloatsMethods } from '../ops/elements/floats.js';
import type { ComparisonMethods } from '../ops/elements/comparison.js';
import type { ConvolutionMethods } from '../ops/neural/convolution/convolution.js';
import type { EinsumMethods } from '../ops/linalg/products/einsum.js';
import type { ExponentialMethods } from '../ops/elements/exponential.js';
import type { IndexingMethods } from '../ops/indexing/indexing.js';
import type { JoiningMethods } from '../ops/shape/joining.js';
import type { MatrixMethods } from '../ops/linalg/matrix.js';
import type { NormalizationMethods } from '../ops/neural/normalization/normalization.js';
import type { OrderingMethods } from '../ops/indexing/ordering.js';
import type { PoolingMethods } from '../ops/pooling/pooling.js';
import type { ReductionsMethods } from '../ops/reductions/reductions.js';
import type { ResamplingMethods } from '../ops/neural/resampling/resampling.js';
import type { RoundingMethods } from '../ops/elements/rounding.js';
import type { ScansMethods } from '../ops/reductions/cumulative.js';
import type { ScatteringMethods } from '../ops/indexing/scattering.js';
import type { ShapeMethods } from '../ops/shape/shape.js';
import type { SpecialMethods } from '../ops/elements/special.js';
import type { TrigonometricMethods } from '../ops/elements/trigonometric.js';
import type { ExtremesMethods } from '../ops/statistics/extremes.js';
import type { SummariesMethods } from '../ops/statistics/summaries.js';
import type { TurningMethods } from '../ops/shape/turning.js';
import type { ProductsMethods } from '../ops/linalg/products/products.js';
import type { LogdetMethods } from '../ops/linalg/logdet.js';
import type { RareMethods } from '../ops/rareMethods.js';
import type { PlacesMethods } from '../ops/indexing/places.js';
import type { Shape } from './shape.js';

export interface TensorMethods<S extends Shape>
  extends
    ArithmeticMethods<S>,
    ExponentialMethods<S>,
    TrigonometricMethods<S>,
    SpecialMethods<S>,
    RoundingMethods<S>,
    ComparisonMethods<S>,
    FloatsMethods<S>,
    BitsMethods<S>,
    CombinedMethods<S>,
    PlacesMethods,
    RareMethods,
    LogdetMethods,
    ProductsMethods,
    TurningMethods<S>,
    SummariesMethods,
    ExtremesMethods,
    ActivationsMethods<S>,
    ReductionsMethods<S>,
    ScansMethods,
    ShapeMethods<S>,
    JoiningMethods,
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
