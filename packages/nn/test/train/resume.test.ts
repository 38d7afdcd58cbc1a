/** @file An interrupted run continues bit for bit: model, optimizer, schedule, random numbers and loader together. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  arange,
  compile,
  FormatError,
  getRngState,
  manualSeed,
  setRngState,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { loadCheckpoint, saveCheckpoint } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset, type LoaderState } from '@chainrule/nn/data';
import * as optim from '@chainrule/optim';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resume-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = (t: Tensor): number[] => [...t.dataSync()];

describe('a loader that broke off', () => {
  type Options = { shuffle: boolean; seed: number | undefined; batchSize: number; k: number };
  const arbitrary = fc.record<Options>({
    shuffle: fc.boolean(),
    seed: fc.option(fc.integer(), { nil: undefined }),
    batchSize: fc.integer({ min: 1, max: 5 }),
    k: fc.integer({ min: 0, max: 20 }),
  });
  const make = ({ shuffle, seed, batchSize }: Options): DataLoader<Tensor> =>
    new DataLoader(arange(11).cast('int32'), {
      batchSize,
      shuffle,
      ...(seed !== undefined && { seed }),
    });

  test('goes on with the batch after the last one, at any place', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (options, rng) => {
        const two = (loader: DataLoader<Tensor>, seen: number[][], stop: number): void => {
          while (loader.epoch < 2 || seen.length < stop) {
            for (const batch of loader) {
              seen.push(read(batch));
              if (seen.length === stop) return;
            }
            if (loader.epoch === 2) return;
          }
        };
        manualSeed(rng);
        const whole: number[][] = [];
        two(make(options), whole, Infinity);
        manualSeed(rng);
        const first = make(options);
        const seen: number[][] = [];
        const stop = 1 + (options.k % whole.length);
        two(first, seen, stop);
        const saved = JSON.parse(JSON.stringify(first.stateDict())) as LoaderState;
        const second = make(options);
        second.loadStateDict(saved);
        expect(second.stateDict()).toEqual(saved);
        // The rest of the pass, and the next one if there is one to come.
        for (const batch of second) seen.push(read(batch));
        if (second.epoch === 1) for (const batch of second) seen.push(read(batch));
        expect(seen.slice(0, whole.length)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test('because an item failed: the error says where, the state stands before that batch', async () => {
    let broken = true;
    const dataset = {
      length: 7,
      at(i: number): number {
        if (i === 4 && broken) throw new Error('unreadable');
        return i;
      },
    };
    for (const read of ['for', 'for await'] as const) {
      broken = true;
      const loader = new DataLoader(dataset, { batchSize: 2, prefetch: 2 });
      const seen: number[][] = [];
      const pass = async (): Promise<void> => {
        if (read === 'for') for (const batch of loader) seen.push([...batch.dataSync()]);
        else for await (const batch of loader) seen.push([...batch.dataSync()]);
      };
      await expect(pass()).rejects.toThrow(/item 4 failed: unreadable \(in batch 2\)/);
      expect(seen).toEqual([
        [0, 1],
        [2, 3],
      ]);
      expect(loader.stateDict()).toMatchObject({ epoch: 0, batch: 2 });
      broken = false;
      loader.loadStateDict(loader.stateDict());
      await pass();
      expect(seen).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
      expect(loader.stateDict()).toMatchObject({ epoch: 1, batch: 0 });
    }
  });

  test('reads a stream on from where it was', async () => {
    async function* numbers(): AsyncGenerator<number> {
      for (let i = 0; i < 7; i++) yield await Promise.resolve(i);
    }
    const first = new DataLoader(numbers(), { batchSize: 2 });
    for await (const batch of first) if (read(batch)[0] === 2) break;
    const second = new DataLoader(numbers(), { batchSize: 2 });
    second.loadStateDict(first.stateDict());
    const rest: number[][] = [];
    for await (const batch of second) rest.push(read(batch));
    expect(rest).toEqual([[4, 5], [6]]);
  });

  test('names a batch that cannot be collated, and refuses what is not a state', () => {
    const ragged = new DataLoader([[1, 2], [3], [4, 5]], { batchSize: 2 });
    expect(() => [...ragged]).toThrow(/DataLoader: batch 0 cannot be collated/);
    const states: unknown[] = [
      {},
      { epoch: -1, batch: 0, order: 0 },
      { epoch: 0, batch: 0.5, order: 0 },
    ];
    for (const state of states)
      expect(() => ragged.loadStateDict(state as LoaderState)).toThrow(FormatError);
  });
});

class Net extends nn.Module {
  hidden = new nn.Linear(3, 4);
  norm = new nn.BatchNorm1d(4);
  drop = new nn.Dropout(0.3);
  out = new nn.Linear(4, 1);

  forward(x: Tensor): Tensor {
    return this.out.forward(this.drop.forward(this.norm.forward(this.hidden.forward(x)).relu()));
  }
}

function run(compiled: boolean) {
  const model = new Net();
  const optimizer = new optim.AdamW(model.namedParameters(), { lr: 0.02, onNonFinite: 'skip' });
  const schedule = new optim.CosineAnnealingLR(optimizer, { tMax: 12 });
  const ema = new optim.ExponentialMovingAverage(model.parameters(), { decay: 0.9 });
  const grid = Float32Array.from({ length: 33 }, (_, i) => Math.sin(i * i));
  const x = tensor(grid, { shape: [11, 3] });
  const data = new TensorDataset(x, x.sum(1, { keepdim: true }));
  const loader = new DataLoader(data, { batchSize: 4, shuffle: true });
  const once = (a: Tensor, b: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = model.forward(a).sub(b).square().mean();
    loss.backward();
    optimizer.step();
    ema.update();
    return loss;
  };
  const step = compiled ? compile(once) : once;
  const losses: number[] = [];
  /** Trains until `stop` steps have been made in all. */
  const train = (stop: number): void => {
    loader.loadStateDict(loader.stateDict()); // the rest of a pass that was left
    while (losses.length < stop) {
      for (const [a, b] of loader) {
        losses.push(step(a, b).item());
        schedule.step();
        if (losses.length === stop) return;
      }
    }
  };
  return { model, optimizer, schedule, ema, loader, losses, train };
}

