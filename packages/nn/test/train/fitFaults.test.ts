/** @file `fit` and failures: numbers that are not finite, bad batches, a killed process, a second signal. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualSeed, randn, setRngState, tensor, zeros, type Tensor } from '@chainrule/autograd';
import { loadCheckpoint } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { fit, validate, type FitEvent } from '@chainrule/nn/train';
import { SGD } from '@chainrule/optim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../bundled.js';

type Batch = [Tensor, Tensor];
const folder = mkdtempSync(join(tmpdir(), 'fit-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Four batches, the third with a NaN, and a network whose normalization keeps running statistics. */
function setUp() {
  manualSeed(5);
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.Dropout(0.3),
    new nn.Linear(4, 1),
  );
  const data = Array.from({ length: 4 }, (): Batch => [randn([6, 3]), randn([6, 1])]);
  data[2] = [data[2]?.[0] as Tensor, tensor([[1], [2], [NaN], [4], [5], [6]])];
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  return { model, given: { data, optimizer, loss: nn.functional.mseLoss } };
}

const stateOf = (model: nn.Module): number[][] =>
  Object.values(model.stateDict()).map((t) => Array.from(t.dataSync()));

describe('a batch that cannot be computed, or read', () => {
  it.each([true, false])('is named, and nothing has changed (compile: %s)', async (compile) => {
    const before = setUp();
    await fit(before.model, { ...before.given, data: before.given.data.slice(0, 2) });
    const { model, given } = setUp();
    given.data[2] = [zeros([6, 4]), zeros([6, 1])]; // drawn ones would move what dropout draws
    await expect(fit(model, { ...given, compile })).rejects.toThrow(
      /\[6, 4\].*\(in batch 2 of epoch 0\)$/s,
    );
    expect(stateOf(model)).toEqual(stateOf(before.model));
  });

  it('keeps the error that its iterator threw', async () => {
    const { model, given } = setUp();
    const broken = new RangeError('the file ends');
    const data = {
      *[Symbol.iterator](): Generator<Batch> {
        yield given.data[0] as Batch;
        throw broken;
      },
    };
    await expect(fit(model, { ...given, data })).rejects.toBe(broken);
    expect(broken.message).toBe('the file ends (in batch 1 of epoch 0)');
  });
});

describe('validation data', () => {
  const good = (): Batch => [zeros([2, 3]), zeros([2, 1])];
  const evaluated = (data: Iterable<Batch>) =>
    validate(setUp().model, { data, loss: nn.functional.mseLoss });

  it('is named with its batch, in fit too', async () => {
    const bad: Batch[] = [good(), good(), [zeros([2, 4]), zeros([2, 1])]];
    await expect(evaluated(bad)).rejects.toThrow(/\(in batch 2 of the validation data\)$/);
    function* broken(): Generator<Batch> {
      yield good();
      throw new RangeError('the file ends');
    }
    const { model, given } = setUp();
    await expect(
      fit(model, { ...given, data: [good()], validate: { [Symbol.iterator]: broken } }),
    ).rejects.toThrow(new RangeError('the file ends (in batch 1 of the validation data)'));
  });

  it('may contain a batch without examples, but not only those', async () => {
    const empty: Batch = [zeros([0, 3]), zeros([0, 1])];
    expect(await evaluated([good(), empty])).toEqual(await evaluated([good()]));
    for (const data of [[], [empty]])
      await expect(evaluated(data)).rejects.toThrow('validate: the data has no examples');
  });
});

describe('a generator', () => {
  function* batches(): Generator<readonly [Tensor, Tensor]> {
    yield [randn([2, 3]), zeros([2, 1])];
  }

  it('has no batches left in a second pass, and the error says what would have', async () => {
    const model = new nn.Linear(3, 1);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const given = { loss: nn.functional.mseLoss, optimizer, epochs: 2 };
    const once = /^\w+: the data has no \w+; a generator can be looped over only once/;
    const anew = { [Symbol.iterator]: batches };
    await expect(fit(model, { ...given, data: batches() })).rejects.toThrow(once);
    await expect(fit(model, { ...given, data: anew, validate: batches() })).rejects.toThrow(once);
    const { step } = await fit(model, { ...given, data: anew, validate: anew });
    expect(step).toBe(2);
    await expect(fit(model, { ...given, data: [] })).rejects.toThrow(
      /^fit: the data has no batches$/,
    );
  });
});

