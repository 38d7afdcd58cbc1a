/** @file Samplers, loaders and splits compared with PyTorch's: the items if nothing is random, otherwise their counts. */
import { readFileSync } from 'node:fs';
import { manualSeed, tensor } from '@chainrule/autograd';
import {
  BatchSampler,
  DataLoader,
  DistributedSampler,
  RandomSampler,
  randomSplit,
  SequentialSampler,
  Subset,
  TensorDataset,
  WeightedRandomSampler,
} from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

interface Fixtures {
  readonly batches: readonly {
    readonly items: number;
    readonly batchSize: number;
    readonly dropLast: boolean;
    readonly batches: readonly number[][];
    readonly length: number;
    readonly loader: number;
  }[];
  readonly shares: readonly {
    readonly items: number;
    readonly numReplicas: number;
    readonly dropLast: boolean;
    readonly shares: readonly number[][];
    readonly lengths: readonly number[];
  }[];
  readonly counts: readonly {
    readonly items: number;
    readonly numSamples: number | null;
    readonly length: number;
    readonly least: number;
    readonly most: number;
  }[];
  readonly splits: readonly {
    readonly items: number;
    readonly lengths: readonly number[];
    readonly parts: readonly number[];
  }[];
}

const { batches, shares, counts, splits } = JSON.parse(
  readFileSync(new URL('../fixtures/samplers.json', import.meta.url), 'utf8'),
) as Fixtures;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const collate = (items: readonly unknown[]): readonly unknown[] => items;

describe('as PyTorch', () => {
  it('makes batches', () => {
    for (const { items, batchSize, dropLast, ...expected } of batches) {
      const sampler = new BatchSampler(new SequentialSampler(range(items)), batchSize, {
        dropLast,
      });
      const loader = new DataLoader(range(items), { batchSize, dropLast, collate });
      expect({ batches: [...sampler], length: sampler.length, loader: loader.length }).toEqual(
        expected,
      );
      expect([...loader]).toEqual(expected.batches);
      expect([...new DataLoader(range(items), { batchSampler: sampler, collate })]).toEqual(
        expected.batches,
      );
    }
  });

  it('shares a dataset', () => {
    for (const { items, numReplicas, dropLast, ...expected } of shares) {
      const samplers = range(numReplicas).map(
        (rank) =>
          new DistributedSampler(range(items), { numReplicas, rank, dropLast, shuffle: false }),
      );
      const found = {
        shares: samplers.map((s) => [...s]),
        lengths: samplers.map((s) => s.length),
      };
      expect({ items, numReplicas, dropLast, ...found }).toEqual({
        items,
        numReplicas,
        dropLast,
        ...expected,
      });
    }
  });

  it('goes through the items as often', () => {
    for (const { items, numSamples, ...expected } of counts) {
      const sampler = new RandomSampler(range(items), { numSamples });
      const count = range(items).map(() => 0);
      for (const i of sampler) count[i] = (count[i] as number) + 1;
      expect({
        length: sampler.length,
        least: Math.min(...count),
        most: Math.max(...count),
      }).toEqual(expected);
    }
  });

  it('splits by shares', () => {
    for (const { items, lengths, parts } of splits) {
      const found = randomSplit(range(items), lengths);
      expect([lengths, found.map((part) => part.length)]).toEqual([lengths, parts]);
      expect(found.flatMap((part) => Array.from(part.indices)).sort((a, b) => a - b)).toEqual(
        range(items),
      );
    }
  });
});

describe('draws by weight', () => {
  // Without replacement, i comes first with probability wᵢ/Σw, and then j with wⱼ/(Σw − wᵢ), as in torch.multinomial.
  it('pairs without replacement', () => {
    manualSeed(7);
    const weights = [1, 2, 5];
    const draws = 20000;
    const found = new Map<string, number>();
    for (let k = 0; k < draws; k++) {
      const pair = [...new WeightedRandomSampler(weights, 2, { replacement: false })].join();
      found.set(pair, (found.get(pair) ?? 0) + 1);
    }
    weights.forEach((w, i) =>
      weights.forEach((v, j) => {
        if (i === j) return expect(found.get(`${i},${j}`)).toBeUndefined();
        const p = ((w / 8) * v) / (8 - w);
        const sigma = Math.sqrt((p * (1 - p)) / draws);
        expect(Math.abs((found.get(`${i},${j}`) ?? 0) / draws - p)).toBeLessThan(4.5 * sigma);
      }),
    );
  });

  it('a rare class as often as a frequent one', () => {
    manualSeed(3);
    const labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const weights = labels.map((label) => (label === 1 ? 1 : 1 / 9));
    const dataset = new TensorDataset(tensor(Int32Array.from(labels)));
    const sampler = new WeightedRandomSampler(weights, 4000);
    let rare = 0;
    for (const [label] of new DataLoader(dataset, { sampler, batchSize: 100 }))
      rare += label.sum().item();
    expect(Math.abs(rare / 4000 - 0.5)).toBeLessThan(4.5 * Math.sqrt(0.25 / 4000));
  });
});

it('takes batches of a subset of a subset', () => {
  const dataset = new TensorDataset(tensor([0, 10, 20, 30, 40]));
  const odd = new Subset(new Subset(dataset, [4, 3, 2, 1]), [0, 2, 2]);
  const found = Array.from(new DataLoader(odd, { batchSize: 3 }), ([x]) => x.toArray());
  expect(found).toEqual([[40, 20, 20]]);
});
