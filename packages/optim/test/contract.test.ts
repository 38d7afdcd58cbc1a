/** @file The public surface of optim: what exists, and that every optimizer and schedule works. */
import { Parameter, tensor } from '@chainrule/autograd';
import { describe, expect, test } from 'vitest';
import * as optim from '../src/index.js';

const list = (text: string): string[] => text.trim().split(/\s+/);
const OPTIMIZERS = list(
  'SGD Adam AdamW Adamax NAdam RAdam Adagrad Adadelta RMSprop Rprop ASGD LBFGS Adafactor Lion Muon',
);

type Make<A extends unknown[], T> = new (...args: A) => T;
const make = <A extends unknown[], T>(name: string, ...args: A): T =>
  new ((optim as Record<string, unknown>)[name] as Make<A, T>)(...args);

describe.each(OPTIMIZERS)('%s', (name) => {
  test('walks downhill, saves its state and goes on from it', () => {
    const start = tensor([
      [3, -2],
      [1, 4],
    ]);
    const [w, copy] = [new Parameter(start), new Parameter(start)];
    const [opt, other] = [[w], [copy]].map((params) =>
      make<[Parameter[], object], optim.Optimizer>(name, params, { lr: 0.01 }),
    );
    if (opt === undefined || other === undefined) throw new Error('two were made');
    const loss =
      (p: Parameter): (() => ReturnType<typeof p.sum>) =>
      () => {
        opt.zeroGrad();
        other.zeroGrad();
        const l = p.square().sum();
        l.backward();
        return l;
      };
    const step = (o: optim.Optimizer, p: Parameter): void => {
      const closure = loss(p);
      if (name === 'LBFGS') {
        o.step(closure);
      } else {
        closure();
        o.step();
      }
    };
    const before = w.square().sum().item();
    for (let i = 0; i < 3; i++) step(opt, w);
    expect(w.square().sum().item()).toBeLessThan(before);
    copy.assign(w.detach());
    other.loadStateDict(opt.stateDict());
    step(opt, w);
    step(other, copy);
    expect(copy.toArray()).toEqual(w.toArray());
  });
});

test('parameter groups', () => {
  const [a, b, c] = [0, 1, 2].map(() => new Parameter(tensor([1])));
  const opt = new optim.SGD([{ params: [a as Parameter], lr: 0.1 }, { params: [b as Parameter] }], {
    lr: 1,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0,
    dampening: 0,
  });
  opt.addParamGroup({ params: [c as Parameter], lr: 0.5 });
  expect(opt.paramGroups.map((g) => g.lr)).toEqual([0.1, 1, 0.5]);
  opt.zeroGrad();
  expect(a?.grad).toBeNull();
});

describe('schedules change the rate', () => {
  const sgd = (): optim.SGD =>
    new optim.SGD([new Parameter(tensor([1]))], { lr: 1, momentum: 0.9 });
  const schedules: Record<string, (o: optim.SGD) => { step(metric: number): void }> = {
    StepLR: (o) => new optim.StepLR(o, { stepSize: 1 }),
    MultiStepLR: (o) => new optim.MultiStepLR(o, { milestones: [1] }),
    ConstantLR: (o) => new optim.ConstantLR(o),
    LinearLR: (o) => new optim.LinearLR(o),
    ExponentialLR: (o) => new optim.ExponentialLR(o, { gamma: 0.9 }),
    PolynomialLR: (o) => new optim.PolynomialLR(o),
    CosineAnnealingLR: (o) => new optim.CosineAnnealingLR(o, { tMax: 10, etaMin: 0.1 }),
    CosineAnnealingWarmRestarts: (o) => new optim.CosineAnnealingWarmRestarts(o, { t0: 10 }),
    OneCycleLR: (o) => new optim.OneCycleLR(o, { maxLr: 2, totalSteps: 20 }),
    CyclicLR: (o) => new optim.CyclicLR(o, { baseLr: 0.1, maxLr: 1 }),
    ReduceLROnPlateau: (o) => new optim.ReduceLROnPlateau(o, { patience: 0 }),
    LambdaLR: (o) => new optim.LambdaLR(o, (epoch) => 0.5 ** epoch),
    SequentialLR: (o) =>
      new optim.SequentialLR(o, {
        schedulers: [
          new optim.ConstantLR(o, { factor: 0.1 }),
          new optim.ExponentialLR(o, { gamma: 0.9 }),
        ],
        milestones: [2],
      }),
    ChainedScheduler: (o) =>
      new optim.ChainedScheduler([new optim.ExponentialLR(o, { gamma: 0.9 })]),
  };
  test.each(Object.keys(schedules))('%s', (name) => {
    const opt = sgd();
    const schedule = schedules[name]?.(opt);
    const rates = new Set<number>([1]);
    for (let i = 0; i < 8; i++) {
      opt.step();
      schedule?.step(1);
      for (const { lr } of opt.paramGroups) rates.add(Number(lr));
    }
    expect(rates.size).toBeGreaterThan(1);
  });
});

test('ExponentialMovingAverage', () => {
  const w = new Parameter(tensor([1]));
  const average = new optim.ExponentialMovingAverage([w], { decay: 0.5 });
  w.assign(tensor([3]));
  average.update();
  const shadow = Object.values(average.stateDict()).flat();
  expect(w.item()).toBe(3);
  expect(shadow.length).toBeGreaterThan(0);
});
