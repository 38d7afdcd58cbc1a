/** @file Loaders: every item once, in batches, in an order that a seed repeats. */
import { arange, ChainruleError, manualSeed, tensor, type Tensor } from '@chainrule/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataLoader, randomSplit, TensorDataset } from '../../src/data/index.js';

const read = (t: Tensor): number[] => [...t.dataSync()];

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('DataLoader', () => {
  it('gives every item exactly once, whatever the options', async () => {
    const sizes = { n: fc.integer({ min: 0, max: 30 }), batchSize: fc.integer({ min: 1, max: 9 }) };
    const options = {
      shuffle: fc.boolean(),
      dropLast: fc.boolean(),
      seed: fc.integer(),
      prefetch: fc.nat(3),
    };
    await fc.assert(
      fc.asyncProperty(fc.record({ ...sizes, ...options }), async ({ n, ...rest }) => {
        const loader = new DataLoader(arange(n).cast('int32'), rest);
        const batches = [...loader].map(read);
        expect(batches.length).toBe(loader.length);
        const kept = rest.dropLast ? n - (n % rest.batchSize) : n;
        const all = batches.flat();
        expect(all.length).toBe(kept);
        expect(new Set(all).size).toBe(kept);
        expect(batches.slice(0, -1).every((b) => b.length === rest.batchSize)).toBe(true);
        if (!rest.shuffle) expect(all).toEqual(Array.from({ length: kept }, (_, i) => i));
        const later = new DataLoader(arange(n).cast('int32'), rest);
        expect((await collect(later)).map(read)).toEqual(batches);
      }),
      { numRuns: 40 },
    );
  });

  it('shuffles again each epoch, repeatably', () => {
    const orders = (seed: number): number[][] => {
      const loader = new DataLoader(arange(50), { batchSize: 50, shuffle: true, seed });
      return [0, 1].map(() => [...loader].flatMap(read));
    };
    expect(orders(1)).toEqual(orders(1));
    expect(orders(1)[0]).not.toEqual(orders(1)[1]);
    expect(orders(1)[0]).not.toEqual(orders(2)[0]);
    const resumed = new DataLoader(arange(50), { batchSize: 50, shuffle: true, seed: 1 });
    resumed.epoch = 1;
    expect([...resumed].flatMap(read)).toEqual(orders(1)[1]);
  });

  it('without a seed obeys manualSeed', () => {
    const order = (): number[] => {
      manualSeed(3);
      return [...new DataLoader(arange(20), { batchSize: 20, shuffle: true })].flatMap(read);
    };
    expect(order()).toEqual(order());
  });

  it('stacks tensors, arrays, objects, booleans; leaves strings', () => {
    const items = [
      { x: [1, 2], pair: [tensor([1]), 'a'] as const, ok: true, y: new Int32Array([7]) },
      { x: [3, 4], pair: [tensor([2]), 'b'] as const, ok: false, y: new Int32Array([8]) },
    ];
    const [batch] = [...new DataLoader(items, { batchSize: 2 })];
    expect((batch?.x as Tensor).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect((batch?.ok as Tensor).toArray()).toEqual([true, false]);
    expect((batch?.y as Tensor).dtype).toBe('int32');
    const [t, names] = batch?.pair as [Tensor, string[]];
    expect(t.toArray()).toEqual([[1], [2]]);
    expect(names).toEqual(['a', 'b']);
  });

  it('reads typed arrays by rows, and takes a collate function', () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const rows = [...new DataLoader({ data, shape: [4, 3] }, { batchSize: 3 })];
    expect(rows.map((b) => [...b.shape])).toEqual([
      [3, 3],
      [1, 3],
    ]);
    const sums = [
      ...new DataLoader(data, { shape: [4, 3], batchSize: 2, collate: (xs) => xs.length }),
    ];
    expect(sums).toEqual([2, 2]);
    expect(() => new DataLoader(data, { shape: [5, 3] })).toThrow('12');
  });

  it('names the item that failed', async () => {
    const dataset = {
      length: 5,
      at(i: number): number {
        if (i === 3) throw new Error('broken file');
        return i;
      },
    };
    const run = (): unknown => [...new DataLoader(dataset, { batchSize: 2 })];
    expect(run).toThrow(ChainruleError);
    expect(run).toThrow('item 3 failed: broken file');
    await expect(collect(new DataLoader(dataset, { batchSize: 2, prefetch: 2 }))).rejects.toThrow(
      'item 3 failed',
    );
  });

  it('loads promises ahead, no more than asked for', async () => {
    const started: number[] = [];
    const dataset = { length: 8, at: (i: number) => (started.push(i), Promise.resolve(i)) };
    const batches = new DataLoader(dataset, { batchSize: 2, prefetch: 1 })[Symbol.asyncIterator]();
    expect(read((await batches.next()).value as Tensor)).toEqual([0, 1]);
    expect(started).toEqual([0, 1, 2, 3]);
    expect(() => [...new DataLoader(dataset)]).toThrow('for await');
  });

  it('reads async iterables once, in order, and closes them', async () => {
    let closed = false;
    async function* numbers(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield await Promise.resolve(i);
      } finally {
        closed = true;
      }
    }
    const seen: number[][] = [];
    const loader = new DataLoader(numbers(), { batchSize: 3, prefetch: 1 });
    expect(() => loader.length).toThrow('no length');
    for await (const batch of loader) {
      seen.push(read(batch));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(closed).toBe(true);
  });

  it('refuses what is not a dataset', () => {
    expect(() => new DataLoader({} as never)).toThrow('expected an array, a tensor');
    expect(() => new DataLoader([1], { batchSize: 0 })).toThrow('batchSize');
  });
});

describe('TensorDataset and randomSplit', () => {
  it('keep rows of several tensors together', () => {
    const dataset = new TensorDataset(arange(6).reshape([6, 1]), arange(6).cast('int32').mul(10));
    for (const [x, y] of new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 2 })) {
      expect(read(y)).toEqual(read(x).map((v) => v * 10));
      expect(y.dtype).toBe('int32');
    }
    expect(() => new TensorDataset(arange(2), arange(3))).toThrow('first dimensions differ');
  });

  it('split into disjoint parts that cover the data', () => {
    const parts = randomSplit(arange(10).toArray(), [0.5, 0.25, 0.25], { seed: 4 });
    expect(parts.map((p) => p.length)).toEqual([6, 2, 2]);
    const all = parts.flatMap((p) => Array.from({ length: p.length }, (_, i) => p.at(i) as number));
    expect([...all].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(all).not.toEqual([...all].sort((a, b) => a - b));
    expect(() => randomSplit([1, 2, 3], [1, 1])).toThrow('must add up to 3');
    const rows = randomSplit(new TensorDataset(arange(4)), [3, 1], { seed: 1 });
    expect(
      [...new DataLoader(rows[0] as (typeof rows)[0], { batchSize: 3 })].map(([x]) => x.size),
    ).toEqual([3]);
  });
});
