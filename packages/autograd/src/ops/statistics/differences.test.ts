/** @file Slopes of samples. */
import { expect, test } from 'vitest';
import { gradient, type Tensor, tensor } from '../../index.js';

const slopeOf = (x: number[], spacing: number): number[] => {
  const [slope] = gradient(tensor(Float64Array.from(x)), { spacing }) as [Tensor];
  return slope.toArray() as number[];
};

test('at equal distances a sample is not part of its own slope', () => {
  expect(slopeOf([1, 3, NaN, 8, 4], 0.5)).toEqual([4, NaN, 5, NaN, -8]);
  expect(slopeOf([1, 3, Infinity, 8, 4], 2)).toEqual([1, Infinity, 1.25, -Infinity, -2]);
  // The difference of its neighbours, rounded once.
  expect(slopeOf([1, 1e17, 4], 1)[1]).toBe(1.5);
});
