/**
 * @file Table entries of statistics: ranks and quantiles, sums without NaN, differences, covariances, distances, histograms.
 */
import * as A from '@chainrule/autograd';
import { rowPullsOf } from '@chainrule/autograd/internal';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const x = (): Tensor => spread([3, 4], -2, 2);
const y = (): Tensor => spread([3, 4], -2, 2, [], 7);
const vector = (n: number, seed = 1): Tensor => spread([n], -2, 2, [], seed);
/** One in each row is NaN; it stays in vmap's smaller examples. */
const holes = (): Tensor =>
  A.tensor(Float64Array.of(1, NaN, -2, 0.5, 3, 0.2, NaN, 1.5, -1, 0.3, 0.7, NaN), {
    shape: [3, 4],
  });
const rising = (n: number): Tensor => A.cumsum(spread([n], 0.2, 1), 0).detach();
const alongOne = (): unknown[][] => [
  [x(), 1],
  [x(), 0, { keepdim: true }],
  [vector(5), -1],
];

export const statistics: Record<string, OpLine> = {
  aminmax: { samples: () => [[x()], [x(), { dim: 1 }], [x(), { dim: 0, keepdim: true }]] },
  countNonzero: { samples: () => [[x()], [x(), 1], [x(), [0, 1]]], order: 0 },
  nansum: { samples: () => [[x()], [x(), 1], [x(), [0, -1], { keepdim: true }]] },
  nanmean: { samples: () => [[x()], [x(), 1], [x(), [0, -1], { keepdim: true }]] },
  nanmedian: { samples: () => [[x()], [vector(5)], ...alongOne()] },
  stdMean: { samples: () => [[x()], [x(), 1], [x(), 0, { keepdim: true, correction: 0 }]] },
  varMean: { samples: () => [[x()], [x(), 1], [x(), 0, { keepdim: true, correction: 0 }]] },
  kthvalue: {
    samples: () => [
      [x(), 2],
      [x(), 1, 0, { keepdim: true }],
      [spread([], 1, 2), 1],
    ],
  },
  mode: { samples: () => [[x()], ...alongOne()] },
  quantile: {
    samples: () => [
      [x(), 0.3],
      [x(), [0.2, 0.5, 1], 1],
      [x(), 0.6, 0, { keepdim: true, interpolation: 'midpoint' }],
      [x(), 0.6, 1, { interpolation: 'nearest' }],
      [x(), 0.6, 1, { interpolation: 'lower' }],
      [x(), 0.6, 1, { interpolation: 'higher' }],
    ],
  },
  nanquantile: {
    samples: () => [
      [x(), 0.3],
      [x(), [0.2, 0.5], 1, { keepdim: true }],
    ],
  },
  diff: {
    samples: () => [[x()], [x(), { n: 2, dim: 0 }], [vector(4), { prepend: vector(2, 3) }]],
  },
  trapezoid: {
    samples: () => [[x()], [x(), { dx: 0.5, dim: 0 }], [x(), rising(4)], [x(), y(), { dim: 0 }]],
  },
  cumulativeTrapezoid: {
    samples: () => [
      [x(), { dx: 0.5, dim: 0 }],
      [x(), rising(4)],
    ],
  },
  gradient: {
    samples: () => [
      [x()],
      [x(), { spacing: 0.5, dim: 1, edgeOrder: 2 }],
      [x(), { spacing: [rising(4)], dim: [1], edgeOrder: 2 }],
    ],
  },
  cov: {
    samples: () => [
      [x()],
      [vector(5), { correction: 0 }],
      [
        x(),
        { aweights: spread([4], 0.5, 2), fweights: A.tensor([1, 2, 1, 3], { dtype: 'int32' }) },
      ],
    ],
  },
  corrcoef: { samples: () => [[x()]] },
  dist: {
    samples: () => [
      [x(), y()],
      [x(), vector(4, 5), { p: 3 }],
      [x(), y(), { p: 1 }],
    ],
  },
  cdist: {
    samples: () => [
      [x(), spread([2, 4], -2, 2, [], 9)],
      [spread([2, 1, 3, 2], -2, 2), spread([3, 4, 2], -2, 2, [], 9), { p: 1.5 }],
      [x(), spread([2, 4], -2, 2, [], 9), { p: 1 }],
      [spread([2, 1, 3, 2], -2, 2), spread([3, 4, 2], -2, 2, [], 9), { p: Infinity }],
    ],
  },
  rowPulls: {
    samples: () => [
      [spread([3, 5], -2, 2), spread([3, 4], -2, 2, [], 2), spread([5, 4], -2, 2, [], 9), false],
      [
        spread([2, 5, 3], -2, 2),
        spread([2, 3, 9], -2, 2, [], 2),
        spread([2, 5, 9], -2, 2, [], 9),
        true,
      ],
    ],
    call: (w: Tensor, x: Tensor, y: Tensor, transposed: boolean) =>
      rowPullsOf([w, x, y], { transposed }),
  },
  pdist: { samples: () => [[x()], [x(), { p: 3 }]] },
  renorm: {
    samples: () => [
      [x(), 2, 0, 1.5],
      [x(), 1, 1, 3],
    ],
  },
  histc: {
    samples: () => [
      [x(), { bins: 5 }],
      [x(), { bins: 4, min: -1, max: 1 }],
    ],
    order: 0,
  },
  histogram: {
    samples: () => [
      [x(), 5],
      [x(), 4, { range: [-1, 1], density: true }],
      [x(), A.tensor(Float64Array.of(-2, 0, 0.5, 2)), { weight: y() }],
    ],
    order: 0,
  },
  bucketize: {
    samples: () => [
      [x(), rising(5)],
      [x(), rising(5), { right: true }],
    ],
    order: 0,
  },
  logcumsumexp: {
    samples: () => [
      [x(), 1],
      [x(), 0],
      [spread([], 1, 2), 0],
    ],
  },
};

/** The same where elements are missing: no differences of a number and NaN, so no derivatives here. */
export const missing: Record<string, OpLine> = Object.fromEntries(
  ['nansum', 'nanmean', 'nanmedian', 'nanquantile'].map((name): [string, OpLine] => [
    `${name} with NaN`,
    {
      call: A[name as 'nansum'],
      samples: () =>
        name === 'nanquantile'
          ? [
              [holes(), 0.4],
              [holes(), 0.4, 1],
            ]
          : [[holes()], [holes(), 1]],
      order: 0,
    },
  ]),
);
