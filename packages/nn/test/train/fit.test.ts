/** @file `fit`: equal to the loop that it replaces, and the arguments that it accepts and refuses. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainruleError, manualSeed, randn, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Accuracy } from '@chainrule/nn/metrics';
import { fit, validate, type FitOptions } from '@chainrule/nn/train';
import {
  Adam,
  ExponentialMovingAverage,
  OneCycleLR,
  ReduceLROnPlateau,
  SGD,
} from '@chainrule/optim';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { eventsOf, setUp, weightsOf, type Batch, type SetUp } from './fitSetUp.js';

const folder = mkdtempSync(join(tmpdir(), 'fit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('training', () => {
  it.each([true, false])(
    'equals the loop written by hand, bit for bit (compile: %s)',
    async (compiled) => {
      const a = setUp();
      const losses: number[] = [];
      for (let epoch = 0; epoch < 3; epoch++) {
        for (const [x, y] of a.given.data as Iterable<Batch>) {
          a.given.optimizer.zeroGrad();
          const loss = a.given.loss(a.model.forward(x), y);
          loss.backward();
          a.given.optimizer.step();
          losses.push(loss.item());
        }
      }
      const b = setUp();
      const events = await eventsOf(b.model, { ...b.given, epochs: 3, compile: compiled });
      const told = events.filter((e) => e.type === 'batch').map(({ loss }) => loss);
      expect(told).toEqual(losses);
      expect(weightsOf(b)).toEqual(weightsOf(a));
      expect(events.find((e) => e.type === 'compiled')).toMatchObject({ compiled });
    },
  );

  it('gives its history to who awaits it', async () => {
    const a = setUp();
    const history = await fit(a.model, {
      ...a.given,
      epochs: 2,
      metrics: { accuracy: new Accuracy() },
    });
    expect(history.epochs).toHaveLength(2);
    expect(history.ending).toBe('epochs');
    expect(history.step).toBe(10);
    expect(history.epochs[1]?.figures['accuracy']).toBeTypeOf('number');
  });

  it('accumulated batches are one step on all of them, the last ones of an epoch too', async () => {
    const [a, b] = [setUp({ batchSize: 22 }), setUp({ batchSize: 11 })];
    const noDropout = (s: SetUp) =>
      new nn.Sequential(...[...s.model.children()].filter((m) => !(m instanceof nn.Dropout)));
    const plain = (s: SetUp) => ({
      ...s.given,
      optimizer: new SGD(s.model.parameters(), { lr: 0.1 }),
    });
    await fit(noDropout(a), plain(a));
    await fit(noDropout(b), { ...plain(b), accumulate: 2 });
    weightsOf(b).forEach((w, i) => expect(w).toBeCloseTo(weightsOf(a)[i] as number, 6));
    const c = setUp({ batchSize: 5 });
    const history = await fit(c.model, { ...c.given, accumulate: 2 });
    expect(history.step).toBe(3); // of 5 batches
  });

  it('accumulated batches of a stream are too, though nobody knows how many will come', async () => {
    const lasting = (s: SetUp, data: FitOptions<Batch>['data']) => ({
      ...s.given,
      data,
      optimizer: new SGD(s.model.parameters(), { lr: 0.1, momentum: 0.9 }),
      accumulate: 3,
      clip: 0.5,
      epochs: 2,
    });
    const [a, b] = [setUp(), setUp()];
    const batches = [...(a.given.data as Iterable<Batch>)];
    const stream = {
      async *[Symbol.asyncIterator]() {
        for (const batch of batches) yield Promise.resolve(batch);
      },
    };
    manualSeed(8);
    const known = await fit(a.model, lasting(a, batches));
    manualSeed(8);
    const streamed = await fit(b.model, lasting(b, stream));
    expect([known.step, streamed.step]).toEqual([4, 4]); // of 2 · 5 batches
    weightsOf(b).forEach((w, i) => expect(w).toBeCloseTo(weightsOf(a)[i] as number, 6));
  });

  it('falls back to plain steps where a step cannot be recorded, and says why', async () => {
    const a = setUp();
    const events = await eventsOf(a.model, {
      ...a.given,
      loss: (p: Tensor, t: Tensor) => {
        if (!(p.sum().item() < 1e9)) throw new Error('diverged');
        return nn.functional.crossEntropy(p, t);
      },
    });
    const said = events.find((e) => e.type === 'compiled');
    expect(said).toMatchObject({ compiled: false });
    expect(said?.reason).toMatch(/read/);
    const b = setUp();
    await fit(b.model, { ...b.given, compile: false });
    expect(weightsOf(a)).toEqual(weightsOf(b));
  });

  it('gives the same bits in a page, where the first step is made ready in parts', async () => {
    const [here, page] = [setUp(), setUp()];
    manualSeed(5);
    await fit(here.model, { ...here.given, epochs: 2 });
    vi.stubGlobal('document', { hidden: true });
    try {
      manualSeed(5);
      const events = await eventsOf(page.model, { ...page.given, epochs: 2 });
      expect(events.find(({ type }) => type === 'compiled')).toMatchObject({ compiled: true });
      manualSeed(5);
      const { model, given } = setUp();
      // Reads a value, which cannot be recorded: the first step finds that out for itself.
      const step = ([x, y]: Batch): Tensor => {
        const loss = given.loss(model.forward(x), y);
        return loss.item() > 1e9 ? loss.mul(2) : loss;
      };
      const { data, optimizer } = given;
      const [, told] = await eventsOf(model, { data, optimizer, step });
      expect(told).toMatchObject({ type: 'compiled', compiled: false });
    } finally {
      vi.unstubAllGlobals();
    }
    expect(weightsOf(page)).toEqual(weightsOf(here));
  });

  it('validates with averages in place, clips, and moves schedules by step or by figure', async () => {
    const a = setUp();
    const held: Batch[] = [[randn([6, 4]), tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' })]];
    const average = new ExponentialMovingAverage(a.model.parameters(), { decay: 0.9 });
    const schedule = new OneCycleLR(a.given.optimizer, { maxLr: 0.1, totalSteps: 10 });
    const events = await eventsOf(a.model, {
      ...a.given,
      average,
      schedule,
      scheduleEvery: 'step',
      clip: 0.5,
      epochs: 2,
      validate: held,
      metrics: { accuracy: new Accuracy() },
    });
    const rates = events.filter((e) => e.type === 'batch').map(({ lr }) => lr[0]);
    expect(new Set(rates).size).toBe(10);
    const judged = events.filter((e) => e.type === 'validate');
    const expected = await average.use(() =>
      validate(a.model, { data: held, loss: a.given.loss, metrics: { accuracy: new Accuracy() } }),
    );
    expect(judged.at(-1)?.figures).toEqual(expected);
    const b = setUp();
    const plateau = new ReduceLROnPlateau(b.given.optimizer, {
      patience: 0,
      factor: 0.5,
      threshold: 100,
    });
    const history = await fit(b.model, { ...b.given, schedule: plateau, epochs: 3 });
    expect(history.epochs.at(-1)?.lr[0]).toBeLessThan(0.01);
  });

  it('clips by what the optimizer updates: gradients that nobody clears do not count', async () => {
    const [a, b] = [setUp(), setUp()];
    const headOf = (s: SetUp) => {
      const head = s.model.children().at(-1) as nn.Module;
      return { ...s.given, optimizer: new SGD(head.parameters(), { lr: 0.1 }), clip: 0.05 };
    };
    b.model.children()[0]?.requiresGrad_(false);
    manualSeed(6);
    await fit(a.model, { ...headOf(a), epochs: 2 });
    manualSeed(6);
    await fit(b.model, { ...headOf(b), epochs: 2 });
    expect(weightsOf(a)).toEqual(weightsOf(b));
  });

  it('takes any batch with a step of your own', async () => {
    const a = setUp();
    const data = [{ input: randn([3, 4]) }];
    const history = await fit(a.model, {
      data,
      optimizer: a.given.optimizer,
      step: ({ input }) => a.model.forward(input).square().mean(),
    });
    expect(history.step).toBe(1);
  });
});

describe('bad input', () => {
  const a = setUp();
  it.each([
    [
      'unknown options',
      { ...a.given, epoch: 3 },
      /there is no option 'epoch'; did you mean epochs/,
    ],
    ['no data', { ...a.given, data: undefined }, /data/],
    ['both loss and step', { ...a.given, step: () => tensor(0) }, /either loss or step/],
    ['resume without a folder', { ...a.given, resume: true }, /checkpoint: \{ dir \}/],
    [
      'a metric that is none',
      { ...a.given, metrics: { x: 3 } },
      /metrics must be an object of metrics/,
    ],
    ['clip', { ...a.given, clip: { nrom: 1 } }, /clip must be/],
  ])('%s', (_name, options, message) => {
    const call = (): unknown => fit(a.model, options as unknown as FitOptions<Batch>);
    expect(call).toThrow(ChainruleError);
    expect(call).toThrow(message);
  });
  it('a batch that is not a pair, data without a batch, a figure that is not there', async () => {
    const b = setUp();
    await expect(fit(b.model, { ...b.given, data: [[tensor(1)]] as never })).rejects.toThrow(
      /pairs/,
    );
    await expect(fit(b.model, { ...b.given, data: [] })).rejects.toThrow(/no batch/);
    await expect(
      fit(b.model, { ...b.given, restoreBest: { monitor: 'accuracy' } }),
    ).rejects.toThrow(/no number 'accuracy'.*loss/);
  });
  it('names the batch whose loss is not finite; skipping leaves it out', async () => {
    const broken = (s: SetUp) => ({
      ...s.given,
      optimizer: new Adam(s.model.parameters(), { lr: 0.01, onNonFinite: 'skip' as const }),
      data: [0, 1, 2].map((i): Batch => [
        i === 1 ? tensor([[NaN, 0, 0, 0]]) : randn([1, 4]),
        tensor([1], { dtype: 'int32' }),
      ]),
    });
    const a = setUp();
    await expect(fit(a.model, broken(a))).rejects.toThrow(
      /NaN in batch 1 of epoch 0, after 1 updates/,
    );
    expect(weightsOf(a).every(Number.isFinite)).toBe(true);
    const b = setUp();
    const events = await eventsOf(b.model, { ...broken(b), onNonFinite: 'skip' });
    expect(events.filter((e) => e.type === 'skipped')).toHaveLength(1);
    expect(weightsOf(b).every(Number.isFinite)).toBe(true);
  });
});
