/** @file Plans that are kept: a bounded number of them, of a bounded number of instructions, but the last ones in any case. */
import { expect, test } from 'vitest';
import { collect } from '../../../src/engine/collect.js';
import { PlanCache } from '../../../src/engine/plan.js';
import { ones, type Tensor } from '../../../src/index.js';

/** A chain of so many operations on a leaf. */
function chain(length: number): Tensor {
  let x: Tensor = ones([2]).detach();
  for (let k = 0; k < length; k++) x = x.sin();
  return x;
}

const found = (plans: PlanCache, lengths: readonly number[]): number[] =>
  lengths.filter((length) => plans.get(collect([chain(length)]).structure) !== null);

function cacheOf(most: ConstructorParameters<typeof PlanCache>[0], lengths: readonly number[]) {
  const plans = new PlanCache(most);
  for (const length of lengths) plans.find(collect([chain(length)]));
  return plans;
}

test('evicts the least recently used plans', () => {
  const plans = cacheOf({ plans: 3, instructions: 1000, last: 1 }, [1, 2, 3, 1, 4]);
  expect(found(plans, [1, 2, 3, 4])).toEqual([1, 3, 4]);
});

test('many short ones or few long ones: their instructions are counted', () => {
  const most = { plans: 100, instructions: 100, last: 2 };
  const short = cacheOf(most, [1, 2, 3, 4, 5, 6, 7, 8]);
  expect(short.size).toBe(8);
  const long = cacheOf(most, [40, 41, 42, 43, 44]);
  expect(found(long, [40, 41, 42, 43, 44])).toEqual([43, 44]);
});

test('keeps the most recent plans, however long', () => {
  const plans = cacheOf({ plans: 100, instructions: 100, last: 2 }, [1, 200, 300, 400]);
  expect(found(plans, [1, 200, 300, 400])).toEqual([300, 400]);
});

test('removed and cleared plans no longer count', () => {
  const most = { plans: 100, instructions: 100, last: 1 };
  const plans = cacheOf(most, [200, 1, 2, 3]);
  expect(found(plans, [200, 1, 2, 3])).toEqual([1, 2, 3]);
  plans.clear();
  for (const length of [20, 30, 40]) plans.find(collect([chain(length)]));
  expect(found(plans, [20, 30, 40])).toEqual([20, 30, 40]);
});
