/** @file Second derivatives at kinks and poles, as in PyTorch: 0 where the sides differ, infinite where the limit is. */
import { describe, expect, it, test } from 'vitest';
import * as c from '../../index.js';
import { tensor, type Tensor } from '../../index.js';

const double = (xs: number[]): Tensor => tensor(xs, { dtype: 'float64' });
const first = (f: (x: Tensor) => Tensor) => c.grad((x: Tensor) => f(x).sum());
const second = (f: (x: Tensor) => Tensor) => first(first(f));

describe.each([0, -0])('at %d', (zero) => {
  it.each([
    ['elu', (x: Tensor) => c.elu(x), 1],
    ['elu of alpha 2', (x: Tensor) => c.elu(x, { alpha: 2 }), 2],
    ['selu', (x: Tensor) => c.selu(x), 1.7580993408473766],
    ['celu of alpha 2', (x: Tensor) => c.celu(x, { alpha: 2 }), 1],
  ] as const)('%s has the slope of its left side, and no second derivative', (_name, f, slope) => {
    const x = double([zero]);
    expect(Object.is(f(x).item(), zero)).toBe(true);
    expect(first(f)(x).item()).toBeCloseTo(slope, 14);
    expect(second(f)(x).item()).toBe(0);
    expect(second(f)(double([-1e-9])).item()).toBeGreaterThan(0.4);
  });
});

test('prelu: its slope at 0 is the weight, a constant there', () => {
  const [x, w] = [double([0, -1, 1]), double([0.25])];
  const byX = (weight: Tensor): Tensor => first((y: Tensor) => c.prelu(y, weight))(x);
  expect([...byX(w).dataSync()]).toEqual([0.25, 0.25, 1]);
  expect(
    c
      .grad((weight: Tensor) => byX(weight).sum())(w)
      .item(),
  ).toBe(1); // only −1 contributes
  const byW = (y: Tensor): Tensor => first((weight: Tensor) => c.prelu(y, weight))(w).sum();
  expect([...c.grad(byW)(x).dataSync()]).toEqual([0, 1, 0]);
});

// PyTorch's gradients are NaN in tensors of many elements, and the slope of x in those of few.
test('activations of NaN are NaN, with gradient NaN', () => {
  const x = double([NaN]);
  for (const f of [
    c.selu,
    c.elu,
    (t: Tensor) => c.elu(t, { alpha: 2 }),
    (t: Tensor) => c.celu(t),
  ]) {
    expect(f(x).item()).toBeNaN();
    expect(first((t) => f(t))(x).item()).toBeNaN();
  }
});

test.each([
  ['asin', c.asin, [-Infinity, Infinity]],
  ['acos', c.acos, [Infinity, -Infinity]],
  ['atanh', c.atanh, [-Infinity, Infinity]],
] as const)('%s at ±1 is infinitely curved', (_name, f, limits) => {
  expect([...second((x) => f(x))(double([-1, 1])).dataSync()]).toEqual(limits);
});

test('silu keeps the digits of its second derivative far right', () => {
  const x = 713;
  const truth = Math.exp(-x / 2) * (2 - x) * Math.exp(-x / 2); // σ'(x) (2 − x tanh(x/2))
  expect(Math.abs(second(c.silu)(double([x])).item() / truth - 1)).toBeLessThan(4e-15);
  expect([...c.silu(double([Infinity, 1e300, 90])).dataSync()]).toEqual([Infinity, 1e300, 90]);
});

test('nextafter moves with x where it differs from y; a float32 stays one', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const [x, y] = [tensor([1, 2, 3], { dtype }), tensor([2, 2, 1], { dtype })];
    expect([...first((t) => c.nextafter(t, y))(x).dataSync()]).toEqual([1, 0, 1]);
    expect([...first((t) => c.nextafter(x, t))(y).dataSync()]).toEqual([0, 0, 0]);
  }
});

test('the median of no floats is NaN; along an empty dimension there is none', () => {
  expect(c.median(tensor([])).item()).toBeNaN();
  expect(c.nanmedian(tensor([])).item()).toBeNaN();
  expect(() => c.median(c.zeros([3, 0]), 1)).toThrow(/median: dimension 1 .* is empty/);
  expect(() => c.median(tensor([], { dtype: 'int32' }))).toThrow(/empty/);
});
