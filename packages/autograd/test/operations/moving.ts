/** @file Table entries of the operations that move, join, choose and scatter elements. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const x = (): Tensor => spread([2, 3, 4], -2, 2);
const m = (seed = 1): Tensor => spread([3, 4], -2, 2, [], seed);
const ints = (values: unknown): Tensor => A.tensor(values as number[], { dtype: 'int32' });
const on = (...args: unknown[][]): OpLine => ({
  samples: () => args.map((rest) => [x(), ...rest]),
});

export const shape: Record<string, OpLine> = {
  reshape: on([[4, 6]], [[-1]]),
  view: on([[4, 6]], [[3, -1]]),
  flatten: on([], [1]),
  unflatten: on([2, [2, 2]]),
  squeeze: { samples: () => [[spread([1, 3, 1], -2, 2)], [spread([1, 3, 1], -2, 2), 0]] },
  unsqueeze: on([0], [-1]),
  permute: on([[2, 0, 1]], [[0, 2, 1]]),
  transpose: on([0, 2], [-1, -2]),
  t: { samples: () => [[m()]] },
  swapaxes: on([0, 1]),
  movedim: on(
    [0, 2],
    [
      [0, 1],
      [2, 0],
    ],
  ),
  expand: {
    samples: () => [
      [spread([3, 1], -2, 2), [2, 3, 4]],
      [spread([1], -2, 2), [5]],
    ],
  },
  broadcastTo: { samples: () => [[spread([3, 1], -2, 2), [2, 3, 4]]] },
  repeat: {
    samples: () => [
      [m(), [2, 1]],
      [m(), [2, 1, 2]],
    ],
  },
  tile: {
    samples: () => [
      [m(), [2]],
      [m(), [2, 1, 2]],
    ],
  },
  repeatInterleave: {
    samples: () => [
      [m(), 2],
      [m(), 3, 1],
    ],
  },
  flip: on([[0, 2]], [[1]]),
  roll: on(
    [2, 1],
    [
      [1, -1],
      [0, 2],
    ],
  ),
  pad: {
    samples: () => [
      [m(), [1, 2]],
      [m(), [1, 0, 0, 2], { value: 0.5 }],
      [m(), [-1, 2]],
      [x(), [1, 1], { mode: 'reflect' }],
      [x(), [1, 2], { mode: 'circular' }],
      [x(), [2, 1], { mode: 'replicate' }],
    ],
  },
  narrow: on([1, 1, 2], [-1, 0, 3]),
  select: on([1, -1], [0, 0]),
  diag: { samples: () => [[m()], [m(), 1], [spread([3], -2, 2)], [spread([3], -2, 2), -1]] },
  diagonal: { samples: () => [[m()], [m(), 1], [x(), 0, 0, 2]] },
  tril: { samples: () => [[m()], [x(), -1]] },
  triu: { samples: () => [[m()], [x(), 1]] },
  contiguous: on([]),
};

export const joining: Record<string, OpLine> = {
  cat: {
    samples: () => [
      [[m(1), m(2), spread([1, 4], -2, 2)], 0],
      [[m(1), m(2)], -1],
    ],
  },
  stack: { samples: () => [[[m(1), m(2)]], [[m(1), m(2)], 1]] },
  split: on([2, 2], [[1, 3], -1]),
  chunk: on([2, 2], [2, 1]),
  unbind: on([], [1]),
  meshgrid: {
    call: (a: Tensor, b: Tensor) => A.meshgrid([a, b], { indexing: 'ij' }),
    samples: () => [[spread([3], -2, 2), spread([2], -2, 2)]],
  },
};

export const indexing: Record<string, OpLine> = {
  at: on(
    [1],
    [':', '1:3'],
    ['...', '::-1'],
    [null, 0],
    [ints([1, 0, 1])],
    [':', ints([2, 0]), '1:'],
  ),
  gather: {
    samples: () => [
      [
        m(),
        1,
        ints([
          [0, 3],
          [1, 1],
          [2, 0],
        ]),
      ],
      [m(), 0, ints([[0, 2, 1, 1]])],
    ],
  },
  logSoftmaxAt: {
    samples: () => [
      [m(), ints([0, 3, 1]), 1],
      [
        x(),
        ints([
          [0, 2, 1, 1],
          [2, 0, 0, 1],
        ]),
        1,
      ],
      [spread([4], -2, 2), A.tensor(2, { dtype: 'int32' }), 0],
    ],
  },
  indexSelect: {
    samples: () => [
      [m(), 0, ints([2, 0, 2])],
      [x(), -1, ints([3, 1])],
    ],
  },
  take: {
    samples: () => [
      [
        m(),
        ints([
          [0, 11],
          [5, 5],
        ]),
      ],
    ],
  },
  takeAlongDim: {
    samples: () => [
      [
        m(),
        ints([
          [0, 3],
          [1, 1],
          [2, 0],
        ]),
        1,
      ],
      [m(), ints([3, 0])],
    ],
  },
  maskedFill: {
    samples: () => [
      [m(), A.tensor([true, false, true, false]), 0.5],
      [m(), A.tensor([[true], [false], [true]]), spread([], 1, 2)],
    ],
  },
  scatter: {
    samples: () => [
      [
        m(),
        1,
        ints([
          [0, 3],
          [1, 2],
          [2, 0],
        ]),
        spread([3, 2], -2, 2),
      ],
      [m(), 0, ints([[0, 2, 1, 1]]), 0.5],
    ],
  },
  scatterAdd: {
    samples: () => [
      [
        m(),
        1,
        ints([
          [0, 0],
          [1, 2],
          [2, 0],
        ]),
        spread([3, 2], -2, 2),
      ],
    ],
  },
  indexAdd: {
    samples: () => [
      [m(), 0, ints([2, 0, 2]), m(2)],
      [m(), 1, ints([1, 1]), spread([3, 2], -2, 2), { alpha: 0.5 }],
    ],
  },
  indexPut: {
    samples: () => [
      [m(), [ints([0, 2]), ints([1, 3])], spread([2], -2, 2)],
      [m(), [ints([0, 0])], spread([2, 4], -2, 2), { accumulate: true }],
    ],
  },
  oneHot: { samples: () => [[ints([2, 0, 1]), 4]], order: 0 },
  embedding: {
    samples: () => [
      [
        ints([
          [2, 0],
          [1, 1],
        ]),
        m(),
      ],
    ],
  },
};
