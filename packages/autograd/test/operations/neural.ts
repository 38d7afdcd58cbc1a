/** @file Table entries of convolution, pooling, normalization, attention and resampling. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const t = (shape: number[], seed = 1): Tensor => spread(shape, -1, 1, [], seed);
const positive = (shape: number[], seed = 1): Tensor => spread(shape, 0.5, 1.5, [], seed);

export const neural: Record<string, OpLine> = {
  conv1d: {
    samples: () => [
      [t([2, 2, 5]), t([3, 2, 3], 2), t([3], 3)],
      [t([1, 4, 6]), t([4, 2, 2], 2), null, { stride: 2, padding: 1, groups: 2 }],
    ],
  },
  conv2d: {
    samples: () => [
      [t([1, 2, 4, 4]), t([2, 2, 3, 2], 2), t([2], 3)],
      [
        t([1, 2, 5, 4]),
        t([2, 1, 2, 2], 2),
        null,
        { stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2 },
      ],
    ],
  },
  conv3d: { samples: () => [[t([1, 1, 3, 3, 3]), t([2, 1, 2, 2, 2], 2), t([2], 3)]] },
  convTranspose1d: {
    samples: () => [
      [t([1, 2, 3]), t([2, 2, 3], 2), t([2], 3), { stride: 2, padding: 1, outputPadding: 1 }],
    ],
  },
  convTranspose2d: {
    samples: () => [[t([1, 2, 2, 3]), t([2, 1, 2, 2], 2), t([1], 3), { stride: 2 }]],
  },
  unfold: {
    samples: () => [
      [t([1, 2, 4, 4]), 2],
      [t([1, 1, 4, 5]), [2, 3], { stride: 2, padding: 1 }],
    ],
  },
  fold: { samples: () => [[t([1, 4, 9]), [4, 4], 2]] },
  maxPool1d: {
    samples: () => [
      [t([1, 2, 6]), 2],
      [t([1, 2, 7]), 3, { stride: 2, padding: 1 }],
    ],
  },
  maxPool2d: {
    samples: () => [
      [t([1, 2, 4, 4]), 2],
      [t([1, 1, 5, 5]), 3, { stride: 2, padding: 1 }],
    ],
  },
  avgPool1d: {
    samples: () => [
      [t([1, 2, 6]), 2],
      [t([1, 2, 7]), 3, { stride: 2, padding: 1 }],
    ],
  },
  avgPool2d: {
    samples: () => [
      [t([1, 2, 4, 4]), 2],
      [t([1, 1, 5, 5]), 3, { stride: 2, padding: 1, countIncludePad: false }],
    ],
  },
  adaptiveAvgPool2d: { samples: () => [[t([1, 2, 5, 4]), [2, 3]]] },
  adaptiveMaxPool2d: { samples: () => [[t([1, 2, 5, 4]), [2, 3]]] },
  layerNorm: {
    samples: () => [
      [t([2, 4]), [4]],
      [t([2, 3, 4]), [3, 4], positive([3, 4], 2), t([3, 4], 3)],
    ],
    rtol: 1e-4,
  },
  rmsNorm: {
    samples: () => [
      [t([2, 4]), [4]],
      [t([2, 3]), [3], positive([3], 2)],
    ],
  },
  groupNorm: {
    samples: () => [
      [t([2, 4, 3]), 2],
      [t([2, 4, 3]), 2, positive([4], 2), t([4], 3)],
    ],
    rtol: 1e-4,
  },
  instanceNorm: { samples: () => [[t([2, 2, 4])]], rtol: 1e-4 },
  batchNorm: {
    call: (x: Tensor, mean: Tensor, variance: Tensor, w: Tensor, b: Tensor) =>
      A.batchNorm(x, mean, variance, w, b),
    samples: () => [
      [t([3, 2, 2]), t([2], 2).detach(), positive([2], 3), positive([2], 4), t([2], 5)],
    ],
    rtol: 1e-4,
  },
  scaledDotProductAttention: {
    samples: () => [
      [t([2, 3, 4]), t([2, 5, 4], 2), t([2, 5, 2], 3)],
      [t([1, 3, 2]), t([1, 3, 2], 2), t([1, 3, 2], 3), null, { isCausal: true }],
    ],
  },
  normalize: { samples: () => [[positive([2, 4])], [t([2, 3]), { p: 2, dim: 0 }]] },
  cosineSimilarity: {
    samples: () => [
      [t([2, 4]), t([2, 4], 2)],
      [t([3, 2]), t([3, 2], 2), { dim: 0 }],
    ],
  },
  interpolate: {
    samples: () => [
      [t([1, 2, 3, 4]), { scaleFactor: 2 }],
      [t([1, 1, 3, 3]), { size: [5, 4], mode: 'bilinear' }],
      [t([1, 1, 4]), { size: 6, mode: 'linear', alignCorners: true }],
      [t([1, 1, 5, 4]), { size: [3, 2], mode: 'bicubic', antialias: true }],
    ],
  },
  pixelShuffle: { samples: () => [[t([1, 4, 2, 3]), 2]] },
  dropout: {
    call: (x: Tensor) => {
      A.manualSeed(7);
      return A.dropout(x, 0.4);
    },
    samples: () => [[t([4, 5])]],
  },
};
