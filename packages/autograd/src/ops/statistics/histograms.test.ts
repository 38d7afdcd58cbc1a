/** @file Histograms: intervals as narrow as rounding allows, and every element between its edges. */
import { describe, expect, it } from 'vitest';
import { histogram, manualSeed, randn, tensor } from '../../index.js';

describe('histogram', () => {
  // torch.histogram(torch.tensor(x), bins=bins).hist.nonzero(), and the counts there: some edges are equal to their neighbours.
  const close = [263600.09375, 263600.125, 263600.125, 263600.15625, 263600.21875, 263600.25];
  it.each([
    [11, [1, 3, 5, 9, 10], [1, 2, 1, 1, 1]],
    [16, [1, 4, 7, 13, 15], [1, 2, 1, 1, 1]],
    [40, [1, 9, 17, 33, 39], [1, 2, 1, 1, 1]],
  ])('%i intervals among six neighbours', (bins, places, counts) => {
    const { hist } = histogram(tensor(close), bins);
    const got = [...hist.dataSync()];
    expect(got.flatMap((n, i) => (n > 0 ? [i] : []))).toEqual(places);
    expect(got.filter((n) => n > 0)).toEqual(counts);
  });

  it.each(['float32', 'float64'] as const)('counts what lies between the edges in %s', (dtype) => {
    manualSeed(7);
    const x = randn([3000], { dtype });
    for (const bins of [1, 7, 100, 1000]) {
      const { hist, binEdges } = histogram(x, bins);
      const [edges, values] = [binEdges.dataSync(), x.dataSync()];
      const counts = Array.from(hist.dataSync(), (_, k) => {
        const last = k === bins - 1;
        return values.filter((v) => v >= edges[k]! && (last || v < edges[k + 1]!)).length;
      });
      expect([...hist.dataSync()]).toEqual(counts);
    }
  });

  it('ignores NaN and values out of range', () => {
    const x = tensor([NaN, Infinity, -Infinity, 0.5, 2, 1]);
    expect([...histogram(x, 2, { range: [0, 1] }).hist.dataSync()]).toEqual([0, 2]);
    expect([...histogram(tensor([1e10, 1e10]), 3).hist.dataSync()]).toEqual([0, 0, 2]);
  });
});
