/** @file Methods that few programs call, as types: their signatures are those of the functions. */
import type { hardshrink } from './neural/shrinking.js';
import type { nextafter } from './elements/neighbours.js';
import type { uniqueConsecutive } from './indexing/places.js';
import type {
  diagonalScatter,
  indexCopy,
  indexFill,
  maskedScatter,
  selectScatter,
  sliceScatter,
} from './indexing/replacing.js';
import type { indexReduce, scatterReduce } from './indexing/scatterReduce.js';
import type { addbmm, addmv, addr, baddbmm } from './linalg/addedProducts.js';
import type { matrixExp } from './linalg/matrixExp.js';
import type { cross } from './linalg/products.js';
import type { logcumsumexp } from './reductions/logcumsumexp.js';
import type { diagEmbed, diagflat } from './shape/diagonalMatrices.js';
import type { dsplit, hsplit, tensorSplit, vsplit } from './shape/stacking.js';
import type { rot90 } from './shape/turning.js';
import type { corrcoef, cov } from './statistics/covariance.js';
import type { diff } from './statistics/differences.js';
import type { dist, renorm } from './statistics/distances.js';
import type { kthvalue, mode, nanmedian } from './statistics/extremes.js';
import type { histc, histogram } from './statistics/histograms.js';
import type { nanquantile, quantile } from './statistics/quantiles.js';

/** An operation without its first argument, which is the tensor itself. */
type Method<F extends (x: never, ...rest: never[]) => unknown> = F extends (
  x: never,
  ...rest: infer Rest
) => infer R
  ? (...rest: Rest) => R
  : never;

export interface RareMethods {
  scatterReduce: Method<typeof scatterReduce>;
  indexReduce: Method<typeof indexReduce>;
  indexCopy: Method<typeof indexCopy>;
  indexFill: Method<typeof indexFill>;
  maskedScatter: Method<typeof maskedScatter>;
  selectScatter: Method<typeof selectScatter>;
  sliceScatter: Method<typeof sliceScatter>;
  diagonalScatter: Method<typeof diagonalScatter>;
  uniqueConsecutive: Method<typeof uniqueConsecutive>;
  logcumsumexp: Method<typeof logcumsumexp>;
  quantile: Method<typeof quantile>;
  nanquantile: Method<typeof nanquantile>;
  nanmedian: Method<typeof nanmedian>;
  kthvalue: Method<typeof kthvalue>;
  mode: Method<typeof mode>;
  histc: Method<typeof histc>;
  histogram: Method<typeof histogram>;
  cov: Method<typeof cov>;
  corrcoef: Method<typeof corrcoef>;
  diff: Method<typeof diff>;
  dist: Method<typeof dist>;
  renorm: Method<typeof renorm>;
  rot90: Method<typeof rot90>;
  diagEmbed: Method<typeof diagEmbed>;
  diagflat: Method<typeof diagflat>;
  tensorSplit: Method<typeof tensorSplit>;
  hsplit: Method<typeof hsplit>;
  vsplit: Method<typeof vsplit>;
  dsplit: Method<typeof dsplit>;
  cross: Method<typeof cross>;
  addmv: Method<typeof addmv>;
  addr: Method<typeof addr>;
  addbmm: Method<typeof addbmm>;
  baddbmm: Method<typeof baddbmm>;
  matrixExp: Method<typeof matrixExp>;
  hardshrink: Method<typeof hardshrink>;
  nextafter: Method<typeof nextafter>;
}
