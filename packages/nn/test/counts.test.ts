/** @file Sizes that exceed any memory, or would take forever, are refused before any work is done for them. */
import { describe, expect, test } from 'vitest';
import * as autograd from '@chainrule/autograd';
import { ChainruleError, ones, randn, tensor, zeros } from '@chainrule/autograd';
import * as nn from '../src/index.js';
import * as metrics from '../src/metrics/index.js';

const { functional: f } = nn;
const int = (...x: number[]): autograd.Tensor => tensor(x, { dtype: 'int32' });
const image = ones([1, 1, 2, 2]);

/** Functions and layers of a count. */
const calls: Readonly<Record<string, (n: number) => unknown>> = {
  adaptiveAvgPool1d: (n) => f.adaptiveAvgPool1d(ones([1, 1, 3]), n),
  adaptiveMaxPool2d: (n) => f.adaptiveMaxPool2d(image, [n, n]),
  arange: (n) => autograd.arange(n),
  bincount: (n) => autograd.bincount(int(1), { minlength: n }),
  ConfusionMatrix: (n) => new metrics.ConfusionMatrix({ numClasses: n }),
  expand: (n) => ones([1]).expand([n]),
  eye: (n) => autograd.eye(n),
  fftfreq: (n) => autograd.fft.fftfreq(n),
  interpolate: (n) => f.interpolate(image, { scaleFactor: n }),
  LSTM: (n) => new nn.LSTM(2, 2, { numLayers: n }),
  multigammaln: (n) => autograd.special.multigammaln(tensor(9), n),
  pad: (n) => autograd.pad(ones([1]), [n, n]),
  polygamma: (n) => autograd.polygamma(n, tensor(1)),
  randperm: (n) => autograd.randperm(n),
  repeatInterleave: (n) => autograd.repeatInterleave(ones([2]), n),
  rfftfreq: (n) => autograd.fft.rfftfreq(2 * n),
  setNumThreads: (n) => autograd.setNumThreads(n),
  tile: (n) => ones([1]).tile([n]),
  TransformerDecoder: (n) =>
    new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, { dimFeedforward: 4 }), n),
  trilIndices: (n) => autograd.trilIndices(n, 2),
  triuIndices: (n) => autograd.triuIndices(n, n),
  windows: (n) => autograd.signal.windows.hann(n),
};

describe.each([2 ** 31 - 1, 2 ** 31, 1e13])('%d', (n) => {
  test.each(Object.entries(calls))('%s', (_name, call) => {
    const start = performance.now();
    expect(() => call(n)).toThrow(ChainruleError);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('sizes that a computed result would have', () => {
  const wide = zeros([1e5]);
  for (const call of [
    () => autograd.jacrev((x) => x.mul(2))(wide),
    () => autograd.hessian((x) => x.square().sum())(wide),
    () => autograd.pdist(zeros([1e6, 2])),
    () => autograd.bincount(int(2 ** 31 - 1)),
    () => autograd.repeatInterleave(ones([2]), 3e8).repeat([4]),
    () => {
      new metrics.ConfusionMatrix().update(int(1, 99_999), int(0, 1));
    },
  ])
    expect(call).toThrow(ChainruleError);
  expect(randn([3]).mul(0).sum().item()).toBe(0);
});

test('triangles far outside a matrix, and beside it', () => {
  const { trilIndices, triuIndices } = autograd;
  expect(trilIndices(3, 2).toArray()).toEqual([
    [0, 1, 1, 2, 2],
    [0, 0, 1, 0, 1],
  ]);
  expect(triuIndices(2, 3, { offset: 1 }).toArray()).toEqual([
    [0, 0, 1],
    [1, 2, 2],
  ]);
  expect(trilIndices(2 ** 31, 1, -(2 ** 31) + 1).toArray()).toEqual([[2 ** 31 - 1], [0]]);
  for (const [rows, columns, offset] of [
    [0, 3, 0],
    [2 ** 31, 0, 0],
    [3, 3, -5],
  ] as const)
    expect(trilIndices(rows, columns, offset).shape).toEqual([2, 0]);
  expect(triuIndices(3, 3, 2 ** 40).shape).toEqual([2, 0]);
  for (let k = -4; k < 5; k++) {
    const [inside, outside] = [trilIndices(3, 4, k), triuIndices(3, 4, k + 1)];
    expect((inside.shape[1] ?? 0) + (outside.shape[1] ?? 0)).toBe(12);
  }
});
