/**
 * @file What configures each operation of a recorded graph, by name: the contract with those who write exporters.
 * `docs/exporters.md` says what each computes.
 */
import type { DType } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { ConvAttrs } from '../ops/neural/conv.js';
import type { ArgmaxAttrs, SlideAttrs, SpanAttrs } from '../ops/neural/slide.js';

/** Operations of one, two or three elements at the same (broadcast) position; they have no attributes. */
// prettier-ignore
export const elementNames = [
  'neg', 'reciprocal', 'square', 'isNan', 'isInf', 'isFinite', 'logicalNot', 'floor', 'ceil', 'trunc', 'round', 'tanh',
  'sigmoid', 'sigmoidDerivative', 'tanhDerivative', 'softplus', 'exp', 'exp2', 'expm1', 'log', 'log2', 'log10', 'log1p', 'sqrt', 'rsqrt',
  'abs', 'sign', 'expNegSquare', 'normalPdf', 'normalCdf', 'erf', 'erfc', 'erfinv', 'relu', 'bitwiseNot', 'signbit',
  'lgamma', 'digamma', 'logit', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'asinh', 'acosh', 'atanh',
  'tanhshrink', 'special.entr', 'special.ndtri',
  'add', 'sub', 'mul', 'div', 'strongMul', 'strongProduct', 'pow', 'maximum', 'minimum', 'remainder', 'fmod',
  'floorDivide', 'hypot', 'atan2', 'logaddexp', 'logaddexp2', 'copysign', 'xlogy', 'nextafter.float32',
  'nextafter.float64', 'gammaSlope', 'special.xlog1py', 'special.gammainc', 'special.gammaincc', 'special.zeta',
  'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'logicalAnd', 'logicalOr', 'logicalXor', 'gcd', 'lcm', 'bitwiseAnd', 'bitwiseOr',
  'bitwiseXor', 'bitwiseLeftShift', 'bitwiseRightShift',
  'where',
] as const;

/** Operations of whole arrays without attributes. */
// prettier-ignore
export const plainNames = [
  'det', 'cofactor', 'slogdet', 'cholesky', 'qr', 'orthogonalComplete', 'eigh', 'svd', 'luPacked', 'luOrder',
  'matrixExp', 'recompute',
] as const;

/** Functions with derivatives of every order: of one element, the `order`-th derivative of the function. */
// prettier-ignore
export const familyNames = [
  'polygamma', 'sinc', 'scaledTail', 'special.erfcx', 'special.i0', 'special.i1', 'special.i0e', 'special.i1e',
  'special.ndtr', 'special.logNdtr',
] as const;

type NoAttributes = Readonly<Record<never, never>>;
type Dim = { readonly dim: number };
type Fold = { readonly dims: readonly number[]; readonly keepdim: boolean };
type Position = { readonly dim: number; readonly keepdim: boolean };
type Draw = { readonly shape: Shape; readonly dtype: DType };
type Streams = { readonly streams: number };
/** The fields of `T` without its index signature. */
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** The operations that are configured, and how. Dimensions count from 0; sizes and starts are elements. */
export interface ConfiguredOperations {
  cast: { readonly dtype: DType };
  reshape: { readonly shape: Shape };
  expand: { readonly shape: Shape };
  permute: { readonly dims: readonly number[] };
  /** Element `i` of dimension `d` is element `start[d] + i · step[d]` of the input; steps may be negative. */
  slice: {
    readonly start: readonly number[];
    readonly size: readonly number[];
    readonly step: readonly number[];
  };
  /** The first input at the places of a slice of `shape`, the second, a single element, elsewhere. */
  pad: {
    readonly shape: Shape;
    readonly start: readonly number[];
    readonly step: readonly number[];
  };
  concat: Dim;
  iota: { readonly size: number };
  sum: Fold;
  prod: Fold;
  max: Fold;
  min: Fold;
  median: Fold;
  argmax: Position;
  argmin: Position;
  argmedian: Position;
  argmode: Position;
  argnanmedian: Position;
  matmul: { readonly transA: boolean; readonly transB: boolean };
  conv: Known<ConvAttrs>;
  convInput: Known<ConvAttrs>;
  convWeight: Known<ConvAttrs>;
  windowSum: Known<SpanAttrs>;
  windowSpread: Known<SpanAttrs>;
  windowArgmax: Known<ArgmaxAttrs>;
  unfold: Known<SlideAttrs>;
  fold: Known<SlideAttrs>;
  gather: Dim;
  scatter: Dim;
  scatterAdd: Dim;
  scatterProd: Dim;
  /** `sign` is 1 for the largest, −1 for the smallest. */
  scatterExtreme: { readonly dim: number; readonly sign: number };
  take: Dim;
  indexAdd: Dim;
  oneHot: { readonly count: number };
  cumsum: { readonly dim: number; readonly reverse: boolean };
  cumprod: Dim;
  linearRecurrence: { readonly dim: number; readonly reverse: boolean };
  cumulativeExtreme: { readonly dim: number; readonly sign: number };
  logcumsumexp: Dim;
  argsort: { readonly dim: number; readonly descending: boolean };
  searchsorted: { readonly right: boolean };
  uniform: Draw;
  normal: Draw;
  poissonDraw: Streams;
  binomialDraw: Streams;
  vonMisesDraw: Streams;
  gammaDraw: Streams;
  solve: { readonly transposed: boolean; readonly op: string };
  triangularSolve: {
    readonly upper: boolean;
    readonly transposed: boolean;
    readonly unit: boolean;
  };
  pivotOrder: { readonly m: number };
  pinv: { readonly atol: number; readonly rtol: number };
  fft: { readonly dim: number; readonly sign: number; readonly scale: number };
  assertBetween: { readonly what: string };
}

export type ElementName = (typeof elementNames)[number];
type PlainName = (typeof plainNames)[number];
type FamilyName = (typeof familyNames)[number];

/** Every operation of a recorded graph and its attributes. */
export type OperationAttributes = ConfiguredOperations &
  Record<ElementName | PlainName, NoAttributes> &
  Record<FamilyName, { readonly order: number }>;

export type OperationName = keyof OperationAttributes;

/** The same elements in the same shape and dtype under another name: no node of a recorded graph. */
export const aliasNames = ['version', 'detach', 'clone', 'variable', 'call'] as const;

export function isAlias(name: string): boolean {
  return (aliasNames as readonly string[]).includes(name);
}
