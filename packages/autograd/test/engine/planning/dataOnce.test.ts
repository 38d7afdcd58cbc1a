/**
 * @file Data that is created before a loop and computed with its first step: the second step has the graph of all later ones.
 */
import { expect, test } from 'vitest';
import { nextMark } from '../../../src/engine/collect.js';
import { memoryUsage, noGrad, Parameter, randn, stack, type Tensor } from '../../../src/index.js';

const counts = (): number => {
  const { walked, made } = memoryUsage().planning;
  return walked + made;
};

test('a step is new once with its data, and once without', () => {
  const [x, w] = [randn([8, 4]), new Parameter(randn([4, 3]))];
  const y = x.square().sum(1);
  const step = (): number => {
    w.grad = null;
    const loss = x.matmul(w).sum(1).sub(y).square().mean();
    loss.backward();
    return loss.item();
  };
  step();
  const [loss, before] = [step(), counts()];
  for (let i = 0; i < 10; i++) expect(step()).toBe(loss);
  expect(counts()).toBe(before);
});

test('what is made from parameters stays part of the step, and has its values', () => {
  const w = new Parameter(randn([5]));
  const still: Tensor = noGrad(() => w.exp());
  const loss = (): Tensor => w.mul(still.add(1)).sum();
  const first = loss().item();
  const again = still.mul(w).sum().item();
  expect(loss().item()).toBe(first);
  expect(again).toBeCloseTo(first - w.sum().item(), 4);
});

test('many values that are needed again are looked at once', () => {
  const values: Tensor[] = [randn([2])];
  for (let i = 0; i < 8000; i++) values.push((values[i] as Tensor).mul(0.9).add(0.1));
  const last = (values[8000] as Tensor).dataSync();
  const walks = nextMark();
  const again = stack(values).narrow(0, 8000, 1).dataSync();
  expect(nextMark() - walks).toBeLessThan(20);
  expect(again).toEqual(last);
});
