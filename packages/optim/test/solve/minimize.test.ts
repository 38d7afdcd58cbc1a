/** @file Minimizing: test functions with known minima, derivatives of minima, and what is refused. */
import { describe, expect, test } from 'vitest';
import {
  ChainruleError,
  grad,
  hessian,
  jacfwd,
  jacrev,
  linspace,
  Parameter,
  scalar,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { minimize, type MinimizeOptions } from '@chainrule/optim/solve';

const f64 = (...x: number[]): Tensor => tensor(Float64Array.from(x));
const number = (x: number): Tensor => scalar(x, { dtype: 'float64' });

function expectClose(got: Tensor, wanted: Tensor, bound = 1e-10): void {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  b.forEach((x, i) =>
    expect(Math.abs((a[i] ?? NaN) - x)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(x))),
  );
}

/** Rosenbrock's valley with its minimum at (a, a²). */
const valley =
  (a: Tensor) =>
  (v: Tensor): Tensor => {
    const [x, y] = [v.select(0, 0), v.select(0, 1)];
    return a.sub(x).square().add(y.sub(x.square()).square().mul(100));
  };

const methods = ['lbfgs', 'newton-cg', 'nelder-mead'] as const;

describe.each(methods)('%s', (method) => {
  const bottom = (a: Tensor, options: MinimizeOptions = {}): Tensor =>
    minimize(valley(a), f64(-1.2, 1), { method, ...options }).x;

  test('finds the bottom of a valley, with its derivatives', () => {
    const a = number(1.5);
    const { x, value, gradient, converged } = minimize(valley(a), f64(-1.2, 1), { method });
    expectClose(x, f64(1.5, 2.25), 1e-7);
    expect(value.item()).toBeLessThan(1e-14);
    expectClose(gradient, f64(0, 0), 1e-4);
    expect(converged).toBe(true);
    expectClose(jacrev(bottom)(a), f64(1, 3));
    expectClose(jacfwd(bottom)(a), f64(1, 3));
    expectClose(hessian((p: Tensor) => bottom(p).sum())(a), number(2), 1e-8);
    expectClose(vmap(grad((p: Tensor) => bottom(p).sum()))(f64(1, 2)), f64(3, 5));
  });

  test('says when there is no bottom', () => {
    const options = { method, maxIterations: 50 };
    expect(() => minimize((x: Tensor) => x.sum(), f64(1, 2), options)).toThrow(
      /minimize: not converged/,
    );
    const { converged } = minimize((x: Tensor) => x.sum(), f64(1, 2), {
      ...options,
      strict: false,
    });
    expect(converged).toBe(false);
  });

  test('backtracks where the function is not finite', () => {
    const { x } = minimize((v: Tensor) => v.sub(v.log()).sum(), f64(0.01, 5), { method });
    expectClose(x, f64(1, 1), 1e-7);
  });
});

describe.each(methods)('%s, started one step from the minimum', (method) => {
  // Σ eˣ − p w x has its minimum at x = ln (p w), whose derivative by p is 1 / p.
  const minimum = (w: Tensor, off: number, tol: number): Tensor => {
    const slope = grad((p: Tensor) =>
      minimize((x: Tensor) => x.exp().sub(x.mul(w).mul(p)).sum(), w.log().add(off).detach(), {
        ...{ method, tol },
      }).x.sum(),
    );
    return slope(number(1));
  };
  test('has an exact derivative whatever the tolerance', () => {
    for (const off of [1e-6, 1e-4, 1e-3, 1e-2])
      for (const tol of [1e-8, 1e-4, 1e-1])
        expectClose(minimum(f64(1, 2, 3), off, tol), number(3), 1e-12);
  });

  test.skipIf(method === 'nelder-mead')('also of many unknowns', () => {
    expectClose(minimum(linspace(1, 3, 600, { dtype: 'float64' }), 1e-4, 1e-8), number(600), 1e-12);
  });
});

test('ridge regression by gradient: the derivative of a minimum by its penalty, in trees', () => {
  const A = tensor(Float64Array.from([1, 2, 3, 4, 5, 7]), { shape: [3, 2] });
  const b = f64(1, -1, 2);
  const penalty = new Parameter(number(0.5));
  const fit = minimize(
    ({ w, c }: { w: Tensor; c: Tensor }) =>
      A.matmul(w).add(c).sub(b).square().sum().add(w.square().sum().mul(penalty)),
    { w: zeros([2], { dtype: 'float64' }), c: number(0) },
  );
  fit.x.w.square().sum().backward();
  const size = (p: number): number => {
    const g = minimize(
      ({ w, c }: { w: Tensor; c: Tensor }) =>
        A.matmul(w).add(c).sub(b).square().sum().add(w.square().sum().mul(p)),
      { w: zeros([2], { dtype: 'float64' }), c: number(0) },
      { method: 'newton-cg', tol: 1e-13 },
    );
    return g.x.w.square().sum().item();
  };
  const h = 1e-4;
  const slope = (size(0.5 + h) - size(0.5 - h)) / (2 * h);
  expect((penalty.grad as Tensor).item()).toBeCloseTo(slope, 6);
});

test.each(['lbfgs', 'newton-cg'] as const)(
  '%s ends in float32, where values are rounding',
  (method) => {
    const random = tensor(
      Float32Array.from({ length: 60 }, (_, i) => Math.sin(12.9898 * i * i + i)),
    );
    for (let k = 0; k < 10; k++) {
      const [A, b] = [random.narrow(0, k, 24).reshape([6, 4]), random.narrow(0, 30 + k, 6).mul(3)];
      const f = (M: Tensor, c: Tensor) => (x: Tensor) =>
        M.matmul(x).add(c).exp().sum().add(x.square().sum().mul(0.5));
      const [x, exact] = (['float32', 'float64'] as const).map((dtype) => {
        const start = zeros([4], { dtype });
        return minimize(f(A.cast(dtype), b.cast(dtype)), start, { method }).x.dataSync();
      });
      exact?.forEach((v, i) => expect(x?.[i]).toBeCloseTo(v, 3));
    }
  },
);

test('many dimensions', () => {
  const n = 1000;
  const scales = tensor(Float64Array.from({ length: n }, (_, i) => 1 + i));
  const { x } = minimize(
    (v: Tensor) => v.sub(1).square().mul(scales).sum().sqrt().add(v.square().sum().mul(0)),
    zeros([n], { dtype: 'float64' }),
    { strict: false, maxIterations: 300 },
  );
  expectClose(x, x.mul(0).add(1), 1e-6);
});

describe('minimize refuses', () => {
  test.each([
    [
      'a function of many numbers',
      () => minimize((x: Tensor) => x, f64(1, 2)),
      /must return a single number, got 2/,
    ],
    [
      'a start where it is not finite',
      () => minimize((x: Tensor) => x.log().sum(), f64(-1)),
      /the function is NaN at x0 = \[-1\]/,
    ],
    [
      'a gradient that is not',
      () => minimize((x: Tensor) => x.sqrt().sum(), f64(0)),
      /the gradient is not finite at x0/,
    ],
    [
      'another method',
      () => minimize((x: Tensor) => x.sum(), f64(0), { method: 'adam' as never }),
      /must be one of 'lbfgs', 'newton-cg', 'nelder-mead'/,
    ],
  ])('%s', (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(ChainruleError);
  });
});
