/** @file A value made before a loop, and first read in it, gets a value of its own: no step evaluates what reads it. */
import { expect, test } from 'vitest';
import { evaluate, scalar, tensor, zeros, type Tensor } from '../../src/index.js';
import { runtime } from '../../src/graph/runtime.js';

test('targets of zeros made before a loop cost no runs at each step', () => {
  const x = tensor([1, -2, 3]);
  const targets = zeros([3], { dtype: 'int32' });
  const step = (i: number): Tensor => {
    const isKept = targets.ne(-100);
    const labels = isKept.cast('float32').mul(targets);
    return x.add(scalar(i)).sub(labels).square().sum();
  };
  const runsOf = (i: number): number => {
    const before = runtime.runs;
    evaluate(step(i));
    return runtime.runs - before;
  };
  for (let i = 0; i < 100; i++) runsOf(i);
  for (let i = 100; i < 120; i++) expect(runsOf(i)).toBe(1);
  expect(step(0).item()).toBe(14);
});