describe('a loss that is not finite', () => {
  it('names the data if no operation made it', async () => {
    const { model, given } = setUp();
    const data: Batch[] = [[zeros([2, 3]), tensor([[0], [-Infinity]])]];
    await expect(fit(model, { ...given, data })).rejects.toThrow(
      'fit: the loss is Infinity in batch 0 of epoch 0, after 0 updates; first, batch[1] holds -Infinity at element 1',
    );
  });

  it.each([true, false])(
    'leaves everything as it was before the batch, and is named with the operation (compile: %s)',
    async (compile) => {
      const before = setUp();
      await fit(before.model, { ...before.given, data: before.given.data.slice(0, 2) });
      const { model, given } = setUp();
      await expect(fit(model, { ...given, compile })).rejects.toThrow(
        /the loss is NaN in batch 2 of epoch 0, after 2 updates; first, an input of shape \[6, 1\] holds NaN at \[2, 0\]/,
      );
      expect(stateOf(model)).toEqual(stateOf(before.model));
      const momentum = (o: SGD): unknown[] => o.namedState().map(([n, t]) => [n, t.dataSync()]);
      expect(momentum(given.optimizer)).toEqual(momentum(before.given.optimizer));
    },
  );

  it.each([true, false])(
    'changes nothing, whoever wrote the optimizer (compile: %s)',
    async (compile) => {
      const { model, given } = setUp();
      const { optimizer } = given;
      const foreign = {
        zeroGrad: () => optimizer.zeroGrad(),
        step: () => optimizer.step(),
        paramGroups: optimizer.paramGroups,
      };
      const before = stateOf(model);
      const data = given.data.slice(2, 3);
      await expect(fit(model, { ...given, data, optimizer: foreign, compile })).rejects.toThrow(
        /the loss is NaN in batch 0 of epoch 0, after 0 updates/,
      );
      expect(stateOf(model)).toEqual(before);
    },
  );

  it('is dumped with what the step depends on: taken again, it gives the same loss', async () => {
    const dir = join(folder, 'dump');
    const { model, given } = setUp();
    const training = fit(model, { ...given, onNonFinite: { dump: dir } });
    await expect(training).rejects.toThrow(`the batch is in ${join(dir, 'step-000002')}`);
    const { state } = await loadCheckpoint(dir);
    const { batch, at } = state as { batch: Batch; at: object };
    expect(at).toEqual({ epoch: 0, batch: 2, step: 2 });
    expect(batch[1].dataSync()).toEqual(given.data[2]?.[1].dataSync());
    const again = setUp().model;
    again.loadStateDict(state['model'] as never);
    setRngState(state['rng']);
    expect(nn.functional.mseLoss(again.forward(batch[0]), batch[1]).item()).toBeNaN();
  });

  it('is left out where so asked, and what follows is as if the batch had not been there', async () => {
    const { model, given } = setUp();
    const dir = join(folder, 'skip');
    const events: FitEvent[] = [];
    const onNonFinite = { then: 'skip', dump: dir } as const;
    for await (const event of fit(model, { ...given, onNonFinite })) events.push(event);
    expect(events.filter(({ type }) => type === 'skipped')).toEqual([
      { type: 'skipped', epoch: 0, batch: 2, step: 2, loss: NaN, path: join(dir, 'step-000002') },
    ]);
    expect(stateOf(model).flat().every(Number.isFinite)).toBe(true);
    const losses = events.filter((e) => e.type === 'batch').map(({ loss }) => loss);
    expect(losses.map(Number.isFinite)).toEqual([true, true, false, true]);
  });
});

