/** @file `fit`: equal to the loop it stands for, with the input it takes and refuses. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChainruleError,
  manualSeed,
  randn,
  randperm,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
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
import { bundled } from '../bundled.js';
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

describe('stopping', () => {
  it('when a figure no longer improves; with the best weights', async () => {
    const a = setUp();
    const stop = earlyStopping({ patience: 1, minDelta: 100 });
    const history = await fit(a.model, {
      ...a.given,
      epochs: 20,
      callbacks: [stop],
      restoreBest: true,
    });
    expect(history.epochs).toHaveLength(3);
    expect(history).toMatchObject({
      ending: 'stopped',
      reason: 'loss has not improved for 2 epochs',
    });
    const least = Math.min(...history.epochs.map(({ loss }) => loss));
    expect(history.best?.loss).toBe(least);
  });
  it('by a callback, an abort signal, and by leaving the loop', async () => {
    const a = setUp();
    const stopped = await fit(a.model, {
      ...a.given,
      callbacks: [
        (event, control) => {
          if (event.type === 'batch' && event.batch === 1) control.stop('enough');
        },
      ],
    });
    expect(stopped).toMatchObject({ step: 2, ending: 'stopped', reason: 'enough' });
    const abort = new AbortController();
    const aborted = fit(a.model, {
      ...a.given,
      signal: abort.signal,
      callbacks: [(event) => void (event.type === 'batch' && abort.abort())],
    });
    expect(await aborted).toMatchObject({ step: 1, ending: 'aborted' });
    const training = fit(a.model, a.given);
    for await (const event of training) if (event.type === 'batch') break;
    expect(await training).toMatchObject({ step: 1, ending: 'stopped' });
  });
});

describe('checkpoints', () => {
  it('a training resumed in the middle of an epoch equals one that was never interrupted, bit for bit', async () => {
    const whole = setUp();
    const expected = await fit(whole.model, {
      ...whole.given,
      epochs: 3,
      metrics: { accuracy: new Accuracy() },
    });
    const dir = join(folder, 'resume');
    for (const stopAt of [2, 7, 11]) {
      const part = setUp();
      await fit(part.model, {
        ...part.given,
        epochs: 3,
        metrics: { accuracy: new Accuracy() },
        checkpoint: { dir },
        resume: true,
        handleSignals: false,
        callbacks: [
          (event, control) => {
            if (event.type === 'batch' && event.step === stopAt) control.stop();
          },
        ],
      });
    }
    const rest = setUp();
    const history = await fit(rest.model, {
      ...rest.given,
      epochs: 3,
      metrics: { accuracy: new Accuracy() },
      checkpoint: { dir },
      resume: true,
      handleSignals: false,
    });
    expect(weightsOf(rest)).toEqual(weightsOf(whole));
    const plain = (h: typeof history) => h.epochs.map(({ loss, figures }) => ({ loss, figures }));
    expect(plain(history)).toEqual(plain(expected));
  });

  it('also on data that does not know where it was', async () => {
    const dir = join(folder, 'array');
    const whole = setUp();
    const data = [...whole.given.data];
    await fit(whole.model, { ...whole.given, data, epochs: 2 });
    for (const stopAt of [3, 4, Infinity]) {
      const part = setUp();
      const seen: number[] = [];
      const history = await fit(part.model, {
        ...part.given,
        data,
        epochs: 2,
        checkpoint: { dir },
        resume: true,
        handleSignals: false,
        callbacks: [
          (event, control) => {
            if (event.type !== 'batch') return;
            seen.push(event.epoch * data.length + event.batch);
            if (event.step === stopAt) control.stop();
          },
        ],
      });
      if (stopAt !== Infinity) continue;
      expect(seen[0]).toBe(4);
      expect(history.step).toBe(2 * data.length);
      expect(weightsOf(part)).toEqual(weightsOf(whole));
    }
  });

  it.each([1, 2, 3, 4])(
    'also on a generator that shuffles and draws, stopped after update %i of two epochs of three batches',
    async (stopAt) => {
      const dir = join(folder, `generator${stopAt}`);
      const begin = () => {
        const s = setUp({ batchSize: 22 });
        const [all] = [...(s.given.data as Iterable<Batch>)] as [Batch];
        const data = {
          *[Symbol.iterator](): Generator<Batch> {
            const order = randperm(22);
            for (let i = 0; i < 3; i++) {
              const some = order.narrow(0, 7 * i, 7);
              yield [all[0].indexSelect(0, some).add(randn([7, 4])), all[1].indexSelect(0, some)];
            }
          },
        };
        // Two updates in an epoch, the second of a single batch: how many there are, nobody knows.
        return { model: s.model, options: { ...s.given, data, accumulate: 2, epochs: 2 } };
      };
      const [whole, part, rest] = [begin(), begin(), begin()];
      const saved = { checkpoint: { dir }, resume: true, handleSignals: false };
      manualSeed(4);
      const expected = await fit(whole.model, whole.options);
      const stop: Callback = (event, control) => {
        if (event.type === 'batch' && event.step === stopAt) control.stop();
      };
      manualSeed(4);
      await fit(part.model, { ...part.options, ...saved, callbacks: [stop] });
      manualSeed(5);
      const history = await fit(rest.model, { ...rest.options, ...saved });
      expect(history.epochs.map(({ loss }) => loss)).toEqual(
        expected.epochs.map(({ loss }) => loss),
      );
      expect(weightsOf(rest)).toEqual(weightsOf(whole));
    },
  );

  it.runIf(process.platform !== 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    '%s finishes the step, saves and exits with 130; what follows goes on',
    async (signal) => {
      const dir = join(folder, signal);
      const script = join(folder, 'child.mjs');
      const contents = `
        import { writeSync } from 'node:fs';
        import { randn } from '@chainrule/autograd';
        import * as nn from '@chainrule/nn';
        import { fit } from '@chainrule/nn/train';
        import { SGD } from '@chainrule/optim';
        const model = new nn.Linear(2, 1);
        const data = Array.from({ length: 10 }, () => [randn([4, 2]), randn([4, 1])]);
        const optimizer = new SGD(model.parameters(), { lr: 0.1 });
        const tell = (event) => event.type === 'batch' && writeSync(1, event.step + '\\n');
        await fit(model, { data, optimizer, loss: nn.functional.mseLoss, epochs: 1e6,
          callbacks: [tell], checkpoint: { dir: process.argv[2], every: 1e6 }, resume: true });`;
      await bundled(contents, script);
      const run = async (): Promise<{ code: unknown; steps: number[] }> => {
        const child = spawn(process.execPath, [script, dir], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => {
          if (output === '') child.kill(signal);
          output += chunk.toString();
        });
        const code = await new Promise((resolve) => child.on('close', resolve));
        return { code, steps: output.trim().split('\n').map(Number) };
      };
      const first = await run();
      expect(first.code).toBe(130);
      const second = await run();
      expect(second.code).toBe(130);
      expect(second.steps[0]).toBe((first.steps.at(-1) as number) + 1);
    },
  );
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
  it('a batch that is no pair, data without a batch, a figure that is not there', async () => {
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
