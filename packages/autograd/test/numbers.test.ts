/** @file Numbers at the ends of their range, results of empty tensors, and results that do not depend on their arguments. */
import { describe, expect, test } from 'vitest';
import {
  arange,
  batchNorm,
  cell,
  einsum,
  full,
  grad,
  instanceNorm,
  jvp,
  linalg,
  linspace,
  norm,
  ones,
  pow,
  sinc,
  std,
  takeAlongDim,
  tensor,
  type Tensor,
  tensordot,
  xlogy,
  zeros,
} from '../src/index.js';

const f64 = (data: readonly number[]): Tensor => tensor(Float64Array.from(data));

describe('std', () => {
  test('is finite wherever it can be, where the variance overflows or vanishes', () => {
    for (const [x, owed] of [
      [[3e20, 1e20], Math.SQRT2 * 1e20],
      [[1e-30, 3e-30], Math.SQRT2 * 1e-30],
      [[3e38, -3e38, 1e38], 3.0550504633e38],
    ] as const) {
      const given = tensor(x);
      expect(std(given).item() / owed).toBeCloseTo(1, 6);
      expect(std(given).dtype).toBe('float32');
      const g = grad((t: Tensor) => std(t))(given).dataSync();
      // Homogeneous of degree 1: x · ∇std = std.
      const along = x.reduce((sum, v, i) => sum + (v / owed) * (g[i] as number), 0);
      expect(along).toBeCloseTo(1, 5);
    }
  });

  test('agrees with its formula in double precision', () => {
    const x = Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i) + 3));
    const mean = x.reduce((a, b) => a + b) / 1000;
    const owed = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 999);
    expect(std(tensor(x)).item()).toBe(Math.fround(owed));
    expect(std(full([5], 7)).item()).toBe(0);
  });
});

test('derivatives of powers at 0 are those of their formula, to the third order', () => {
  for (const p of [-3, -2, -1.5, -1, -0.5, 0.5, 1.5, 2, 2.5, 3]) {
    let f = (x: Tensor): Tensor => pow(x, p).sum();
    let factor = 1;
    for (let k = 1; k <= 3; k++) {
      const before = f;
      factor *= p - k + 1;
      const derivative = (x: Tensor): Tensor => grad((y: Tensor) => before(y))(x);
      const owed = factor === 0 ? 0 : factor * 0 ** (p - k);
      expect(derivative(f64([0])).item() + 0, `order ${k} of x^${p} at 0`).toBe(owed + 0);
      f = (x) => derivative(x).sum();
    }
  }
});

describe('norm', () => {
  const m = tensor([
    [1, 0, 3],
    [0, 0, 2],
  ]);
  test('with p = 0 counts over any dimensions, and stays connected', () => {
    expect(norm(m, null, { p: 0 }).item()).toBe(3);
    expect(norm(m, 1, { p: 0 }).toArray()).toEqual([2, 1]);
    expect(norm(m, { p: 0, dim: 0, keepdim: true }).toArray()).toEqual([[1, 0, 2]]);
    expect(linalg.norm(m, { ord: 0, dim: 1 }).toArray()).toEqual([2, 1]);
    const w = tensor([[1, NaN, 0]], { requiresGrad: true });
    norm(w, 1, { p: 0 }).sum().backward();
    expect(w.grad?.toArray()).toEqual([[0, 0, 0]]);
    expect(jvp((x: Tensor) => norm(x, 1, { p: 0 }), [m], [m])[1].toArray()).toEqual([0, 0]);
  });

  test('is the same function under both names, for every p', () => {
    const x = f64([1, -2, 0.5, 0]);
    for (const p of [0, 0.5, 1, 2, 3, -1, -2, Infinity, -Infinity]) {
      expect(norm(x, null, { p }).item(), `p = ${p}`).toBe(linalg.norm(x, { ord: p }).item());
    }
    expect(norm(f64([Infinity, -Infinity]), null, { p: -1 }).item()).toBe(Infinity);
    expect(norm(f64([0, 2]), null, { p: -1 }).item()).toBe(0);
  });
});

