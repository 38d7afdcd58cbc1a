/** @file The misuse walk over optimizers, schedules and solvers. */
/* eslint-disable @typescript-eslint/unbound-method -- methods are taken from their objects on purpose */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ones, Parameter } from '@chainrule/autograd';
import { insideOf } from '../../autograd/test/misuse/instances.js';
import { methodsOf, subjectsOf, walk } from '../../autograd/test/misuse/walk.js';
import * as optim from '../src/index.js';
import * as solve from '../src/solve/index.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

/** What an optimizer or a subclass calls: the functions of rules, and the base class of schedules. */
const except = ['optim.rules', 'optim.LRScheduler'];

test('optimizers, schedules and rules of rules', async () => {
  const { faults, calls, refused } = await walk(subjectsOf(optim, 'optim.', except), { rounds });
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(calls / 3);
}, 120_000);

test('solvers', async () => {
  const { faults, calls, refused } = await walk(subjectsOf(solve, 'solve.'), { rounds });
  expect(faults.map(({ call, what }) => `${call.slice(0, 200)}: ${what.slice(0, 300)}`)).toEqual(
    [],
  );
  expect(refused).toBeGreaterThan(calls / 3);
}, 120_000);

const sources = insideOf(fileURLToPath(new URL('../src', import.meta.url)));
const inside = ['Optimizer', 'LRScheduler', 'StepLR'].flatMap((name) => [
  ...(sources.get(name) ?? []),
]);

test('methods of an optimizer and of a schedule', async () => {
  const adam = (): optim.Adam => new optim.Adam([new Parameter(ones([2]))]);
  const subjects = [
    ...methodsOf('adam', adam, inside),
    ...methodsOf('schedule', () => new optim.StepLR(adam(), { stepSize: 2 }), inside),
  ];
  const { faults } = await walk(subjects, { rounds });
  expect(faults).toEqual([]);
}, 120_000);

test('methods without their object, and wrong epochs', () => {
  const adam = new optim.Adam([new Parameter(ones([2]))]);
  const schedule = new optim.CosineAnnealingWarmRestarts(adam, { t0: 2 });
  const average = new optim.ExponentialMovingAverage([new Parameter(ones([2]))]);
  const plateau = new optim.ReduceLROnPlateau(adam);
  const lost: readonly (readonly [unknown, string])[] = [
    [adam.step, 'step: it is a method of an optimizer, called on nothing'],
    [adam.zeroGrad, 'zeroGrad: it is a method of an optimizer'],
    [schedule.step, 'step: it is a method of a scheduler'],
    [plateau.step, 'step: it is a method of a scheduler'],
    [average.stateDict, 'stateDict: it is a method of an average'],
  ];
  for (const [method, message] of lost) {
    expect(() => Reflect.apply(method as () => unknown, undefined, [])).toThrow(message);
  }
  const before = JSON.stringify(schedule.stateDict());
  for (const epoch of [-1, NaN, 'x', {}, Symbol('x')]) {
    expect(() => {
      schedule.step(epoch as number);
    }).toThrow('CosineAnnealingWarmRestarts: epoch must be a finite number ≥ 0, or null, got ');
  }
  expect(JSON.stringify(schedule.stateDict())).toBe(before);
});