describe('a gradient that is not finite, of a loss that is', () => {
  // The derivative of the square root at 0 is infinite.
  const broken = () => {
    manualSeed(1);
    const model = new nn.Linear(2, 1, { bias: false });
    const zero: Batch = [tensor([[0, 0]]), tensor([[0]])];
    const one: Batch = [tensor([[1, 2]]), tensor([[3]])];
    const loss = (p: Tensor, t: Tensor): Tensor => p.sub(t).abs().sqrt().sum();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    return { model, given: { data: [one, zero, one], optimizer, loss } };
  };
  it('is named by the batch that it came from, when the next loss shows it', async () => {
    const { model, given } = broken();
    await expect(fit(model, given)).rejects.toThrow(
      /weight is not finite since batch 1 of epoch 0, after 1 updates, though the loss was: a gradient/,
    );
  });
  it('also at the end of the epoch, before anything is saved', async () => {
    const { model, given } = broken();
    const dir = join(folder, 'none');
    const data = given.data.slice(0, 2);
    const training = fit(model, { ...given, data, checkpoint: { dir }, handleSignals: false });
    await expect(training).rejects.toThrow(/since batch 1 of epoch 0/);
    await expect(loadCheckpoint(dir)).rejects.toThrow();
  });
  it('is left out with skip, also among accumulated batches', async () => {
    const { model, given } = broken();
    const history = await fit(model, { ...given, onNonFinite: 'skip' });
    expect(history.epochs[0]?.loss).not.toBeNaN();
    expect(model.weight.dataSync().every(Number.isFinite)).toBe(true);
    const other = broken();
    await fit(other.model, { ...other.given, onNonFinite: 'skip', accumulate: 2 });
    expect(other.model.weight.dataSync().every(Number.isFinite)).toBe(true);
  });
});

describe.runIf(process.platform !== 'win32')('a process', () => {
  const script = join(folder, 'child.mjs');
  beforeAll(async () => {
    const contents = `
      import { writeSync } from 'node:fs';
      import { manualSeed, randn } from '@chainrule/autograd';
      import * as nn from '@chainrule/nn';
      import { DataLoader, TensorDataset } from '@chainrule/nn/data';
      import { fit } from '@chainrule/nn/train';
      import { Adam, OneCycleLR } from '@chainrule/optim';
      const [dir, epochs, every, wait] = process.argv.slice(2);
      manualSeed(1);
      const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Dropout(0.2), new nn.Linear(8, 1));
      const data = new DataLoader(new TensorDataset(randn([60, 3]), randn([60, 1])), { batchSize: 4, shuffle: true });
      const optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const tell = async (event) => {
        if (event.type === 'batch') writeSync(1, 'step ' + event.step + '\\n');
        if (event.type === 'checkpoint') {
          writeSync(1, 'saved\\n');
          if (wait === 'wait') await new Promise((done) => setTimeout(done, 60000));
        }
      };
      await fit(model, { data, optimizer, loss: nn.functional.mseLoss, epochs: Number(epochs),
        schedule: new OneCycleLR(optimizer, { maxLr: 0.02, totalSteps: 1e6 }), scheduleEvery: 'step',
        callbacks: [tell], checkpoint: { dir, everySteps: Number(every) }, resume: true });
      writeSync(1, JSON.stringify(Object.values(model.stateDict()).map((t) => Array.from(t.dataSync()))));`;
    await bundled(contents, script);
  });

  /** Runs the script; `at` hears all that it has said so far. */
  async function run(args: string[], at: (output: string, child: ChildProcess) => void) {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => at((output += chunk.toString()), child));
    const code = await new Promise((done) =>
      child.on('close', (status, signal) => done(status ?? signal)),
    );
    return { code, output };
  }
  const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';

  it('that is killed in the middle of an epoch goes on bit for bit', async () => {
    const whole = await run([join(folder, 'whole'), '2', '4'], () => undefined);
    const dir = join(folder, 'killed');
    for (const step of [6, 19]) {
      const killed = await run([dir, '2', '4'], (output, child) => {
        if (output.includes(`step ${step}\n`)) child.kill('SIGKILL');
      });
      expect(killed.code).toBe('SIGKILL');
    }
    const rest = await run([dir, '2', '4'], () => undefined);
    expect(rest.output).not.toContain('step 4\n');
    expect(lastLine(rest.output)).toBe(lastLine(whole.output));
    expect(lastLine(whole.output)).toMatch(/^\[\[/);
  });

  it('that gets a second signal exits at once, whatever it waits for', async () => {
    let sent = 0;
    const start = performance.now();
    const { code } = await run(
      [join(folder, 'twice'), '1000', '1000000', 'wait'],
      (output, child) => {
        if (sent === 0 && output.includes('step 2\n')) sent += Number(child.kill('SIGINT'));
        // It has saved, and its callback would wait a minute.
        if (sent === 1 && output.includes('saved')) sent += Number(child.kill('SIGTERM'));
      },
    );
    expect(sent).toBe(2);
    expect(code).toBe(130);
    expect(performance.now() - start).toBeLessThan(25_000);
  });
});
