/** @file `fit` on WebGPU makes the updates of the CPU: the host counts them, once it knows that the loss is finite. */
import { afterAll, describe, expect, test } from 'vitest';
import { manualSeed, setDevice, tensor, type Tensor } from '@chainrule/autograd';
import { SGD } from '@chainrule/optim';
import { openWebgpu } from '../../../autograd/test/webgpu/device.js';
import * as nn from '../../src/index.js';
import { DataLoader, TensorDataset } from '../../src/data/index.js';
import { fit, type FitEvent, type FitOptions } from '../../src/train/index.js';

const there = await openWebgpu();
type Batch = [Tensor, Tensor];
type Options = Partial<FitOptions<Batch>>;

const wave = (n: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(1.7 * i));

/** The losses of two epochs, how many steps were skipped, the error if there is one, and the weights at the end. */
async function trained(device: 'cpu' | 'webgpu', options: Options, broken = -1, isStream = false) {
  await setDevice(device);
  manualSeed(3);
  const values = Float32Array.from(wave(22 * 4), (x, i) => (i === broken ? NaN : x));
  const labels = tensor(Int32Array.from({ length: 22 }, (_, i) => i % 3));
  const loader = new DataLoader(new TensorDataset(tensor(values, { shape: [22, 4] }), labels), {
    batchSize: 5,
  });
  const data = isStream ? { [Symbol.asyncIterator]: () => loader[Symbol.asyncIterator]() } : loader;
  const model = new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.BatchNorm1d(8),
    new nn.Tanh(),
    new nn.Dropout(0.2),
    new nn.Linear(8, 3),
  );
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const events: FitEvent[] = [];
  let error = '';
  try {
    const given = { data, optimizer, loss: nn.functional.crossEntropy, epochs: 2, ...options };
    for await (const event of fit(model, given as FitOptions<Batch>)) events.push(event);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const state = await Promise.all(Object.values(model.stateDict()).map((x) => x.data()));
  await setDevice('cpu');
  return {
    losses: events.flatMap((event) => (event.type === 'batch' ? [event.loss] : [])),
    skipped: events.filter(({ type }) => type === 'skipped').length,
    error,
    state: state.flatMap((x) => Array.from(x as Float32Array)),
  };
}

async function compare(options: Options, broken?: number, isStream?: boolean) {
  const host = await trained('cpu', options, broken, isStream);
  const gpu = await trained('webgpu', options, broken, isStream);
  expect(gpu.losses.length).toBe(host.losses.length);
  const farthest = (some: number[], others: number[]): number =>
    Math.max(
      ...some.map((x, i) => (Object.is(x, others[i]) ? 0 : Math.abs(x - (others[i] as number)))),
    );
  expect(farthest(gpu.losses, host.losses)).toBeLessThan(1e-4);
  expect(farthest(gpu.state, host.state)).toBeLessThan(1e-4);
  expect(gpu.skipped).toBe(host.skipped);
  return { host, gpu };
}

describe.skipIf(!there)('fit on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  test('gives the losses and weights of the CPU', async () => {
    const { host, gpu } = await compare({ clip: { norm: 1 } });
    expect([host.error, gpu.error]).toEqual(['', '']);
    expect(gpu.losses).toHaveLength(10);
  });

  test('and without compiling, with gradients of several batches', async () => {
    const { gpu } = await compare({ compile: false, accumulate: 2 });
    expect(gpu.error).toBe('');
  });

  test('updates with what a stream leaves', async () => {
    const { gpu } = await compare({ accumulate: 3 }, -1, true);
    expect(gpu.error).toBe('');
  });

  test('a loss that is not finite changes nothing, and ends training', async () => {
    const { host, gpu } = await compare({}, 11 * 4);
    expect(host.error).toContain('the loss is NaN in batch 2');
    expect(gpu.error).toContain('the loss is NaN in batch 2');
  });

  test('or is left out', async () => {
    const { gpu } = await compare({ onNonFinite: 'skip' }, 11 * 4);
    expect([gpu.error, gpu.skipped]).toEqual(['', 2]);
  });
});
