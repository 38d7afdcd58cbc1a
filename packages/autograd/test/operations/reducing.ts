/** @file Table entries of reductions, scans, ordering and search. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const x = (): Tensor => spread([2, 3, 4], -2, 2);
const dims = (): unknown[][] => [
  [x()],
  [x(), 1],
  [x(), [0, -1], { keepdim: true }],
  [spread([], 1, 2)],
];
const one = (): unknown[][] => [
  [x(), 1],
  [x(), -1, { keepdim: true }],
  [spread([5], -2, 2), 0],
];
const ints = (values: number[]): Tensor => A.tensor(values, { dtype: 'int32' });
const bools = (): Tensor =>
  A.tensor([
    [true, false, true],
    [true, true, true],
  ]);

export const reductions: Record<string, OpLine> = {
  sum: { samples: dims },
  mean: { samples: dims },
  prod: { samples: () => [[x()], [x(), 1], [x(), -1, { keepdim: true }]] },
  amax: { samples: dims },
  amin: { samples: dims },
  max: { samples: () => [[x()], ...one()] },
  min: { samples: () => [[x()], ...one()] },
  argmax: { samples: () => [[x()], ...one()], order: 0 },
  argmin: { samples: () => [[x()], ...one()], order: 0 },
  median: { samples: () => [[x()], ...one()] },
  var: { samples: () => [[x()], [x(), 1], [x(), [0, 2], { keepdim: true, correction: 0 }]] },
  std: { samples: () => [[x()], [x(), 1], [x(), [0, 2], { keepdim: true, correction: 0 }]] },
  norm: {
    samples: () => [
      [x()],
      [x(), 1],
      [x(), { p: 3, dim: [0, 2] }],
      [spread([3, 4], -2, 2, [0]), { p: 1, dim: 1 }],
    ],
  },
  logsumexp: {
    samples: () => [
      [x(), 1],
      [x(), [0, 2], { keepdim: true }],
    ],
  },
  any: { samples: () => [[bools()], [bools(), 1]], order: 0 },
  all: { samples: () => [[bools()], [bools(), 1]], order: 0 },
  cumsum: {
    samples: () => [
      [x(), 1],
      [x(), -1],
      [spread([5], -2, 2), 0],
    ],
  },
  cumprod: {
    samples: () => [
      [x(), 1],
      [x(), -1],
      [spread([5], -2, 2), 0],
    ],
  },
  cummax: {
    samples: () => [
      [x(), 1],
      [spread([5], -2, 2), 0],
    ],
  },
  cummin: {
    samples: () => [
      [x(), 1],
      [spread([5], -2, 2), 0],
    ],
  },
};

export const ordering: Record<string, OpLine> = {
  sort: { samples: () => [[x()], [x(), 1, { descending: true }], [spread([7], -2, 2), 0]] },
  argsort: { samples: () => [[x()], [x(), 1, { descending: true }]], order: 0 },
  topk: {
    samples: () => [
      [x(), 2],
      [x(), 1, 1, { largest: false }],
    ],
  },
  searchsorted: {
    samples: () => [
      [A.tensor([1, 2, 3, 5]).cast('float64'), spread([2, 3], 0, 6)],
      [A.tensor([1, 2, 2, 5]).cast('float64'), spread([4], 0, 6), { right: true }],
    ],
    order: 0,
  },
  bincount: { samples: () => [[ints([0, 2, 2, 5])]], order: 0, vmap: false },
  unique: { samples: () => [[A.tensor([3, 1, 3, 2]).cast('float64')]], order: 0, vmap: false },
  nonzero: {
    samples: () => [
      [
        A.tensor([
          [0, 1],
          [2, 0],
        ]).cast('float64'),
      ],
    ],
    order: 0,
    vmap: false,
  },
  maskedSelect: { samples: () => [[spread([2, 3], -2, 2), bools()]], vmap: false },
  equal: {
    call: (a: Tensor, b: Tensor) => A.scalar(A.equal(a, b)),
    samples: () => [[x(), x()]],
    order: 0,
    vmap: false,
  },
  allClose: {
    call: (a: Tensor, b: Tensor) => A.scalar(A.allClose(a, b)),
    samples: () => [[x(), x()]],
    order: 0,
    vmap: false,
  },
};
