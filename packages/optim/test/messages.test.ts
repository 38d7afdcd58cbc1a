/** @file What schedules say of an optimizer that is missing, and of a function that gives no number. */
import { ones, Parameter } from '@chainrule/autograd';
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
    "LambdaLR: what lrLambda gives for step 0 must be a finite number, got 'a'",
  );
  const schedule = new optim.MultiplicativeLR(sgd(), () => NaN);
  expect(() => {
    schedule.step();
  }).toThrow('MultiplicativeLR: what lrLambda gives for step 1 must be a finite number, got NaN');
});

test('stepAsync that lost its optimizer says so', () => {
  const lbfgs = new optim.LBFGS([new Parameter(ones([2]))]);
  const lost: unknown = Reflect.get(lbfgs, 'stepAsync');
  expect(() => Reflect.apply(lost as () => void, undefined, [])).toThrow(
    'stepAsync: it is a method of an optimizer, called on nothing',
  );
});