const bits = ({ model, ema }: ReturnType<typeof run>): number[] => [
  ...Object.values(model.stateDict()).flatMap(read),
  ...ema.averages.flatMap(read),
];

describe('everything in one checkpoint', () => {
  const total = 10;

  test.each([
    [1, false],
    [4, false],
    [6, false],
    [5, true],
  ])(
    'saved after step %i, loaded into new objects: the rest is the same bit for bit (compiled: %s)',
    async (k, compiled) => {
      manualSeed(7);
      const whole = run(compiled);
      whole.train(total);

      manualSeed(7);
      const first = run(compiled);
      first.train(k);
      const { model, optimizer, schedule, ema, loader } = first;
      const path = join(folder, `k${k}-${compiled}`);
      await saveCheckpoint(path, {
        model,
        optimizer,
        schedule,
        ema,
        loader,
        step: k,
        rng: getRngState(),
      });
      first.train(total); // goes on meanwhile

      manualSeed(1234);
      const second = run(compiled);
      const { model: m, optimizer: o, schedule: s, ema: e, loader: l } = second;
      const { step, state } = await loadCheckpoint(path, {
        model: m,
        optimizer: o,
        schedule: s,
        ema: e,
        loader: l,
      });
      expect(step).toBe(k);
      setRngState(state['rng']);
      second.train(total - k);
      expect(second.losses).toEqual(whole.losses.slice(k));
      expect(bits(second)).toEqual(bits(whole));
      expect(bits(first)).toEqual(bits(whole));
      expect(second.optimizer.paramGroups[0]?.lr).toBe(whole.optimizer.paramGroups[0]?.lr);
    },
  );
});

describe('a checkpoint of something else is refused, and nothing is half-loaded', () => {
  class Renamed extends nn.Module {
    first = new nn.Linear(3, 4);
    norm = new nn.BatchNorm1d(4);
    out = new nn.Linear(4, 1);
    forward(x: Tensor): Tensor {
      return this.out.forward(x);
    }
  }
  class Wider extends nn.Module {
    hidden = new nn.Linear(3, 5);
    norm = new nn.BatchNorm1d(5);
    out = new nn.Linear(5, 1);
    forward(x: Tensor): Tensor {
      return this.out.forward(x);
    }
  }
  type Targets = { model: nn.Module; optimizer: optim.Optimizer; loader: DataLoader<Tensor> };
  const loader = (): DataLoader<Tensor> => new DataLoader(arange(4));
  const of = (model: nn.Module, make: (m: nn.Module) => optim.Optimizer): Targets => ({
    model,
    optimizer: make(model),
    loader: loader(),
  });
  const adamW = (m: nn.Module): optim.Optimizer => new optim.AdamW(m.namedParameters());
  const cases: [string, () => Targets, RegExp][] = [
    [
      'renamed layers',
      () => of(new Renamed(), adamW),
      /missing in the checkpoint: "first\.weight".*\n.*unexpected in the checkpoint: "hidden\.weight"/,
    ],
    [
      'other shapes',
      () => of(new Wider(), adamW),
      /"hidden\.weight" has shape \[4, 3\] in the checkpoint, \[5, 3\] here/,
    ],
    [
      'another optimizer',
      () => of(new Net(), (m) => new optim.SGD(m.namedParameters(), { lr: 0.1, momentum: 0.9 })),
      /optimizer: SGD/,
    ],
    [
      'other groups',
      () => of(new Net(), (m) => new optim.AdamW(m.namedParameters().slice(0, 2))),
      /optimizer: AdamW/,
    ],
    [
      'a model under the name of the loader',
      () => ({ ...of(new Net(), adamW), loader: new Net() as unknown as DataLoader<Tensor> }),
      /loader: /,
    ],
  ];

  test.each(cases)('%s', async (what, targets, message) => {
    const first = run(false);
    first.train(4);
    const path = join(folder, what.replaceAll(' ', '-'));
    const { model, optimizer, loader } = first;
    await saveCheckpoint(path, { model, optimizer, loader, step: 4 });
    const given = targets();
    const values = (state: unknown): string =>
      JSON.stringify(state, (_key, x: unknown) =>
        typeof x === 'object' && x !== null && 'dataSync' in x ? read(x as Tensor) : x,
      );
    const all = (): string[] =>
      Object.values(given).map((x: { stateDict(): unknown }) => values(x.stateDict()));
    const before = all();
    const attempt = loadCheckpoint(path, given);
    await expect(attempt).rejects.toThrow(FormatError);
    await expect(attempt).rejects.toThrow(message);
    expect(all()).toEqual(before);
  });
});
