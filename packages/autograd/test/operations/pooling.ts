/** @file Table entries of pooling of other ranks, unpooling, grids, channels, and further parts of networks. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const t = (shape: number[], seed = 1): Tensor => spread(shape, -1, 1, [], seed);
const positive = (shape: number[], seed = 1): Tensor => spread(shape, 0.5, 1.5, [], seed);
const index = (data: number[], shape: number[]): Tensor =>
  A.tensor(Int32Array.from(data), { shape });

/** The same random numbers at every call. */
const seeded =
  <Args extends unknown[], R>(f: (...args: Args) => R) =>
  (...args: Args): R => {
    A.manualSeed(7);
    return f(...args);
  };

export const pooling: Record<string, OpLine> = {
  maxPool3d: {
    samples: () => [
      [t([1, 2, 3, 4, 4]), 2],
      [t([1, 1, 4, 3, 5]), [2, 1, 3], { stride: 1, padding: [1, 0, 1], returnIndices: true }],
    ],
  },
  avgPool3d: {
    samples: () => [[t([1, 2, 3, 4, 4]), 2, { stride: [1, 2, 2], padding: 1, ceilMode: true }]],
  },
  adaptiveAvgPool1d: { samples: () => [[t([1, 2, 7]), 3]] },
  adaptiveAvgPool3d: { samples: () => [[t([1, 2, 3, 4, 5]), [2, null, 3]]] },
  adaptiveMaxPool1d: { samples: () => [[t([1, 2, 7]), 3, { returnIndices: true }]] },
  adaptiveMaxPool3d: { samples: () => [[t([1, 2, 3, 4, 5]), [2, null, 3]]] },
  lpPool1d: {
    samples: () => [
      [positive([1, 2, 7]), 3, 2],
      [t([1, 2, 7]), Infinity, 2, { stride: 1 }],
    ],
  },
  lpPool2d: { samples: () => [[t([1, 2, 5, 4]), 2, 2, { ceilMode: true }]] },
  lpPool3d: { samples: () => [[positive([1, 1, 3, 4, 3]), 1.5, 2, { stride: 1 }]] },
  maxUnpool1d: {
    samples: () => [[t([1, 2, 3]), index([1, 2, 5, 0, 3, 4], [1, 2, 3]), 2]],
  },
  maxUnpool2d: {
    samples: () => [
      [t([1, 2, 2]), index([0, 3, 9, 11], [1, 2, 2]), 2, { outputSize: [4, 5] }],
      // Two at one place: only the last has a gradient.
      [t([1, 1, 2, 2]), index([0, 0, 5, 7], [1, 1, 2, 2]), 2],
    ],
  },
  maxUnpool3d: {
    samples: () => [[t([1, 1, 1, 2, 1]), index([3, 9], [1, 1, 1, 2, 1]), 2, { stride: 2 }]],
  },
  fractionalMaxPool2d: {
    call: seeded((x: Tensor) =>
      A.fractionalMaxPool2d(x, 2, { outputRatio: 0.6, returnIndices: true }),
    ),
    samples: () => [[t([1, 2, 6, 7])]],
  },
  fractionalMaxPool3d: {
    call: seeded((x: Tensor) => A.fractionalMaxPool3d(x, [1, 2, 2], { outputSize: [2, 3, 2] })),
    samples: () => [[t([1, 1, 3, 5, 4])]],
  },
  convTranspose3d: {
    samples: () => [
      [
        t([1, 2, 2, 2, 3]),
        t([2, 1, 2, 1, 2], 2),
        t([1], 3),
        { stride: [1, 2, 1], padding: [1, 0, 0] },
      ],
    ],
  },
  gridSample: {
    samples: () => [
      [t([1, 2, 3, 4]), spread([1, 2, 3, 2], -1.2, 1.2, [], 2)],
      [
        t([1, 1, 3, 4]),
        spread([1, 2, 2, 2], -0.9, 0.9, [], 3),
        { mode: 'bicubic', paddingMode: 'border' },
      ],
      [
        t([1, 1, 2, 3, 2]),
        spread([1, 1, 2, 2, 3], -1.5, 1.5, [], 4),
        { paddingMode: 'reflection', alignCorners: true },
      ],
    ],
  },
  affineGrid: {
    samples: () => [
      [t([2, 2, 3]), [2, 1, 3, 4]],
      [t([1, 3, 4]), [1, 1, 2, 3, 2], { alignCorners: true }],
    ],
  },
  channelShuffle: { samples: () => [[t([2, 6, 2]), 3]] },
  pixelUnshuffle: { samples: () => [[t([1, 2, 4, 6]), 2]] },
  localResponseNorm: {
    samples: () => [[t([2, 5, 3]), 3, { alpha: 0.5, beta: 0.75, k: 1.5 }]],
  },
  pairwiseDistance: {
    samples: () => [
      [t([3, 4]), t([3, 4], 2)],
      [t([3, 4]), t([4], 2), { p: 3, keepdim: true }],
    ],
  },
  hardshrink: { domain: [-2, 2], away: [-0.5, 0.5] },
  tanhshrink: { domain: [-3, 3], reference: (x) => x - Math.tanh(x) },
  threshold: { samples: () => [[spread([2, 3], -2, 2, [0.1]), 0.1, 20]] },
  softmin: { samples: () => [[t([2, 4]), 1]] },
  rrelu: {
    call: seeded((x: Tensor) => A.rrelu(x, { training: true })),
    samples: () => [[spread([3, 4], -2, 2, [0])]],
  },
  gumbelSoftmax: {
    call: seeded((x: Tensor) => A.gumbelSoftmax(x, { tau: 0.7 })),
    samples: () => [[t([3, 4])]],
  },
  dropout1d: { call: seeded((x: Tensor) => A.dropout1d(x, 0.4)), samples: () => [[t([2, 3, 2])]] },
  dropout2d: {
    call: seeded((x: Tensor) => A.dropout2d(x, 0.4)),
    samples: () => [[t([2, 3, 2, 2])]],
  },
  dropout3d: {
    call: seeded((x: Tensor) => A.dropout3d(x, 0.4)),
    samples: () => [[t([3, 2, 1, 2])]],
  },
  alphaDropout: {
    call: seeded((x: Tensor) => A.alphaDropout(x, 0.4)),
    samples: () => [[t([4, 5])]],
  },
  featureAlphaDropout: {
    call: seeded((x: Tensor) => A.featureAlphaDropout(x, 0.4)),
    samples: () => [[t([2, 3, 2])]],
  },
  gamma: {
    call: seeded((a: Tensor) => A.gamma(a)),
    samples: () => [[positive([6])], [spread([2, 2], 5, 20)]],
    order: 0,
    // float32 rounds the concentration, which the sample follows.
    rtol32: 1e-5,
  },
  poisson: {
    call: seeded((x: Tensor) => A.poisson(x)),
    samples: () => [[positive([4])]],
    order: 0,
  },
  binomial: {
    call: seeded((n: Tensor, p: Tensor) => A.binomial(n.round(), p)),
    samples: () => [[spread([4], 3, 9), spread([4], 0.2, 0.8, [], 2)]],
    order: 0,
  },
  vonMises: {
    call: seeded((k: Tensor) => A.vonMises(k)),
    samples: () => [[positive([4])]],
    order: 0,
  },
};
