/** @file Errors of schedules for a missing optimizer, and for a function that returns no number. */
import { ChainruleError, ones, Parameter } from '@chainrule/autograd';
import { expect, test } from 'vitest';
import * as optim from '../src/index.js';

const sgd = (): optim.SGD => new optim.SGD([new Parameter(ones([2]))], { lr: 0.1 });
type Schedule = new (options: object) => unknown;

test.each([
  ['StepLR', { stepSize: 3 }],
  ['MultiStepLR', { milestones: [1] }],
  ['ExponentialLR', { gamma: 0.9 }],
  ['ConstantLR', { factor: 0.5 }],
  ['LinearLR', { startFactor: 0.5 }],
  ['PolynomialLR', { power: 2 }],
  ['CosineAnnealingLR', { tMax: 3 }],
  ['CosineAnnealingWarmRestarts', { t0: 3 }],
  ['OneCycleLR', { maxLr: 1 }],
  ['CyclicLR', { baseLr: 1 }],
  ['SWALR', { swaLr: 1 }],
  ['ReduceLROnPlateau', { factor: 0.5 }],
  ['LambdaLR', { lrLambda: (): number => 1 }],
  ['MultiplicativeLR', { lrLambda: (): number => 1 }],
] as const)('%s misses the optimizer first', (name, options) => {
  const Class = optim[name] as unknown as Schedule;
  const message = `${name}: expected an optimizer first, got an object { ${Object.keys(options).join()} }`;
  expect(() => new Class(options)).toThrow(message);
});

test('a factor must be a number', () => {
  const text = (() => 'a') as unknown as () => number;
  expect(() => new optim.LambdaLR(sgd(), text)).toThrow(
    "LambdaLR: the result of lrLambda for step 0 must be a finite number, got 'a'",
  );
  const schedule = new optim.MultiplicativeLR(sgd(), () => NaN);
  expect(() => {
    schedule.step();
  }).toThrow(
    'MultiplicativeLR: the result of lrLambda for step 1 must be a finite number, got NaN',
  );
});

test('stepAsync that lost its optimizer says so', () => {
  const lbfgs = new optim.LBFGS([new Parameter(ones([2]))]);
  const lost: unknown = Reflect.get(lbfgs, 'stepAsync');
  expect(() => Reflect.apply(lost as () => void, undefined, [])).toThrow(
    'stepAsync: it is a method of an optimizer, called on nothing',
  );
});

test('what is set on a group is an option, by its name', () => {
  const optimizer = new optim.Adam([new Parameter(ones([2]))], { lr: 0.1 });
  const group = optimizer.paramGroups[0] as (typeof optimizer.paramGroups)[0];
  const set = (name: string, value: unknown) => () => Reflect.set(group, name, value);
  expect(set('weight_decay', 0.1)).toThrow(/Adam: .*weight_decay.*weightDecay/);
  expect(set('params', [1])).toThrow(
    'Adam: params of a group cannot be replaced; add parameters with',
  );
  expect(set('lr', 'x')).toThrow("Adam: lr must be a finite number ≥ 0, got 'x'");
  set('weightDecay', 0.5)();
  set('initialLr', 0.2)();
  expect(group).toMatchObject({ weightDecay: 0.5, initialLr: 0.2, lr: 0.1 });
  expect(optimizer.paramGroups[0]).toBe(group);
});

test('two schedules need one milestone', () => {
  const optimizer = sgd();
  const schedulers = [0, 1].map(() => new optim.StepLR(optimizer, { stepSize: 1 }));
  expect(() => new optim.SequentialLR(optimizer, { schedulers, milestones: [1, 2] })).toThrow(
    'SequentialLR: 2 schedules must have 1 milestone, got [1, 2]',
  );
});

test('LambdaLR is given functions, and no class', () => {
  class Rate {}
  const made = (lrLambda: unknown) => (): unknown =>
    new optim.LambdaLR(sgd(), { lrLambda: lrLambda as (epoch: number) => number });
  expect(made(Rate)).toThrow(ChainruleError);
  expect(made(Rate)).toThrow(
    'LambdaLR: lrLambda must be a function, or a list of them, got a class',
  );
});
