/** @file Table entries of Fourier transforms: short and long lengths, powers of two, small and large primes. */
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const t = (shape: number[], seed = 1): Tensor => spread(shape, -1, 1, [], seed);
const z = (shape: number[]): { real: Tensor; imag: Tensor } => ({
  real: t(shape),
  imag: t(shape, 2),
});
const complex = (): unknown[][] => [
  [z([6])],
  [z([2, 4]), { dim: 0, n: 5, norm: 'ortho' }],
  [z([17]), { norm: 'forward' }],
  [t([3, 8])],
];
const real = (): unknown[][] => [[t([6])], [t([2, 5]), { dim: 0, n: 3, norm: 'ortho' }], [t([19])]];
const half = (): unknown[][] => [
  [z([4])],
  [z([2, 3]), { n: 5, norm: 'ortho' }],
  [t([4]), { n: 7 }],
];
const planes = (): unknown[][] => [
  [z([2, 3])],
  [z([2, 3, 4]), { s: [3, 2], dim: [0, 2], norm: 'ortho' }],
];
const realPlanes = (): unknown[][] => [[t([2, 3])], [t([2, 3, 4]), { s: [3, 5], dim: [0, 2] }]];

export const transforms: Record<string, OpLine> = {
  'fft.fft': { samples: complex },
  'fft.ifft': { samples: complex },
  'fft.rfft': { samples: real },
  'fft.irfft': { samples: half },
  'fft.hfft': { samples: half },
  'fft.ihfft': { samples: real },
  'fft.fft2': { samples: planes },
  'fft.ifft2': { samples: planes },
  'fft.rfft2': { samples: realPlanes },
  'fft.irfft2': { samples: planes },
  'fft.fftn': { samples: planes },
  'fft.ifftn': { samples: planes },
  'fft.rfftn': { samples: realPlanes },
  'fft.irfftn': { samples: planes },
  'fft.fftshift': { samples: () => [[t([5])], [z([2, 4]), { dim: 1 }]] },
  'fft.ifftshift': { samples: () => [[t([5])], [z([2, 4]), { dim: [0, 1] }]] },
  stft: {
    samples: () => [
      [t([12]), 4],
      [t([2, 12]), 4, { hopLength: 2, window: spread([3], 0.5, 1), winLength: 3, center: false }],
      [z([12]), 4, { normalized: true, padMode: 'constant' }],
    ],
  },
  istft: {
    samples: () => [
      [z([3, 5]), 4],
      [z([2, 3, 4]), 4, { window: spread([4], 0.5, 1), length: 9, normalized: true }],
    ],
  },
};
