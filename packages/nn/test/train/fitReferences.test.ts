/**
 * @file `fit` beside PyTorch's loops: the loss of every batch, the learning rates and the validation of every epoch, with
 * schedules, groups, accumulation, clipping and averages. The fixtures' script is fixtures/fit.py.
 */
import { readFileSync } from 'node:fs';
import { tensor, type Tensor } from '@chainrule/autograd';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { fit, type FitOptions } from '@chainrule/nn/train';
import * as optim from '@chainrule/optim';
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/index.js';
import { worst } from '../packed.js';

interface Case {
  readonly losses: number[];
  readonly rates: number[][];
  readonly validated: number[];
}

const given = JSON.parse(
  readFileSync(new URL('../fixtures/fit.json', import.meta.url), 'utf8'),
) as Readonly<
  Record<'x' | 'xv', number[][]> &
    Record<'y' | 'yv', number[]> & {
      state: Record<string, { shape: number[]; data: number[] }>;
      cases: Record<string, Case>;
    }
>;

function network() {
  const model = new nn.Sequential(
    new nn.Linear(4, 8, { bias: false }),
    new nn.BatchNorm1d(8),
    new nn.Tanh(),
    new nn.Linear(8, 3),
  ).to('float64');
  const state = model.stateDict();
  for (const [name, { shape, data }] of Object.entries(given.state))
    state[name] = tensor(data, { shape, dtype: 'float64' });
  model.loadStateDict(state);
  return model;
}
type Network = ReturnType<typeof network>;

/** Weights decay, biases and norms do not; the last layer learns more slowly. */
function groups(model: Network) {
  const [first, norm, , last] = model.children() as [nn.Linear, nn.BatchNorm1d, nn.Tanh, nn.Linear];
  return [
    { params: [first.weight], weightDecay: 0.1 },
    { params: [norm.weight, norm.bias].filter((p) => p !== null), weightDecay: 0 },
    { params: last.parameters(), lr: 0.01, weightDecay: 0.05 },
  ];
}

type Part = Pick<
  FitOptions<[Tensor, Tensor]>,
  'schedule' | 'scheduleEvery' | 'accumulate' | 'clip' | 'average'
>;
type Made = Part & { readonly optimizer: optim.Optimizer };
const made = (
  optimizer: optim.Optimizer,
  part: (optimizer: optim.Optimizer) => Part = () => ({}),
): Made => ({ optimizer, ...part(optimizer) });

const cases: Readonly<Record<string, (model: Network) => Made>> = {
  sgd: (model) => made(new optim.SGD(model.parameters(), { lr: 0.1 })),
  'momentum, steps': (model) =>
    made(
      new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true }),
      (optimizer) => ({ schedule: new optim.StepLR(optimizer, { stepSize: 2, gamma: 0.3 }) }),
    ),
  'adam, one cycle': (model) =>
    made(new optim.Adam(model.parameters(), { lr: 0.01 }), (optimizer) => ({
      schedule: new optim.OneCycleLR(optimizer, { maxLr: 0.05, totalSteps: 20 }),
      scheduleEvery: 'step',
    })),
  'groups, accumulated, clipped by norm': (model) =>
    made(new optim.AdamW(groups(model), { lr: 0.05 }), (optimizer) => ({
      schedule: new optim.CosineAnnealingLR(optimizer, { tMax: 12 }),
      scheduleEvery: 'step',
      accumulate: 2,
      clip: 0.3,
    })),
  'accumulated by three, clipped by value': (model) =>
    made(new optim.RMSprop(model.parameters(), { lr: 0.01, weightDecay: 0.01 }), (optimizer) => ({
      schedule: new optim.ExponentialLR(optimizer, { gamma: 0.8 }),
      accumulate: 3,
      clip: { value: 0.05 },
    })),
  averaged: (model) =>
    made(new optim.Adam(model.parameters(), { lr: 0.05 }), () => ({
      average: new optim.ExponentialMovingAverage(model.parameters(), { decay: 0.8 }),
    })),
  'warm-up, then cosine, all together': (model) =>
    made(new optim.AdamW(groups(model), { lr: 0.05 }), (optimizer) => ({
      schedule: new optim.SequentialLR(optimizer, {
        schedulers: [
          new optim.LinearLR(optimizer, { startFactor: 0.1, totalIters: 4 }),
          new optim.CosineAnnealingLR(optimizer, { tMax: 8 }),
        ],
        milestones: [4],
      }),
      scheduleEvery: 'step',
      accumulate: 2,
      clip: { norm: 0.5 },
      average: new optim.ExponentialMovingAverage(model.parameters(), { decay: 0.7 }),
    })),
  plateau: (model) =>
    made(new optim.SGD(model.parameters(), { lr: 3 }), (optimizer) => ({
      schedule: new optim.ReduceLROnPlateau(optimizer, { factor: 0.3, patience: 0 }),
    })),
};

describe.each(Object.keys(cases))('%s', (name) => {
  it.each([true, false])('compile: %s', async (compile) => {
    const model = network();
    const float = (a: number[][]): Tensor => tensor(a, { dtype: 'float64' });
    const label = (a: number[]): Tensor => tensor(a, { dtype: 'int32' });
    const expected = given.cases[name] as Case;
    const losses: number[] = [];
    const rates: (readonly number[])[] = [];
    const history = await fit(model, {
      data: new DataLoader(new TensorDataset(float(given.x), label(given.y)), { batchSize: 5 }),
      validate: [[float(given.xv), label(given.yv)]],
      loss: nn.functional.crossEntropy,
      epochs: 4,
      compile,
      callbacks: [
        (event) => {
          if (event.type !== 'batch') return;
          losses.push(event.loss);
          rates.push(event.lr);
        },
      ],
      ...(cases[name] as (model: Network) => Made)(model),
    });
    expect(worst(losses, expected.losses)).toBeLessThan(1e-12);
    expect(worst(rates.flat(), expected.rates.flat())).toBeLessThan(1e-12);
    const validated = history.epochs.map(({ figures }) => figures.loss as number);
    expect(worst(validated, expected.validated)).toBeLessThan(1e-12);
  });
});
