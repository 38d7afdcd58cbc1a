/** @file Draws with weights, means and rates: their frequencies and moments, seeds, shapes, and errors. */
import { describe, expect, it } from 'vitest';
import {
  exponential,
  gumbelSoftmax,
  logspace,
  manualSeed,
  multinomial,
  normal,
  randintLike,
  tensor,
  zeros,
} from '../../index.js';

describe('multinomial', () => {
  const frequencies = (draws: ArrayLike<number>, n: number): number[] => {
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < draws.length; i++) counts[draws[i]!]!++;
    return counts.map((c) => c / draws.length);
  };

  it('draws with replacement as often as the weights say, each row its own', () => {
    manualSeed(1);
    const draws = multinomial(
      tensor([
        [1, 0, 3],
        [2, 2, 0],
      ]),
      40_000,
      { replacement: true },
    );
    expect([draws.dtype, draws.shape]).toEqual(['int32', [2, 40_000]]);
    const rows = draws.unbind().map((row) => frequencies(row.dataSync(), 3));
    [
      [0.25, 0, 0.75],
      [0.5, 0.5, 0],
    ].forEach((wanted, r) =>
      wanted.forEach((w, k) => {
        if (w === 0) expect(rows[r]![k]).toBe(0);
        else expect(Math.abs(rows[r]![k]! - w)).toBeLessThan(0.015);
      }),
    );
  });

  it('draws different categories without, the first as the weights say', () => {
    manualSeed(2);
    const rows = tensor([[1, 2, 0, 5]]).expand(20_000, 4);
    const draws = multinomial(rows, 3).dataSync();
    const first = draws.filter((_, i) => i % 3 === 0);
    [0.125, 0.25, 0, 0.625].forEach((w, k) =>
      expect(Math.abs(frequencies(first, 4)[k]! - w)).toBeLessThan(0.015),
    );
    for (let i = 0; i < draws.length; i += 3)
      expect(new Set(draws.slice(i, i + 3))).toEqual(new Set([0, 1, 3]));
  });

  it('refuses more categories than there are', () => {
    expect(() => multinomial(tensor([1, 1]).add(0), 3)).toThrow(/replacement: true/);
    expect(() => multinomial(zeros([2, 2, 2]), 1)).toThrow(/shape \[2, 2, 2\]/);
  });
});

describe('normal and exponential', () => {
  it('have their means and deviations', () => {
    manualSeed(3);
    const x = normal(tensor([-2, 5]).expand(50_000, 2), 3);
    const means = x.mean(0).dataSync();
    expect(Math.abs(means[0]! + 2)).toBeLessThan(0.07);
    expect(Math.abs(means[1]! - 5)).toBeLessThan(0.07);
    expect(Math.abs(x.std(0).dataSync()[0]! - 3)).toBeLessThan(0.05);
    const y = exponential(4, { shape: [50_000], dtype: 'float64' });
    expect(Math.abs(y.mean().item() - 0.25)).toBeLessThan(0.006);
    expect(Math.abs(y.std().item() - 0.25)).toBeLessThan(0.008);
    expect(y.min().item()).toBeGreaterThanOrEqual(0);
  });

  it('come from the one seeded stream, in the shape and dtype asked for', () => {
    manualSeed(4);
    const first = [normal(0, 1, { shape: [3] }), exponential(tensor([1, 2]))].map((t) =>
      t.toArray(),
    );
    manualSeed(4);
    expect(
      [normal(0, 1, { shape: [3] }), exponential(tensor([1, 2]))].map((t) => t.toArray()),
    ).toEqual(first);
    expect(normal(0, 1).shape).toEqual([]);
    expect(normal(zeros([2, 1]), zeros([3])).shape).toEqual([2, 3]);
    expect(normal(0, 1, { shape: [2], requiresGrad: true }).requiresGrad).toBe(true);
  });

  it('refuse shapes that do not fit', () => {
    expect(() => normal(zeros([3]), 1, { shape: [2] })).toThrow(/normal/);
  });
});

describe('others', () => {
  it('randintLike has the shape and dtype of its tensor', () => {
    const x = randintLike(zeros([100], { dtype: 'float64' }), 2, 4);
    expect(x.dtype).toBe('float64');
    expect(new Set(x.dataSync())).toEqual(new Set([2, 3]));
  });

  it('logspace has exact ends', () => {
    expect(Array.from(logspace(-1, 2, 4, { dtype: 'float64' }).dataSync())).toEqual([
      0.1, 1, 10, 100,
    ]);
    expect(Array.from(logspace(0, 4, 3, { base: 2 }).dataSync())).toEqual([1, 4, 16]);
    expect(logspace(0, 1, 0).shape).toEqual([0]);
    expect(Array.from(logspace(0, NaN, 3).dataSync()).slice(1)).toEqual([NaN, NaN]);
  });

  it('gumbelSoftmax is a distribution, hard one category', () => {
    manualSeed(5);
    const hard = gumbelSoftmax(tensor([[0, 1, 2]]), { hard: true });
    expect(hard.sum().item()).toBe(1);
    expect(
      gumbelSoftmax(tensor([[0, 1, 2]]), { tau: 0.5 })
        .sum()
        .item(),
    ).toBeCloseTo(1, 6);
  });
});
