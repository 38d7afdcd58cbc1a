/** @file When a program gets a plan: never because its values are of a middle size, which a walk computes as fast. */
import { expect, test } from 'vitest';
import { add, randn, tanh, type Tensor } from '../../../index.js';
import { collect } from '../../../engine/collect.js';
import { Plan } from '../../../engine/plan.js';
import { walkedRuns } from './walkedRuns.js';

const runs = (size: number, times = 20): number => {
  const x = randn([size]);
  x.dataSync();
  let y: Tensor = x;
  for (let k = 0; k < times; k++) y = tanh(add(y, x));
  const graph = collect([y]);
  return walkedRuns(new Plan(graph.structure.copy(), graph, graph.leaves).program());
};

test('the extra cost of walking, not the work itself, decides when to plan', () => {
  expect(runs(10_000)).toBeGreaterThan(50);
  expect(runs(10_000)).toBeLessThan(70);
  expect(runs(40_000)).toBeGreaterThan(10);
  expect(runs(40_000)).toBeLessThan(20);
});

test('plans programs with large values at once', () => {
  expect(runs(60_000)).toBe(0);
});

test('plans long programs late, except those of single numbers', () => {
  expect(runs(16, 5)).toBe(44);
  expect(runs(16, 100)).toBe(800);
  expect(runs(16, 2500)).toBe(1598);
  expect(runs(1, 2500)).toBe(44);
});
