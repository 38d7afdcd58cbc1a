/**
 * @file Samplers and combined datasets: what they choose, how often, and that loaders go on in the middle of a pass.
 */
import { manualSeed, tensor } from '@chainrule/autograd';
import {
  BatchSampler,
  ConcatDataset,
  DataLoader,
  DistributedSampler,
  RandomSampler,
  SequentialSampler,
  StackDataset,
  Subset,
  SubsetRandomSampler,
  TensorDataset,
  WeightedRandomSampler,
} from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sorted = (xs: Iterable<number>): number[] => [...xs].sort((a, b) => a - b);

describe('samplers', () => {
  it('go through everything, in order or not', () => {
    expect([...new SequentialSampler(range(4))]).toEqual([0, 1, 2, 3]);
    manualSeed(1);
    const random = [...new RandomSampler(range(50))];
    expect(random).not.toEqual(range(50));
    expect(sorted(random)).toEqual(range(50));
    expect(sorted(new SubsetRandomSampler([7, 3, 9]))).toEqual([3, 7, 9]);
    expect([...new RandomSampler(range(3), { numSamples: 7 })].length).toBe(7);
    const drawn = [...new RandomSampler(range(3), { replacement: true, numSamples: 300 })];
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2]));
  });

  it('follow weights', () => {
    manualSeed(2);
    const counts = [0, 0, 0];
    for (const i of new WeightedRandomSampler([1, 0, 3], 8000)) counts[i] = (counts[i] ?? 0) + 1;
    expect(counts[1]).toBe(0);
    expect(Math.abs((counts[2] as number) / 8000 - 0.75)).toBeLessThan(0.02);
    const once = [...new WeightedRandomSampler(tensor([1, 0, 3, 5]), 3, { replacement: false })];
    expect(sorted(once)).toEqual([0, 2, 3]);
    const first = [0, 0];
    for (let k = 0; k < 4000; k++) {
      const [i = 0] = new WeightedRandomSampler([1, 3], 1, { replacement: false });
      first[i] = (first[i] ?? 0) + 1;
    }
    expect(Math.abs((first[1] as number) / 4000 - 0.75)).toBeLessThan(0.03);
    expect(() => new WeightedRandomSampler([1, 0], 2, { replacement: false })).toThrow(
      /2 samples without replacement from 1 items/,
    );
    expect(() => new WeightedRandomSampler([-1], 1)).toThrow(/weights must/);
  });

  it('share a dataset among processes', () => {
    const shares = range(3).map((rank) => [
      ...new DistributedSampler(range(10), { numReplicas: 3, rank, shuffle: false }),
    ]);
    // As PyTorch: as many each, the first items again at the end.
    expect(shares).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7, 0],
      [2, 5, 8, 1],
    ]);
    const whole = range(2).flatMap((rank) => [
      ...new DistributedSampler(range(10), { numReplicas: 2, rank, dropLast: true, seed: 4 }),
    ]);
    expect(sorted(whole)).toEqual(range(10));
    const one = new DistributedSampler(range(10), { numReplicas: 2, rank: 0 });
    const before = [...one];
    expect([...one]).toEqual(before);
    expect([...one.setEpoch(1)]).not.toEqual(before);
    expect(() => new DistributedSampler(range(4), { numReplicas: 2, rank: 2 })).toThrow(
      /rank must be from 0 to 1/,
    );
  });

  it('make batches', () => {
    const batches = new BatchSampler(new SequentialSampler(range(5)), 2);
    expect([...batches]).toEqual([[0, 1], [2, 3], [4]]);
    expect(batches.length).toBe(3);
    expect(new BatchSampler(new SequentialSampler(range(5)), 2, { dropLast: true }).length).toBe(2);
  });
});

describe('loaders with samplers', () => {
  it('take items and batches from them, and go on in the middle', () => {
    const sampler = new WeightedRandomSampler([1, 2, 3, 4], 12);
    const make = (): DataLoader<number[], unknown> =>
      new DataLoader(range(4), { sampler, batchSize: 5, seed: 3, collate: (xs) => xs });
    const loader = make();
    expect(loader.length).toBe(3);
    const all: unknown[] = [];
    let state = loader.stateDict();
    for (const batch of loader) {
      all.push(batch);
      if (all.length === 2) state = loader.stateDict();
    }
    const resumed = make();
    resumed.loadStateDict(state);
    expect([...resumed]).toEqual(all.slice(2));
    expect([...make()]).toEqual(all);
    const odd = { length: 2, batches: () => [[0, 2], [1]] };
    expect([...new DataLoader(range(3), { batchSampler: odd, collate: (x) => x })]).toEqual([
      [0, 2],
      [1],
    ]);
  });

  it('tells a distributed sampler the pass', () => {
    const sampler = new DistributedSampler(range(8), { numReplicas: 2, rank: 0 });
    const loader = new DataLoader(range(8), { sampler, batchSize: 4, collate: (xs) => xs });
    expect([...loader]).not.toEqual([...loader]);
  });

  it('refuses what says twice what a batch is', () => {
    const sampler = new SequentialSampler(range(3));
    expect(() => new DataLoader(range(3), { sampler, shuffle: true })).toThrow(/either/);
    expect(
      () => new DataLoader(range(3), { batchSampler: new BatchSampler(sampler, 2), batchSize: 2 }),
    ).toThrow(/leave out batchSize/);
    expect(() => new DataLoader(range(3), { sampler: 3 as never })).toThrow(/sampler must/);
  });
});

describe('combined datasets', () => {
  it('stand one after the other', async () => {
    const all = new ConcatDataset([[1, 2], [3], new Subset([4, 5, 6], [2, 0])]);
    expect(all.length).toBe(5);
    expect(range(5).map((i) => all.at(i))).toEqual([1, 2, 3, 6, 4]);
    expect(all.cumulativeSizes).toEqual([2, 3, 5]);
    expect(() => all.at(5)).toThrow(/no item 5; it has 5/);
    expect(() => new ConcatDataset([])).toThrow(/at least one/);
    const slow = { length: 1, at: () => Promise.resolve(9) };
    const batches: unknown[] = [];
    for await (const b of new DataLoader(new ConcatDataset([[8], slow] as never[]), {
      batchSize: 2,
      collate: (x) => x,
    }))
      batches.push(b);
    expect(batches).toEqual([[8, 9]]);
  });

  it('stand side by side', () => {
    const pairs = new StackDataset([[1, 2], tensor([[3], [4]])]);
    expect(pairs.length).toBe(2);
    const [a, b] = pairs.at(1) as unknown as [number, { toArray(): unknown }];
    expect([a, b.toArray()]).toEqual([2, [4]]);
    const named = new StackDataset({ x: new TensorDataset(tensor([1, 2])), y: ['a', 'b'] });
    expect((named.at(0) as { y: string }).y).toBe('a');
    const [batch] = new DataLoader(new StackDataset({ x: tensor([1, 2, 3]) }), { batchSize: 3 });
    expect((batch as { x: { toArray(): unknown } }).x.toArray()).toEqual([1, 2, 3]);
    expect(() => new StackDataset([[1], [1, 2]])).toThrow(/differ in length: \[1, 2\]/);
  });
});
