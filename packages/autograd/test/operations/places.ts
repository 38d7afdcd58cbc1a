/** @file Table entries of stacking, splitting and flipping, and of writing at positions. */
import * as A from '@chainrule/autograd';
import { padAt, sliceAt } from '@chainrule/autograd/internal';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const t = (shape: number[], seed = 1): Tensor => spread(shape, -2, 2, [], seed);
const ints = (values: unknown): Tensor => A.tensor(values as number[], { dtype: 'int32' });
const stacks = (): unknown[][] => [
  [[t([2, 3]), t([2, 3], 2)]],
  [[t([3]), t([3], 2), t([3], 3)]],
  [[t([]), t([], 2)]],
];
const cuts = (x: Tensor): unknown[][] => [
  [x, 2],
  [x, [1, 3]],
];

export const stacking: Record<string, OpLine> = {
  atleast1d: { samples: () => [[t([])], [t([2, 3])], [[t([]), t([2])]]] },
  atleast2d: { samples: () => [[t([])], [t([3])]] },
  atleast3d: { samples: () => [[t([3])], [t([2, 3])]] },
  hstack: { samples: stacks },
  vstack: { samples: stacks },
  dstack: { samples: stacks },
  columnStack: { samples: stacks },
  blockDiag: { samples: () => [[[t([2, 3]), t([1, 2], 2), t([2], 3)]]] },
  broadcastTensors: { samples: () => [[[t([3, 1]), t([4], 2)]]] },
  cartesianProd: { samples: () => [[[t([2]), t([3], 2)]], [[t([3])]]] },
  combinations: { samples: () => [[t([4])], [t([3]), 2, { withReplacement: true }], [t([4]), 3]] },
  tensorSplit: {
    samples: () => [
      [t([5, 2]), 3],
      [t([2, 5]), [1, -2], 1],
    ],
  },
  hsplit: { samples: () => cuts(t([2, 4])) },
  vsplit: { samples: () => cuts(t([4, 2])) },
  dsplit: { samples: () => cuts(t([1, 2, 4])) },
  diagEmbed: {
    samples: () => [
      [t([2, 3])],
      [t([2, 3]), { offset: -1 }],
      [t([2, 3]), { dim1: 2, dim2: 0, offset: 1 }],
    ],
  },
  diagflat: { samples: () => [[t([2, 2])], [t([3]), -1]] },
  fliplr: { samples: () => [[t([2, 3])]] },
  flipud: { samples: () => [[t([3])]] },
  rot90: { samples: () => [[t([2, 3])], [t([2, 3, 2]), -1, [1, 2]], [t([2, 3]), 2]] },
  ravel: { samples: () => [[t([2, 3])], [t([])]] },
  moveaxis: { samples: () => [[t([2, 3, 4]), 0, -1]] },
  expandAs: { samples: () => [[t([3, 1]), t([3, 4], 2)]] },
  viewAs: { samples: () => [[t([2, 6]), t([3, 4], 2)]] },
  unravelIndex: { samples: () => [[ints([5, 0, 3]), [2, 3]]], order: 0 },
  uniqueConsecutive: {
    samples: () => [
      [ints([1, 1, 2, 1])],
      [ints([1, 1, 2]), { returnInverse: true, returnCounts: true }],
    ],
    order: 0,
    vmap: false,
  },
  argwhere: { samples: () => [[t([2, 3])]], order: 0, vmap: false },
  msort: { samples: () => [[t([4, 2])]] },
  rearrange: {
    samples: () => [
      [t([2, 6]), 'a (b c) -> c (a b)', { c: 2 }],
      [t([2, 3, 4]), '... x -> x ...'],
      [t([2, 1, 3]), 'a 1 b -> b 1 a'],
    ],
  },
  'einops.reduce': {
    samples: () => [
      [t([2, 6]), 'a (b c) -> b', 'mean', { c: 2 }],
      [t([2, 6]), 'a (b 2) -> a b', 'max'],
      [t([2, 3]), 'a b -> ', 'sum'],
      [t([2, 3]), 'a b -> b', 'prod'],
    ],
  },
  'einops.repeat': {
    samples: () => [
      [t([2, 3]), 'a b -> (a 2) (k b)', { k: 3 }],
      [t([2]), '... -> ... c', { c: 2 }],
    ],
  },
};

const index = (): Tensor =>
  ints([
    [0, 2, 0],
    [2, 1, 2],
  ]);

export const writing: Record<string, OpLine> = {
  indexFill: {
    samples: () => [
      [t([3, 4]), 1, ints([0, 2]), t([], 5)],
      [t([3]), 0, ints([1]), 2],
    ],
  },
  indexCopy: {
    samples: () => [
      [t([4, 3]), 0, ints([3, 1]), t([2, 3], 2)],
      [t([2, 3]), -1, ints([0]), t([2, 1], 2)],
    ],
  },
  indexReduce: {
    samples: () =>
      (['prod', 'mean', 'amax', 'amin'] as const).flatMap((reduce) => [
        [t([4, 2]), 0, ints([0, 3, 0]), t([3, 2], 2), reduce],
        [t([2, 3]), 1, ints([2, 2]), t([2, 2], 2), reduce, { includeSelf: false }],
      ]),
  },
  scatterReduce: {
    samples: () =>
      (['sum', 'prod', 'mean', 'amax', 'amin'] as const).flatMap((reduce) => [
        [t([3, 4]), 0, index(), t([2, 3], 2), reduce],
        [t([3, 4]), 0, index(), t([2, 3], 2), reduce, { includeSelf: false }],
      ]),
  },
  maskedScatter: {
    samples: () => [
      [
        t([2, 3]),
        A.tensor([
          [true, false, true],
          [false, true, true],
        ]),
        t([5], 2),
      ],
      [t([2, 3]), A.tensor([true, false, true]), t([4], 2)],
    ],
  },
  selectScatter: {
    samples: () => [
      [t([3, 4]), t([4], 2), 0, 1],
      [t([3, 4]), t([3], 2), -1, -1],
    ],
  },
  sliceScatter: {
    samples: () => [
      [t([4, 3]), t([2, 3], 2), { start: 1, end: 3 }],
      [t([3, 5]), t([3, 2], 2), { dim: 1, start: -4, step: 2 }],
    ],
  },
  diagonalScatter: {
    samples: () => [
      [t([4, 3]), t([2], 2), { offset: 1 }],
      [t([2, 3, 3]), t([2, 3], 2), { dim1: 1, dim2: 2 }],
    ],
  },
};

const at = (place: number): Tensor => A.tensor(place, { dtype: 'int32' });
const inColumns = { start: [1, 0], step: [1, -1], dims: [1] };

/** What the engine makes of slices and pads whose places change. */
export const placed: Record<string, OpLine> = {
  sliceAt: {
    samples: () => [[t([4, 6])]],
    call: (x: Tensor) => sliceAt([x, at(4)], { ...inColumns, size: [2, 3] }),
  },
  padAt: {
    samples: () => [[t([2, 3]), t([], 2)]],
    call: (x: Tensor, y: Tensor) => padAt([x, y, at(4)], { ...inColumns, shape: [4, 6], parts: 1 }),
  },
  'padAt of parts': {
    samples: () => [[t([2, 3]), t([2, 3], 2), t([2, 3], 3)]],
    call: (x: Tensor, y: Tensor, z: Tensor) =>
      padAt([x, A.tensor(0, { dtype: x.dtype }), y, z, at(4), at(3), at(4)], {
        ...{ ...inColumns, shape: [4, 6], parts: 3 },
      }),
  },
};
