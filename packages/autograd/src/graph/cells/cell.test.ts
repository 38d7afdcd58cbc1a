/** @file A cell's array is overwritten at the next version but one: whoever still holds a version keeps its numbers. */
import { expect, test } from 'vitest';
import {
  DeviceError,
  evaluate,
  grad,
  isFinite,
  noGrad,
  Parameter,
  randn,
  tensor,
  where,
  zeros,
} from '../../index.js';

test("a version that a run reads is unchanged by the run's writes", () => {
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

const works = (): number => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const y = x.mul(x).sum();
  y.backward();
  evaluate();
  return y.item();
};

test('an unread large initial value is freed', () => {
  const cell = new Parameter(zeros([1e9]));
  const before = process.memoryUsage().arrayBuffers;
  expect(works()).toBe(14);
  expect(cell.size).toBe(1e9);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e9);
});

test('an initial value that fails affects only its readers', () => {
  const bad = new Parameter(
    randn([2 ** 30])
      .mul(2)
      .sum()
      .reshape([1]),
  );
  const good = new Parameter(tensor([1, 2]).mul(2));
  expect(works()).toBe(14);
  expect(good.toArray()).toEqual([2, 4]);
  expect(() => bad.mul(2).sum().backward()).toThrow(DeviceError);
  expect(() => bad.mul(2).dataSync()).toThrow(DeviceError);
  expect(() => bad.dataSync()).toThrow(DeviceError);
  expect(works()).toBe(14);
});

test('values made from an intermediate version can be read', () => {
  const x = tensor([0.5, 1]);
  const [p, q] = [new Parameter(tensor([0, 0])), new Parameter(tensor([1, 2]))];
  evaluate(p, q);
  noGrad(() => p.assign(x.mul(3)));
  const [y, z] = [p.mul(q), p.add(q).mul(q)];
  noGrad(() => p.assign(x.mul(5)));
  expect(y.toArray()).toEqual([1.5, 6]);
  expect(z.toArray()).toEqual([2.5, 10]);
  expect(p.toArray()).toEqual([2.5, 5]);
});

test('values made from an old version still give their gradient to the cell', () => {
  for (const updates of [1, 2, 3, 5]) {
    const w = new Parameter(tensor([1, 2, 3]));
    const early = w.square();
    noGrad(() => {
      for (let i = 0; i < updates; i++) {
        w.assign(w.add(1));
        evaluate();
      }
    });
    early.sum().backward();
    // Of the values at that time: 2 w.
    expect(w.grad?.toArray()).toEqual([2, 4, 6]);
    const [again] = grad([w.mul(3).sum().add(early.sum().detach())], [w]);
    expect(again.toArray()).toEqual([3, 3, 3]);
  }
});
