/** @file Types of the methods that few programs call: their signatures are those of the functions. */
import type { Tensor } from '../graph/tensor.js';
import type { AlongMethod, Having, Operand } from './build/define.js';
import type { Indices } from './indexing/indices.js';
import type { DiagonalScatterOptions, SliceScatterOptions } from './indexing/replacing.js';
import type { ScatterReduceOptions, ScatterReduction } from './indexing/scatterReduce.js';
import type { UniqueOptions, UniqueParts } from './indexing/unique.js';
import type { AddmmOptions } from './linalg/matrix.js';
import type { CrossOptions } from './linalg/products/products.js';
import type { HardshrinkOptions } from './neural/shrinking.js';
import type { ReduceOptions } from './reductions/reduction.js';
import type { ValuesAndIndices } from './reductions/reductions.js';
import type { DiagEmbedOptions } from './shape/diagonalMatrices.js';
import type { CovOptions } from './statistics/covariance.js';
import type { DiffOptions } from './statistics/differences.js';
import type { DistanceOptions } from './statistics/distances.js';
import type { HistcOptions, Histogram, HistogramOptions } from './statistics/histograms.js';
import type { QuantileOptions } from './statistics/quantiles.js';

type SplitPositions = number | readonly number[] | Tensor;

export interface RareMethods {
  // Elements in other places.
  scatterReduce(
    dim: number,
    index: Indices,
    src: Operand,
    reduce: ScatterReduction,
    options?: ScatterReduceOptions,
  ): Tensor;
  indexReduce(
    dim: number,
    index: Indices,
    source: Tensor,
    reduce: Exclude<ScatterReduction, 'sum'>,
    options?: ScatterReduceOptions,
  ): Tensor;
  indexCopy: AlongMethod<Tensor, [index: Indices, source: Tensor]>;
  indexFill: AlongMethod<Tensor, [index: Indices, value: Operand]>;
  maskedScatter(mask: Tensor, source: Tensor): Tensor;
  selectScatter(src: Operand, dim: number, index: number): Tensor;
  sliceScatter(src: Operand, options?: SliceScatterOptions): Tensor;
  diagonalScatter(src: Operand, options?: DiagonalScatterOptions): Tensor;
  uniqueConsecutive(): Tensor;
  uniqueConsecutive(
    options: UniqueOptions & ({ readonly returnInverse: true } | { readonly returnCounts: true }),
  ): UniqueParts;
  uniqueConsecutive(options?: UniqueOptions): Tensor | UniqueParts;
  rot90(k?: number, dims?: readonly number[]): Tensor;
  diagEmbed(options?: DiagEmbedOptions): Tensor;
  diagflat(offset?: number | { readonly offset?: number }): Tensor;
  tensorSplit(indicesOrSections: SplitPositions, dim?: number): Tensor[];
  hsplit(indicesOrSections: SplitPositions): Tensor[];
  vsplit(indicesOrSections: SplitPositions): Tensor[];
  dsplit(indicesOrSections: SplitPositions): Tensor[];
  // Statistics.
  logcumsumexp: AlongMethod<Tensor>;
  quantile(q: SplitPositions, dim?: number | null, options?: QuantileOptions): Tensor;
  nanquantile(q: SplitPositions, dim?: number | null, options?: QuantileOptions): Tensor;
  nanmedian(dim?: null): Tensor;
  nanmedian(dim: number, options?: ReduceOptions): ValuesAndIndices;
  kthvalue<T extends Tensor, const D extends number>(
    this: Having<T, D>,
    k: number,
    dim?: D,
    options?: ReduceOptions,
  ): ValuesAndIndices;
  mode<T extends Tensor, const D extends number>(
    this: Having<T, D>,
    dim?: D,
    options?: ReduceOptions,
  ): ValuesAndIndices;
  histc(options?: HistcOptions): Tensor;
  histogram(bins: number | Tensor, options?: HistogramOptions): Histogram;
  cov(options?: CovOptions): Tensor;
  corrcoef(): Tensor;
  diff(options?: DiffOptions): Tensor;
  dist(y: Operand, options?: DistanceOptions): Tensor;
  renorm(p: number, dim: number, maxnorm: number): Tensor;
  // Matrices, and element by element.
  cross(y: Operand, options?: CrossOptions): Tensor;
  addmv(x: Tensor, y: Tensor, options?: AddmmOptions): Tensor;
  addr(x: Tensor, y: Tensor, options?: AddmmOptions): Tensor;
  addbmm(x: Tensor, y: Tensor, options?: AddmmOptions): Tensor;
  baddbmm(x: Tensor, y: Tensor, options?: AddmmOptions): Tensor;
  matrixExp(): Tensor;
  hardshrink(options?: HardshrinkOptions): Tensor;
  nextafter(y: Operand): Tensor;
}