describe('results that an argument does not change', () => {
  test('matrixPower(0) is the identity, with a gradient of 0', () => {
    const a = tensor(
      [
        [1, 2],
        [3, Infinity],
      ],
      { requiresGrad: true },
    );
    const y = linalg.matrixPower(a, 0);
    expect(y.toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    y.sum().backward();
    expect(a.grad?.toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('normalization of nothing', () => {
  test.each([[[0, 3]], [[0, 3, 4]], [[2, 3, 0]]])(
    'batchNorm of %j in training leaves the running statistics',
    (shape) => {
      const [mean, variance] = [cell(zeros([3])), cell(ones([3]))];
      const y = batchNorm(zeros(shape), mean, variance, { training: true });
      expect(y.shape).toEqual(shape);
      expect(Array.from(y.dataSync())).toEqual([]);
      expect(mean.toArray()).toEqual([0, 0, 0]);
      expect(variance.toArray()).toEqual([1, 1, 1]);
    },
  );

  test.each([[[0, 3, 4]], [[2, 3, 0]]])('so does instanceNorm of %j', (shape) => {
    const [mean, variance] = [cell(zeros([3])), cell(ones([3]))];
    instanceNorm(zeros(shape), mean, variance).dataSync();
    expect([mean.toArray(), variance.toArray()]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });
});

describe('what PyTorch takes', () => {
  test('pad of booleans with a number: any but 0 is true', () => {
    const x = tensor([true, false]);
    expect(x.pad([1, 1], { value: 1 }).toArray()).toEqual([true, true, false, true]);
    expect(x.pad([1, 0], { value: 2.5 }).cast('int32').toArray()).toEqual([1, 1, 0]);
    expect(x.pad([1, 0], { value: 0.5 }).cast('float32').sum().item()).toBe(2);
    expect(
      tensor([true])
        .maskedFill(tensor([true]), 0.5)
        .cast('int32')
        .toArray(),
    ).toEqual([1]);
  });

  test('takeAlongDim with negative indices, known and computed', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const index = tensor([[-1], [-3]], { dtype: 'int32' });
    for (const i of [index, index.add(0)])
      expect(takeAlongDim(x, i, 1).toArray()).toEqual([[3], [4]]);
    expect(takeAlongDim(x, [-1, 0]).toArray()).toEqual([6, 1]);
    expect(() => takeAlongDim(x, [[-4]], 1)).toThrow(/index -4 .*from -3 to 2/);
  });

  test('tensordot over dimensions of which one has size 1', () => {
    const [a, b] = [f64([1, 2]).reshape([2, 1]), f64([1, 2, 3, 4, 5, 6]).reshape([3, 2])];
    const owed = einsum('ij,jk->ik', a, b).toArray();
    expect(tensordot(a, b, { dims: [[1], [0]] }).toArray()).toEqual(owed);
    expect(tensordot(a, b, 1).toArray()).toEqual(owed);
    expect(owed).toEqual([
      [9, 12],
      [18, 24],
    ]);
    expect(() => tensordot(ones([2, 2]), ones([3, 2]), 1)).toThrow(/equal sizes, or 1/);
  });
});

test('sinc and its derivatives next to 0', () => {
  let f = (x: Tensor): Tensor => sinc(x);
  // The series' first two terms of each order, exact to 1e-16 here.
  const [a, b] = [Math.PI ** 2 / 6, Math.PI ** 4 / 120];
  const orders = [
    (x: number) => 1 - a * x ** 2 + b * x ** 4,
    (x: number) => -2 * a * x + 4 * b * x ** 3,
    (x: number) => -2 * a + 12 * b * x ** 2,
    (x: number) => 24 * b * x - (Math.PI ** 6 / 5040) * 120 * x ** 3,
  ];
  const xs = [0, 1e-300, 1e-20, 1e-9, 1e-6, 1e-4];
  for (const [k, owed] of orders.entries()) {
    const y = f(f64(xs)).dataSync();
    xs.forEach((x, i) => {
      expect(Math.abs((y[i] as number) - owed(x)), `order ${k} at ${x}`).toBeLessThanOrEqual(
        4e-16 * Math.abs(owed(x)),
      );
    });
    const before = f;
    f = (x) => grad((t: Tensor) => before(t).sum())(x);
  }
});

describe('ranges of integers', () => {
  test('begin and step with whole numbers, as in PyTorch', () => {
    expect(arange(0.1, -7.9, -4, { dtype: 'int32' }).toArray()).toEqual([0, -4]);
    expect(linspace(4.3, 0, 5, { dtype: 'int32' }).toArray()).toEqual([4, 3, 2, 1, 0]);
    expect(() => arange(0, 1, 0.5, { dtype: 'int32' })).toThrow(/arange: a step of 0/);
  });
});

// Values: PyTorch 2.13, torch.logsumexp; its own NaN for the element that is ∞.
test('an element that is ∞ takes all of the gradient of logsumexp, and its own is none', () => {
  const f = (x: Tensor): Tensor => x.logsumexp(0);
  for (const [at, owed] of [
    [
      [Infinity, 1],
      [NaN, 0],
    ],
    [
      [Infinity, Infinity, 1],
      [NaN, NaN, 0],
    ],
    [
      [Infinity, -Infinity, 2],
      [NaN, 0, 0],
    ],
    [
      [-Infinity, 1],
      [0, 1],
    ],
    [
      [NaN, 1],
      [NaN, NaN],
    ],
  ] as const)
    expect(grad(f)(tensor(at)).toArray()).toEqual(owed);
  const tangent = (t: number[]): number => jvp(f, [tensor([Infinity, 1])], [tensor(t)])[1].item();
  expect(tangent([0, 1])).toBe(0);
  expect(tangent([1, 0])).toBeNaN();
});

test('the mixed derivative of xlogy is 1 / y where only x is 0', () => {
  const mixed = grad((y: Tensor) => grad((x: Tensor) => xlogy(x, y).sum())(tensor([0])).sum());
  expect(mixed(tensor([4])).item()).toBe(0.25);
});
