/** @file Infinite and huge numbers, zeros and empty probabilities: values and derivatives that a formula alone would lose. */
import { describe, expect, test } from 'vitest';
import {
  compile,
  cummax,
  cummin,
  grad,
  hessian,
  histc,
  histogram,
  jacfwd,
  jvp,
  linalg,
  logaddexp,
  logaddexp2,
  logit,
  nanquantile,
  quantile,
  special,
  tensor,
  vmap,
  xlogy,
  type DType,
  type Tensor,
} from '../src/index.js';

const f64 = (data: readonly number[]): Tensor => tensor(Float64Array.from(data));
const numbers = (t: Tensor): number[] => Array.from(t.dataSync(), Number);

test('x ln y does not depend on y where x is 0, also where ln y is −Infinity', () => {
  for (const [f, edge] of [
    [xlogy, 0],
    [special.xlog1py, -1],
  ] as const) {
    for (const dtype of ['float32', 'float64'] as const) {
      const [x, y] = [tensor([0, 0, 2], { dtype }), tensor([edge, edge + 2, edge + 2], { dtype })];
      const loss = (y: Tensor): Tensor => f(x, y).sum();
      const one = grad((x: Tensor, y: Tensor) => f(x, y).sum(), 1);
      for (const g of [grad(loss), compile(grad(loss)), (y: Tensor) => vmap(one)(x, y)]) {
        expect(numbers(g(y))).toEqual([0, 0, 1]);
      }
      expect(jvp(loss, [y], [tensor([1, 1, 1], { dtype })])[1].item()).toBe(1);
      expect(numbers(hessian(loss)(y))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, -0.5]);
    }
    expect(numbers(grad((y: Tensor) => f(tensor([0]), y).sum())(tensor([NaN])))).toEqual([NaN]);
  }
});

test('a sum of exponentials that is 0 has derivatives of 0', () => {
  for (const f of [logaddexp, logaddexp2]) {
    const g = grad((x: Tensor, y: Tensor) => f(x, y).sum(), [0, 1]);
    for (const both of [g, compile(g)]) {
      const [dx, dy] = both(f64([-Infinity, -Infinity, 1]), f64([-Infinity, 1, -Infinity]));
      expect(numbers(dx)).toEqual([0, 0, 1]);
      expect(numbers(dy)).toEqual([0, 1, 0]);
    }
    // Associative, also in its derivatives.
    const nested = (x: Tensor): Tensor => f(f(x, tensor(-Infinity)), tensor(2));
    expect(grad(nested)(tensor(-Infinity)).item()).toBe(0);
  }
});

test('the second derivative of logit overflows to the infinity of its sign', () => {
  for (const [x, dtype] of [
    [1e-20, 'float32'],
    [1e-160, 'float64'],
  ] as const) {
    const at = tensor(x, { dtype });
    expect(grad(grad((t: Tensor) => logit(t)))(at).item()).toBe(-Infinity);
    expect(hessian((t: Tensor) => logit(t))(at).item()).toBe(-Infinity);
  }
});

describe('quantiles of infinite elements', () => {
  test('are the limit between their neighbours', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const of = (x: number[], q: number | number[], mode?: 'midpoint'): number[] =>
        numbers(quantile(tensor(x, { dtype }), q, null, mode && { interpolation: mode }));
      expect(of([0, Infinity], [0, 0.4, 0.5, 0.6, 1])).toEqual([
        0,
        ...Array<number>(4).fill(Infinity),
      ]);
      expect(of([-Infinity, 3], [0, 0.4, 0.6, 1])).toEqual([-Infinity, -Infinity, -Infinity, 3]);
      expect(of([-Infinity, -Infinity, 3, 4], [0, 0.25, 1])).toEqual([-Infinity, -Infinity, 4]);
      expect(of([1, Infinity, Infinity], [0.75, 1])).toEqual([Infinity, Infinity]);
      expect(of([-Infinity, Infinity], [0, 0.5, 1])).toEqual([-Infinity, NaN, Infinity]);
      expect(of([0, Infinity], 0.5, 'midpoint')).toEqual([Infinity]);
    }
    expect(numbers(nanquantile(f64([NaN, 1, Infinity, Infinity]), [0.75, 1]))).toEqual([
      Infinity,
      Infinity,
    ]);
  });

  test('numbers beside them are interpolated as before', () => {
    const x = f64([-1e308, 1e308, 5]);
    expect(quantile(x, 0.75).item()).toBe(5e307 + 2.5);
    expect(numbers(grad((t: Tensor) => quantile(t, 0.25))(f64([1, 3, Infinity])))).toEqual([
      0.5, 0.5, 0,
    ]);
  });
});

