/** @file A cell's array is written again at the next version but one: who still holds a version keeps its numbers. */
import { expect, test } from 'vitest';
import { evaluate, isFinite, noGrad, Parameter, tensor, where } from '../index.js';

test('a version that a run reads, and makes room for, is read as it was', () => {
  const cell = new Parameter(tensor([1, 2, 3]));
  noGrad(() => {
    for (let i = 0; i < 12; i++) {
      const old = cell.detach();
      cell.assign(cell.mul(0.5).add(1));
      evaluate();
      cell.assign(where(isFinite(cell.sum()), cell, old));
    }
  });
  const expected = [1, 2, 3].map((x) => {
    for (let i = 0; i < 12; i++) x = x * 0.5 + 1;
    return Math.fround(x);
  });
  expect(cell.toArray()).toEqual(expected);
});
