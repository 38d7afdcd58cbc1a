/** @file Guarantees of normalizations and softmax beyond their values, which other tests compare with PyTorch. */
import { describe, expect, test } from 'vitest';
import * as A from '../../../index.js';
import type { Tensor } from '../../../index.js';

describe('softmax', () => {
  test('does not overflow, and sums to one', () => {
    const y = A.softmax(
      A.tensor([
        [1e30, 1e30],
        [-1e30, 1e30],
        [700, 710],
      ]),
      1,
    );
    expect(Array.from(A.sum(y, 1).dataSync())).toEqual([1, 1, 1]);
    expect(A.logSoftmax(A.tensor([0, 1000]), 0).toArray()[0]).toBe(-1000);
  });
  test('refuses integers and dimensions that are not there', () => {
    expect(() => A.softmax(A.tensor([1, 2], { dtype: 'int32' }), 0)).toThrow(A.DTypeError);
    // @ts-expect-error known to the compiler too
    expect(() => A.softmax(A.tensor([1, 2]), 1)).toThrow(/softmax: dimension 1 is out of range/);
  });
});

describe('batchNorm', () => {
  const x = A.tensor([
    [1, 10],
    [3, 30],
  ]);
  test('in training moves running statistics that are cells, with the unbiased variance', () => {
    const [mean, variance] = [A.cell(A.tensor([1, 1])), A.cell(A.tensor([1, 1]))];
    const y = A.batchNorm(x, mean, variance, null, null, { training: true, momentum: 0.5 });
    y.dataSync().forEach((v, i) => expect(v).toBeCloseTo(i < 2 ? -1 : 1, 4));
    expect(mean.toArray()).toEqual([1.5, 10.5]);
    expect(variance.toArray()).toEqual([1.5, 100.5]);
  });
  test('uses running statistics in evaluation, unchanged', () => {
    const [mean, variance] = [A.cell(A.tensor([1, 10])), A.cell(A.tensor([4, 100]))];
    const y = A.batchNorm(x, mean, variance, A.tensor([2, 1]), A.tensor([0, 5]), { eps: 0 });
    expect(y.toArray()).toEqual([
      [0, 5],
      [2, 7],
    ]);
    expect(mean.toArray()).toEqual([1, 10]);
  });
  test('no gradient flows into running statistics', () => {
    const mean = A.cell(A.tensor([0, 0]));
    const leaf = A.tensor(
      [
        [1, 10],
        [3, 30],
      ],
      { requiresGrad: true },
    );
    A.batchNorm(leaf, mean, A.cell(A.tensor([1, 1])), null, null, { training: true });
    expect(mean.requiresGrad).toBe(false);
  });
  test('throws when shapes do not fit', () => {
    expect(() => A.batchNorm(A.zeros([1, 2]), null, null, null, null, { training: true })).toThrow(
      /more than one value for each channel/,
    );
    expect(() => A.batchNorm(x)).toThrow(/needs runningMean and runningVar/);
    expect(() => A.batchNorm(x, A.zeros([3]), A.ones([3]))).toThrow(/must be \[2\]/);
    expect(() => A.groupNorm(A.zeros([1, 3, 2]), 2)).toThrow(
      /3 channels .* do not divide into 2 groups/,
    );
    expect(() => A.layerNorm(x, [3])).toThrow(/does not end in normalizedShape \[3\]/);
  });
});

describe('maxPool', () => {
  test('gives the gradient to the first of equal elements', () => {
    const x = A.tensor([[[2, 2, 1, 1]]], { requiresGrad: true });
    const [g] = A.grad([A.sum(A.maxPool1d(x, 2))], [x]) as [Tensor];
    expect(g.toArray()).toEqual([[[1, 0, 1, 0]]]);
  });
  test('refuses a padding of more than half the kernel, and kernels that do not fit', () => {
    expect(() => A.maxPool2d(A.zeros([1, 1, 4, 4]), 2, { padding: 2 })).toThrow(
      /at most half the kernel/,
    );
    expect(() => A.avgPool2d(A.zeros([1, 1, 3, 3]), 5)).toThrow(/larger than the input/);
  });
});

describe('embedding, oneHot, dropout', () => {
  const weight = A.tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { requiresGrad: true },
  );
  test('rows by index; no gradient for the padding row', () => {
    const index = A.tensor([2, 0, 2], { dtype: 'int32' });
    const y = A.embedding(index, weight, { paddingIdx: -3 });
    expect(y.toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ]);
    const [g] = A.grad([A.sum(y)], [weight]) as [Tensor];
    expect(g.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [2, 2],
    ]);
  });
  test('indices out of range are errors at the call, and when evaluated if they are computed', () => {
    expect(() => A.embedding(A.tensor([3], { dtype: 'int32' }), weight)).toThrow(
      /embedding: index 3 .* out of range/,
    );
    expect(() => A.oneHot(A.tensor([5], { dtype: 'int32' }), 3)).toThrow(
      /oneHot: index 5 .* out of range/,
    );
    const computed = A.add(A.tensor([2], { dtype: 'int32' }), 1);
    expect(() => A.oneHot(computed, 3).dataSync()).toThrow(A.IndexError);
    expect(() => A.oneHot(A.tensor([1.5]), 3)).toThrow(A.DTypeError);
  });
  test('as many classes as the largest needs', () => {
    expect(A.oneHot(A.tensor([0, 2], { dtype: 'int32' })).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });
  test('dropout keeps the mean, and repeats with the seed', () => {
    const x = A.ones([10_000]);
    A.manualSeed(3);
    const y = A.dropout(x, 0.25).dataSync();
    const kept = y.filter((v) => v !== 0);
    // Four standard deviations of the binomial distribution.
    expect(Math.abs(kept.length - 7500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75));
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]));
    A.manualSeed(3);
    expect(A.dropout(x, 0.25).dataSync()).toEqual(y);
    expect(A.dropout(x, 0.25, { training: false }).dataSync()).toEqual(x.dataSync());
    expect(
      A.dropout(x, 1)
        .dataSync()
        .every((v) => v === 0),
    ).toBe(true);
    expect(() => A.dropout(x, 1.5)).toThrow(/from 0 to 1, got 1.5/);
  });
});

describe('attention', () => {
  test('causal attention ignores later keys', () => {
    const [q, k] = [A.randn([1, 3, 4]), A.randn([1, 3, 4])];
    const v = A.tensor([[[1], [10], [100]]]);
    const y = A.scaledDotProductAttention(q, k, v, null, { isCausal: true });
    expect((y.toArray() as number[][][])[0]?.[0]?.[0]).toBe(1);
    expect(() => A.scaledDotProductAttention(q, k, v, A.zeros([3, 3]), { isCausal: true })).toThrow(
      /not both/,
    );
    expect(() => A.scaledDotProductAttention(q, A.zeros([1, 3, 5]), v)).toThrow(A.ShapeError);
  });
});
