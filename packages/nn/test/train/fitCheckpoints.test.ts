/** @file `fit`: stopped cleanly, and resumed bit for bit. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualSeed, randn, randperm } from '@chainrule/autograd';
import { Accuracy } from '@chainrule/nn/metrics';
import { earlyStopping, fit, type Callback } from '@chainrule/nn/train';
import { afterAll, describe, expect, it } from 'vitest';
import { bundled } from '../bundled.js';
import { setUp, weightsOf, type Batch } from './fitSetUp.js';

const folder = mkdtempSync(join(tmpdir(), 'fit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
