/** @file The misuse walk over optimizers, schedules and solvers. */
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
