/** @file Windows of series and texts, and mapped datasets. */
import { arange, randn, tensor } from '@chainrule/autograd';
import { DataLoader, MapDataset, SlidingWindows, TokenWindows } from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

describe('windows', () => {
  it('of a series, with what follows: gap, horizon, stride', () => {
    const windows = new SlidingWindows(
      Int32Array.from({ length: 12 }, (_, i) => i),
      {
        size: 3,
        horizon: 2,
        gap: 1,
        stride: 2,
      },
    );
    // The last needs steps 6 to 11.
    expect(windows.length).toBe(4);
    const [x, y] = windows.batch([0, 3]);
    expect([x.toArray(), y.toArray()]).toEqual([
      [
        [0, 1, 2],
        [6, 7, 8],
      ],
      [
        [4, 5],
        [10, 11],
      ],
    ]);
    expect(windows.at(1)[0].toArray()).toEqual([2, 3, 4]);
    expect(x.dtype).toBe('int32');
  });

  it('of several variables, through a loader', () => {
    const series = randn([10, 2]);
    const loader = new DataLoader(new SlidingWindows(series, { size: 4 }), { batchSize: 6 });
    const [[x, y]] = [...loader] as [[typeof series, typeof series]];
    expect([x.shape, y.shape]).toEqual([
      [6, 4, 2],
      [6, 1, 2],
    ]);
    expect(x.select(0, 5).toArray()).toEqual(series.narrow(0, 5, 4).toArray());
    expect(y.select(0, 5).toArray()).toEqual(series.narrow(0, 9, 1).toArray());
  });

  it('of tokens: the next of each', () => {
    const windows = new TokenWindows(arange(11), { size: 5 });
    expect(windows.length).toBe(2);
    expect(windows.at(1).map((t) => t.toArray())).toEqual([
      [5, 6, 7, 8, 9],
      [6, 7, 8, 9, 10],
    ]);
    expect(new TokenWindows(arange(10), { size: 5 }).length).toBe(1);
    expect(new TokenWindows(arange(10), { size: 5, stride: 1 }).length).toBe(5);
  });

  it('that do not fit are refused', () => {
    expect(() => new SlidingWindows(arange(3), { size: 3 })).toThrow(
      'take 4 steps, the series has 3',
    );
    expect(() => new TokenWindows(arange(5), { size: 5 })).toThrow('take 6 tokens, there are 5');
    expect(() => new SlidingWindows(arange(9), { size: 0 })).toThrow(/size must be/);
    expect(() => new SlidingWindows(tensor(1), { size: 1 })).toThrow('is not a sequence');
    expect(() => new TokenWindows(arange(9), { size: 4 }).at(2)).toThrow('there is no window 2');
  });
});

it('a mapped dataset calls its function for each item, also for promises', async () => {
  const calls: number[] = [];
  const mapped = new MapDataset([1, 2, 3], (x, i) => {
    calls.push(i);
    return x * 10;
  });
  expect([mapped.length, mapped.at(2)]).toEqual([3, 30]);
  expect(calls).toEqual([2]);
  const later = new MapDataset(mapped, (x) => Promise.resolve(x + 1));
  const batches: unknown[] = [];
  for await (const batch of new DataLoader(later, { batchSize: 2 })) batches.push(batch.toArray());
  expect(batches).toEqual([[11, 21], [31]]);
  expect(() => new MapDataset(3 as never, (x) => x)).toThrow('must be an array');
});