test('norms of a large order are close to that of order Infinity, with its gradient', () => {
  const x = [3, -1, 2];
  for (const p of [100, 600, 1e5, 1e12]) {
    const near = (3 ** 0 + (1 / 3) ** p + (2 / 3) ** p) ** (1 / p) * 3;
    for (const dtype of ['float32', 'float64'] as const) {
      const t = tensor(x, { dtype });
      expect(linalg.vectorNorm(t, p).item()).toBeCloseTo(near, 6);
      const g = numbers(grad((t: Tensor) => linalg.vectorNorm(t, p))(t));
      expect(g[0]).toBeCloseTo(1, 6);
      expect(Math.hypot(...g.slice(1))).toBeLessThan(1e-6);
    }
    // The smallest decides for negative orders.
    expect(linalg.vectorNorm(f64(x), -p).item()).toBeCloseTo(1, 6);
  }
  expect(linalg.vectorNorm(f64([2, 2]), 1e5).item()).toBeCloseTo(2 * 2 ** 1e-5, 12);
});

test('derivatives of singular values scale with the matrix, however large or small', () => {
  const matrix = [4, 1, 0, 1, 3, 1, 0, 1, 2];
  const largest = (a: Tensor): Tensor => linalg.svdvals(a).select(0, 0);
  const rebuilt = (a: Tensor): Tensor => {
    const { U, S, Vh } = linalg.svd(a);
    return U.mul(S).matmul(Vh).sum();
  };
  const at = (dtype: DType, scale: number): Tensor =>
    tensor(
      matrix.map((v) => v * scale),
      { dtype },
    ).reshape(3, 3);
  const [slope, curvature] = [grad(largest), hessian(largest)].map((d) =>
    numbers(d(at('float64', 1))),
  ) as [number[], number[]];
  for (const [dtype, scales] of [
    ['float32', [2 ** 63, 2 ** -63, 2 ** 100]],
    ['float64', [2 ** 530, 2 ** -530]],
  ] as const) {
    for (const scale of scales) {
      const a = at(dtype, scale);
      const digits = dtype === 'float32' ? 4 : 10;
      numbers(grad(largest)(a)).forEach((v, i) =>
        expect(v).toBeCloseTo(slope[i] as number, digits),
      );
      numbers(hessian(largest)(a)).forEach((v, i) =>
        expect(v * scale).toBeCloseTo(curvature[i] as number, digits),
      );
      numbers(grad(rebuilt)(a)).forEach((v) => expect(v).toBeCloseTo(1, digits));
      const along = jvp(rebuilt, [a], [a])[1].div(scale).item();
      expect(along).toBeCloseTo(13, digits - 2);
    }
  }
});

test('a product with zeros has derivatives of 0 where the other elements overflow', () => {
  const product = (x: Tensor): Tensor => x.prod();
  const [single, double] = [1e20, 1e200];
  for (const [dtype, x, owed] of [
    ['float32', [single, 0, 0, single, single], [0, 0, 0, 0, 0]],
    ['float32', [0, single, single, 0, single, single], [0, 0, 0, 0, 0, 0]],
    ['float32', [single, single, 0, 5], [0, 0, Infinity, 0]],
    ['float64', [0, double, double], [Infinity, 0, 0]],
  ] as const) {
    const t = tensor(x, { dtype });
    for (const g of [grad(product), compile(grad(product)), jacfwd(product)]) {
      expect(numbers(g(t))).toEqual(owed);
    }
  }
  const curvature = numbers(hessian(product)(f64([0, 0, double, 2])));
  expect(curvature.slice(0, 2)).toEqual([0, 2 * double]);
});

test('histograms without ends refuse elements that are not finite', () => {
  for (const x of [
    [1, Infinity],
    [1, NaN],
    [-Infinity, 1],
  ]) {
    expect(() => histc(tensor(x), { bins: 2 }).dataSync()).toThrow(
      /histc: without ends, an element/,
    );
    expect(() => histogram(tensor(x), 2).hist.dataSync()).toThrow(/histogram: without ends/);
    const computed = compile((t: Tensor) => histc(t.mul(1), { bins: 2 }));
    expect(() => computed(tensor(x)).dataSync()).toThrow(/without ends/);
  }
  expect(numbers(histc(tensor([1, Infinity, NaN]), { bins: 2, min: 0, max: 3 }))).toEqual([1, 0]);
});

test('scans of a single number know one dimension', () => {
  for (const f of [cummax, cummin]) {
    expect(f(tensor(3), 0).values.item()).toBe(3);
    expect(f(tensor(3), -1).values.item()).toBe(3);
    const number: Tensor = tensor(3);
    expect(() => f(number, 1)).toThrow(/dimension 1 is out of range/);
  }
});
