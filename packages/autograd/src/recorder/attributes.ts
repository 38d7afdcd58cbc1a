/**
 * @file The attributes of each operation of a recorded graph, by name: the contract with authors of exporters.
 * `docs/exporters.md` says what each operation computes.
 */
import type { DType } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { ConvAttrs } from '../ops/neural/convolution/conv.js';
import type { ArgmaxAttrs, SlideAttrs, SpanAttrs } from '../ops/neural/convolution/slide.js';

/** Operations of one, two or three elements at the same (broadcast) position; they have no attributes. */
// prettier-ignore
export const elementNames = [
  'neg', 'reciprocal', 'square', 'isNan', 'isInf', 'isFinite', 'logicalNot', 'floor', 'ceil', 'trunc', 'round', 'tanh',
  'sigmoid', 'sigmoidDerivative', 'tanhDerivative', 'softplus', 'exp', 'exp2', 'expm1', 'log', 'log2', 'log10', 'log1p', 'sqrt', 'rsqrt',
  'abs', 'sign', 'expNegSquare', 'normalPdf', 'normalCdf', 'erf', 'erfc', 'erfinv', 'relu', 'bitwiseNot', 'signbit',
  'lgamma', 'digamma', 'logit', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'asinh', 'acosh', 'atanh',
  'tanhshrink', 'special.entr', 'special.ndtri', 'sinc', 'special.i0', 'special.i1', 'special.i0e', 'special.i1e',
  'add', 'sub', 'mul', 'div', 'strongMul', 'strongProduct', 'pow', 'maximum', 'minimum', 'remainder', 'fmod',
  'floorDivide', 'hypot', 'atan2', 'logaddexp', 'logaddexp2', 'copysign', 'xlogy', 'nextafter.float32',
  'nextafter.float64', 'gammaSlope', 'special.xlog1py', 'special.gammaDensity', 'special.gammainc', 'special.gammaincc', 'special.zeta',
  'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'logicalAnd', 'logicalOr', 'logicalXor', 'gcd', 'lcm', 'bitwiseAnd', 'bitwiseOr',
  'bitwiseXor', 'bitwiseLeftShift', 'bitwiseRightShift',
  'where',
] as const;

/** Operations on whole arrays without attributes. */
// prettier-ignore
export const plainNames = [
  'det', 'cofactor', 'cofactorRate', 'slogdet', 'cholesky', 'qr', 'orthogonalComplete', 'svd', 'luPacked',
  'matrixExp', 'recompute',
] as const;

/** Functions with derivatives of every order: of one element, the `order`-th derivative of the function. */
// prettier-ignore
export const familyNames = [
  'polygamma', 'sincSlope', 'scaledTail', 'special.erfcx', 'special.i0Slope', 'special.i1Slope', 'special.i0eSlope',
  'special.i1eSlope', 'special.logNdtr',
] as const;

