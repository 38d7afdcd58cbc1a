/** @file Slices of rows of a value are inputs: one plan for all positions, and the numbers of each. */
import { expect, test } from 'vitest';
import { arange, evaluate, grad, noGrad, Parameter, roll, tensor, type Tensor } from '../index.js';
import { engine } from './engine.js';

const data = tensor(
  Float32Array.from({ length: 60 * 4 }, (_, i) => Math.sin(i)),
  { shape: [60, 4] },
);
const weight = new Parameter(tensor([[1, 2, 3, 4]]).t());
const numbers = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: 4 }, (_, j) => Math.fround(Math.sin(4 * i + j))),
);

/** The structures that are new in the second of two rounds of `f` over positions. */
function newStructures(f: (i: number) => Tensor): number {
  for (let i = 0; i < 3; i++) f(i).dataSync();
  const before = engine.plans.misses;
  for (let i = 3; i < 12; i++) f(i).dataSync();
  return engine.plans.misses - before;
}

test('a batch, a row and an element at any position find one plan', () => {
  expect(
    newStructures((i) =>
      data
        .narrow(0, 4 * i, 4)
        .mul(2)
        .sum(),
    ),
  ).toBe(0);
  expect(newStructures((i) => data.at(`${i}:${i + 7}`).matmul(weight))).toBe(0);
  expect(newStructures((i) => data.select(0, i).exp())).toBe(0);
  expect(newStructures((i) => data.at(i, 2).add(1))).toBe(0);
  expect(
    newStructures((i) =>
      data
        .narrow(0, i, 1)
        .expand([3, 4])
        .add(data.at(i + 1)),
    ),
  ).toBe(0);
});

test('also in a step with gradients', () => {
  const step = (i: number): Tensor => {
    weight.grad = null;
    const loss = data
      .narrow(0, 5 * (i % 12), 5)
      .matmul(weight)
      .square()
      .mean();
    loss.backward();
    return weight.grad as unknown as Tensor;
  };
  expect(newStructures(step)).toBe(0);
  const rows = numbers.slice(10, 15);
  const expected = [0, 1, 2, 3].map((j) =>
    rows.reduce(
      (sum, row) => sum + (2 / 5) * row[j]! * row.reduce((y, x, k) => y + x * (k + 1), 0),
      0,
    ),
  );
  step(2)
    .dataSync()
    .forEach((g, j) => expect(g).toBeCloseTo(expected[j]!, 5));
});

test('each has the values of its position', () => {
  for (const i of [0, 7, 41, 59]) {
    expect(data.at(i).mul(1).toArray()).toEqual(numbers[i]);
    expect(data.narrow(0, Math.min(i, 57), 3).neg().neg().toArray()).toEqual(
      numbers.slice(Math.min(i, 57), Math.min(i, 57) + 3),
    );
    expect(data.at(i, 3).add(0).item()).toBe(numbers[i]![3]);
  }
  // Not in order: by columns, by steps, backwards.
  expect(data.narrow(1, 2, 2).at(5).mul(1).toArray()).toEqual(numbers[5]!.slice(2));
  expect(data.at('1:9:3').mul(1).toArray()).toEqual([1, 4, 7].map((i) => numbers[i]));
  expect(roll(data, 5, 0).at(5).mul(1).toArray()).toEqual(numbers[0]);
});

test('copies a large unread value out of the loan', () => {
  const large = arange(200_000).reshape([2000, 100]).cast('float32').add(1);
  evaluate(large);
  const f = (i: number): Tensor => large.narrow(0, i, 3).sum();
  expect(newStructures(f)).toBe(0);
  for (let k = 0; k < 12; k++)
    evaluate(
      arange(400_000 + k)
        .cast('float32')
        .mul(k),
    );
  expect(f(1000).item()).toBe(300 * 100_150.5);
});

test('does not treat a value that is written to later as rows', () => {
  const p = new Parameter(arange(12).reshape([6, 2]).cast('float32'));
  const before = p.detach().at(2).mul(1);
  noGrad(() => p.assign(p.mul(10)));
  expect(before.toArray()).toEqual([4, 5]);
  expect(p.detach().at(2).mul(1).toArray()).toEqual([40, 50]);
  expect(
    grad((x: Tensor) => x.at(3).square().sum())(data)
      .at(3)
      .toArray(),
  ).toEqual(numbers[3]!.map((x) => Math.fround(2 * x)));
});

test('rows with a value of their own drop their source', () => {
  const row = data.narrow(0, 3, 1);
  expect(Array.from(row.dataSync())).toEqual(numbers[3]);
  expect(row.mul(1).toArray()).toEqual([numbers[3]]);
});
