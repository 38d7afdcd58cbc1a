/** @file Very wide graphs: no code spreads their nodes into the arguments of a call. */
import { expect, test } from 'vitest';
import { cat, combinations, ones, ShapeError } from '../src/index.js';

test('joins more tensors than a call may have arguments, and differentiates them', () => {
  const x = ones([1], { requiresGrad: true });
  const y = cat(new Array<typeof x>(200_000).fill(x));
  expect(y.sum().item()).toBe(200_000);
  y.sum().backward();
  expect(x.grad?.item()).toBe(200_000);
}, 60_000);

test('refuses more combinations than a tensor holds before it lists them', () => {
  expect(() => combinations(ones([100]), 50)).toThrow(ShapeError);
  expect(combinations(ones([30]), 29).shape).toEqual([30, 29]);
  expect(combinations(ones([3]), 4).shape).toEqual([0, 4]);
});
