/** @file Training in a page: frames are drawn meanwhile, and a worker reports progress and can be stopped. */
import { expect, test } from 'vitest';
import { compile, manualSeed, randint, randn, type Tensor } from '@chainrule/autograd';
import { decodeSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { fit, trainInWorker, type FitEvent } from '@chainrule/nn/train';
import { Adam } from '@chainrule/optim';

/** Runs `f`, and returns the times at which frames were drawn. */
async function framesWhile(f: () => Promise<unknown>): Promise<{ count: number; gap: number }> {
  const times: number[] = [];
  let going = true;
  const frame = (): void => {
    times.push(performance.now());
    if (going) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  await f();
  going = false;
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
  return { count: times.length, gap: Math.max(...gaps) };
}

/** The network and the batches of MNIST, with random images. */
function setUp() {
  manualSeed(1);
  const images = randn([4096, 784]);
  const labels = randint(0, 10, [4096]);
  const data = new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true });
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
  const optimizer = new Adam(model.parameters());
  return { model, given: { data, optimizer, loss: nn.functional.crossEntropy } };
}

// A frame takes 16 ms; a machine under load gets more time.
const LONGEST = 400;

test('fit gives the page its frames', async () => {
  const { model, given } = setUp();
  await fit(model, given); // programs are made once
  const start = performance.now();
  const { count, gap } = await framesWhile(() => fit(model, { ...given, epochs: 8 }));
  expect(count).toBeGreaterThan((performance.now() - start) / 150);
  expect(gap).toBeLessThan(LONGEST);
});

test('so does for await over a loader', async () => {
  const { model, given } = setUp();
  const step = compile((x: Tensor, y: Tensor) => {
    given.optimizer.zeroGrad();
    const loss = given.loss(model.forward(x), y);
    loss.backward();
    given.optimizer.step();
    return loss;
  });
  const epoch = async (): Promise<void> => {
    for await (const [x, y] of given.data as AsyncIterable<[Tensor, Tensor]>) step(x, y).item();
  };
  await epoch();
  const start = performance.now();
  const { count, gap } = await framesWhile(async () => {
    for (let i = 0; i < 8; i++) await epoch();
  });
  expect(count).toBeGreaterThan((performance.now() - start) / 150);
  expect(gap).toBeLessThan(LONGEST);
});

interface Result {
  readonly weights: Uint8Array;
  readonly ending: string;
}

test('a worker trains: its events and its result come across, and it can be stopped', async () => {
  const worker = new Worker(new URL('./train.worker.ts', import.meta.url), { type: 'module' });
  const training = trainInWorker<Result>(worker, { epochs: 40 });
  const events: FitEvent[] = [];
  for await (const event of training) events.push(event);
  const { weights, ending } = await training;
  expect(ending).toBe('epochs');
  expect(events.filter(({ type }) => type === 'batch')).toHaveLength(40);
  expect(events.at(-1)?.type).toBe('end');
  const { weight } = decodeSafetensors(weights);
  expect(weight?.toArray()).toEqual([[expect.closeTo(1, 1), expect.closeTo(2, 1)]]);

  const endless = trainInWorker<Result>(worker, { epochs: 1e9 });
  setTimeout(() => endless.stop(), 200);
  expect((await endless).ending).toBe('aborted');
  const left = trainInWorker<Result>(worker, { epochs: 1e9 });
  for await (const event of left) if (event.type === 'batch' && event.step > 3) break;
  expect((await left).ending).toBe('aborted');
  await expect(trainInWorker(worker, { epochs: -1 })).rejects.toThrow(
    'trainInWorker: the worker failed: epochs must be 0 or more, got -1',
  );
  worker.terminate();
});

test('a worker whose script is not there fails', async () => {
  const worker = new Worker('/there-is-no-such-file.js', { type: 'module' });
  await expect(trainInWorker(worker)).rejects.toThrow(/the worker failed/);
});