type NoAttributes = Readonly<Record<never, never>>;
type Dim = { readonly dim: number };
/** Attributes of operations that read at an index, and the name of that index in errors. */
type Reading = Dim & { readonly what?: string };
type Fold = { readonly dims: readonly number[]; readonly keepdim: boolean };
type Position = { readonly dim: number; readonly keepdim: boolean };
type Draw = { readonly shape: Shape; readonly dtype: DType };
type Streams = { readonly streams: number };
/** The fields of `T` without its index signature. */
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** The operations with attributes, and what these are. Dimensions count from 0; sizes and starts are in elements. */
export interface ConfiguredOperations {
  /**
   * The same elements as another dtype: float to int32 truncates and saturates, NaN becomes 0; in bool everything but 0 is
   * true.
   */
  cast: { readonly dtype: DType };
  /** The same elements in row-major order, in another shape of the same size. */
  reshape: { readonly shape: Shape };
  /** Repeats the input to `shape` by the rules of broadcasting. */
  expand: { readonly shape: Shape };
  /** Dimension `d` of the result is dimension `dims[d]` of the input. */
  permute: { readonly dims: readonly number[] };
  /** Element `i` of dimension `d` is element `start[d] + i · step[d]` of the input; steps may be negative. */
  slice: {
    readonly start: readonly number[];
    readonly size: readonly number[];
    readonly step: readonly number[];
  };
  /** The first input at the positions of a slice of `shape`, and the second, a single element, elsewhere. */
  pad: {
    readonly shape: Shape;
    readonly start: readonly number[];
    readonly step: readonly number[];
  };
  /** The inputs one after the other along `dim`. */
  concat: Dim;
  /** The numbers 0 to `size − 1`, int32 `[size]`; no inputs. */
  iota: { readonly size: number };
  /** The sum over `dims`, which are kept with size 1 if `keepdim`. Booleans add up in int32. */
  sum: Fold;
  /** The product over `dims`, which are kept with size 1 if `keepdim`. Booleans multiply in int32. */
  prod: Fold;
  /** The largest element over `dims`; NaN if there is one. */
  max: Fold;
  /** The smallest element over `dims`; NaN if there is one. */
  min: Fold;
  /** The median over `dims`, the lower of two; NaN if there is one. */
  median: Fold;
  /** The position along `dim` of the first largest element, int32; of the first NaN if there is one. */
  argmax: Position;
  /** The position along `dim` of the first smallest element, int32; of the first NaN if there is one. */
  argmin: Position;
  /** The position along `dim` of the lower median, int32; of the first NaN if there is one. */
  argmedian: Position;
  /**
   * The position along `dim` of the last of the most frequent elements, int32; of equally frequent ones the smallest counts.
   */
  argmode: Position;
  /** The position along `dim` of the lower median of the elements that are not NaN, int32; 0 if all are NaN. */
  argnanmedian: Position;
  /** The matrix product of two inputs over their last two dimensions, each transposed first if its flag says so. */
  matmul: { readonly transA: boolean; readonly transB: boolean };
  /**
   * Correlation of `x [n, c, …size]` with `w [o, c / groups, …kernel]`: `[n, o, …]`. Padding may be negative and
   * uneven.
   */
  conv: Known<ConvAttrs>;
  /** The gradient of `conv` with respect to its input, `[n, c, …size]`, from the gradient of the result and the weight. */
  convInput: Known<ConvAttrs>;
  /**
   * The gradient of `conv` with respect to its weight, `[o, c / groups, …kernel]`, from the input and the gradient of the
   * result.
   */
  convWeight: Known<ConvAttrs>;
  /**
   * Sums over windows of the last dimensions, `[…, …size]` to `[…, …windows]`: from `starts[d][o]` up to, but without,
   * `ends[d][o]`.
   */
  windowSum: Known<SpanAttrs>;
  /** The transpose of `windowSum`, `[…, …windows]` to `[…, …size]`: adds each element to all that its window covers. */
  windowSpread: Known<SpanAttrs>;
  /**
   * The position of the largest element of each window, int32, counted over the last dimensions; every `step[d]`-th element
   * counts.
   */
  windowArgmax: Known<ArgmaxAttrs>;
  /** Sliding windows, zeros in the padding: `[n, c, …size]` to `[n, c, …kernel, …windows]`. */
  unfold: Known<SlideAttrs>;
  /** The transpose of `unfold`, `[n, c, …kernel, …windows]` to `[n, c, …size]`: adds up where windows overlap. */
  fold: Known<SlideAttrs>;
  /** Elements of the first input along `dim`, chosen by an index for each element of the result. */
  gather: Reading;
  /**
   * The first input with elements of the third written along `dim` at positions given by the second, an index; the last one
   * wins.
   */
  scatter: Dim;
  /** Like `scatter`, but adds the elements. */
  scatterAdd: Reading;
  /** Like `scatter`, but multiplies by the elements. */
  scatterProd: Dim;
  /** Like `scatter`, but keeps the largest (`sign` 1) or smallest (−1) element. */
  scatterExtreme: { readonly dim: number; readonly sign: number };
  /** Slices of the first input along `dim`, chosen by an index whose dimensions replace `dim`. */
  take: Reading;
  /** The first input with slices of the third added along `dim` at the positions that the second, an index, names. */
  indexAdd: Reading;
  /** int32 `[…, count]` of an index `[…]`: 1 at the position that it names, 0 elsewhere. */
  oneHot: { readonly count: number };
  /** Sums of all elements so far along `dim`, from the end if `reverse`. Booleans add up in int32. */
  cumsum: { readonly dim: number; readonly reverse: boolean };
  /** Products of all elements so far along `dim`. */
  cumprod: Dim;
  /**
   * `h[k] = a[k] h[k−1] + b[k]` along `dim` from `h[−1] = 0`, from the end if `reverse`; a product with `h[k−1] = 0` is
   * 0.
   */
  linearRecurrence: { readonly dim: number; readonly reverse: boolean };
  /**
   * The position along `dim` of the largest (`sign` 1) or smallest (−1) element so far, int32: the last of equal ones; a NaN
   * stays.
   */
  cumulativeExtreme: { readonly dim: number; readonly sign: number };
  /** The logarithm of the sum of the exponentials of all elements so far along `dim`. */
  logcumsumexp: Dim;
  /**
   * The order that sorts along `dim`, int32; stable, with NaN larger than all numbers. With `leading`, only this many of the
   * first positions are read.
   */
  argsort: { readonly dim: number; readonly descending: boolean; readonly leading?: number };
  /** Where the second input belongs in the sorted first one, int32, along the last dimension; after equal ones if `right`. */
  searchsorted: { readonly right: boolean };
  /** The norms of the differences of all rows of `x […, p, m]` and all of `y […, r, m]`: `[…, p, r]`. */
  rowDistances: { readonly norm: 'l1' | 'l2' | 'max' };
  /** `Σⱼ wᵢⱼ (xᵢ − yⱼ)` of `w […, p, r]` (`[…, r, p]` if `transposed`), `x […, p, m]` and `y […, r, m]`: `[…, p, m]`. */
  rowPulls: { readonly transposed: boolean };
  /** Random numbers from [0, 1) of `shape` and `dtype`, from the inputs `seed` and `offset`. */
  uniform: Draw;
  /** Random numbers of the standard normal distribution of `shape` and `dtype`, from the inputs `seed` and `offset`. */
  normal: Draw;
  /** A Poisson draw for each element of the rate. Inputs: seed, offset, rate. Element `i` uses stream `i % streams`. */
  poissonDraw: Streams;
  /**
   * A binomial draw for each element. Inputs: seed, offset, count, probability. Element `i` uses stream `i % streams`.
   */
  binomialDraw: Streams;
  /**
   * A von Mises draw around 0 for each concentration. Inputs: seed, offset, concentration. Streams as in `poissonDraw`.
   */
  vonMisesDraw: Streams;
  /** A Gamma draw of rate 1 for each concentration. Inputs: seed, offset, concentration. Streams as in `poissonDraw`. */
  gammaDraw: Streams;
  /**
   * `A⁻¹ B`, or `A⁻ᵀ B` if `transposed`, of `A […, n, n]` and `B […, n, k]`. `op` names the caller when A is singular.
   */
  solve: { readonly transposed: boolean; readonly op: string };
  /** Like `solve`, with the upper or lower triangle of A; its diagonal counts as ones if `unit`. */
  triangularSolve: {
    readonly upper: boolean;
    readonly transposed: boolean;
    readonly unit: boolean;
  };
  /** The order `[…, m]` of `m` rows that results from exchanges by the pivots `[…, k]`. */
  pivotOrder: { readonly m: number };
  /** The pseudoinverse `[…, n, m]` of `[…, m, n]`; singular values up to `max(atol, rtol · largest)` count as 0. */
  pinv: { readonly atol: number; readonly rtol: number };
  /** Whether the vectors are needed: otherwise the rows after the values may hold anything. */
  eigh: { readonly vectors: boolean };
  /** `scale · Σ x[j] e^(sign · 2πi jk/n)` along `dim`, of complex numbers as pairs in the last dimension, `[…, 2]`. */
  fft: {
    readonly dim: number;
    readonly n: number;
    readonly sign: number;
    readonly scale: number;
    readonly from: 'pairs' | 'parts' | 'real';
    readonly to: 'pairs' | 'half';
  };
  /**
   * `scale` times the real sums along `dim`, `n` of them, of complex terms. Only the first ⌊n/2⌋ + 1 are given, as pairs in the
   * last dimension of one input or as the parts in two; the others are their conjugates.
   */
  irfft: { readonly dim: number; readonly n: number; readonly scale: number };
  /**
   * The first input; an error, which begins with `what`, if an element is outside the bounds, which are the other two inputs.
   */
  assertBetween: {
    readonly what: string;
    readonly low: number;
    readonly high: number;
    readonly dim?: number;
  };
}

/** The name of an operation on elements, without attributes: one of `elementNames`. */
export type ElementName = (typeof elementNames)[number];
type PlainName = (typeof plainNames)[number];
type FamilyName = (typeof familyNames)[number];

/** Every operation of a recorded graph and its attributes. */
export type OperationAttributes = ConfiguredOperations &
  Record<ElementName | PlainName, NoAttributes> &
  Record<FamilyName, { readonly order: number }>;

/** The name of an operation of a recorded graph: `op` of an operation node. */
export type OperationName = keyof OperationAttributes;

/** Operations that return the same elements in the same shape and dtype: they are not nodes of a recorded graph. */
// prettier-ignore
export const aliasNames = [
  'version', 'detach', 'clone', 'variable', 'call', 'softmaxRule', 'logSoftmaxRule', 'logsumexpRule',
  'logSoftmaxAtRule',
] as const;

export function isAlias(name: string): boolean {
  return (aliasNames as readonly string[]).includes(name);
}
