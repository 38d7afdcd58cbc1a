/** @file Least squares: derivatives of a fit beside formulas, bounds, and what is refused. */
import { describe, expect, test } from 'vitest';
import {
  ChainruleError,
  grad,
  hessian,
  jacfwd,
  jacrev,
  linalg,
  Parameter,
  scalar,
  ShapeError,
  tensor,
  vmap,
  type Tensor,
} from '@chainrule/autograd';
import { leastSquares, type LeastSquaresResult } from '@chainrule/optim/solve';

const f64 = (...x: number[]): Tensor => tensor(Float64Array.from(x));
const number = (x: number): Tensor => scalar(x, { dtype: 'float64' });

function expectClose(got: Tensor, wanted: Tensor, bound = 1e-11): void {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  b.forEach((x, i) =>
    expect(Math.abs((a[i] ?? NaN) - x)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(x))),
  );
}

const t = f64(0, 0.5, 1, 1.5, 2, 3);
const y = f64(2.1, 1.3, 0.7, 0.5, 0.25, 0.12);

/** a · exp(−b·t) by its own data. */
const decay = (data: Tensor, method: 'lm' | 'gn' = 'lm'): LeastSquaresResult =>
  leastSquares(
    (p: Tensor) => p.select(0, 0).mul(p.select(0, 1).mul(t).neg().exp()).sub(data),
    f64(1, 1),
    { method },
  );

/** The gradient of the cost at the solution is 0: what the derivatives of the solution are checked by. */
describe.each(['lm', 'gn'] as const)('%s', (method) => {
  test('the gradient of the fit by the data follows from the equations it solves', () => {
    const F = (p: Tensor, data: Tensor): Tensor =>
      grad((q: Tensor) =>
        q.select(0, 0).mul(q.select(0, 1).mul(t).neg().exp()).sub(data).square().sum().div(2),
      )(p);
    const x = decay(y, method).x;
    expectClose(F(x, y), f64(0, 0), 1e-14);
    const wanted = linalg.solve(jacrev(F, 0)(x, y), jacrev(F, 1)(x, y)).neg();
    const fit = (data: Tensor): Tensor => decay(data, method).x;
    expectClose(jacrev(fit)(y), wanted);
    expectClose(jacfwd(fit)(y), wanted);
  });
});

test('of a linear model everything is as in linear regression, derivatives included', () => {
  const A = tensor(Float64Array.from([1, 0, 1, 1, 1, 2, 1, 4]), { shape: [4, 2] });
  const b = f64(1, 2.5, 2, 5);
  const fit = (data: Tensor) => leastSquares((x: Tensor) => A.matmul(x).sub(data), f64(0, 0));
  const inverse = linalg.inv(A.t().matmul(A));
  const { x, cost, residuals, jacobian, covariance, converged } = fit(b);
  const best = inverse.matmul(A.t()).matmul(b);
  expectClose(x, best, 1e-13);
  expectClose(residuals, A.matmul(best).sub(b), 1e-13);
  expectClose(jacobian, A);
  expectClose(cost, residuals.square().sum().div(2), 1e-14);
  expectClose(covariance, inverse.mul(cost.mul(2 / 2)), 1e-13);
  expect(converged).toBe(true);
  expectClose(jacrev((d: Tensor) => fit(d).x)(b), inverse.matmul(A.t()), 1e-13);
  // The cost is a quadratic form of the data: its Hessian is the projection on what the model cannot explain.
  const hat = A.matmul(inverse).matmul(A.t());
  expectClose(
    hessian((d: Tensor) => fit(d).cost)(b),
    hat.neg().add(linalg.matrixPower(hat, 0)),
    1e-12,
  );
});

test('many fits at once, trees of parameters, and gradients of captured parameters', () => {
  const scales = f64(1, 2, 0.5);
  const rates = vmap((s: Tensor) => decay(y.mul(s)).x.select(0, 1))(scales);
  const { x } = decay(y);
  expectClose(rates, f64(1, 1, 1).mul(x.select(0, 1)), 1e-9);
  const w = new Parameter(f64(1, 1, 1, 1, 1, 1));
  const fit = leastSquares(
    ({ a, b }: { a: Tensor; b: Tensor }) => a.mul(b.mul(t).neg().exp()).sub(y).mul(w),
    { a: number(1), b: number(1) },
  );
  fit.x.b.backward();
  expect(w.grad?.dataSync().some((g) => Math.abs(g) > 1e-3)).toBe(true);
  expectClose((w.grad as Tensor).sum(), number(0), 1e-12); // all weights scaled change nothing
});

describe.each(['lm', 'gn'] as const)('%s ends at the solution', (method) => {
  test.each([
    [1, -1],
    [0.1, -0.58],
    [1e-3, -40],
    [-5, 2],
  ])('on the other side of 0: from %d to %d', (start, end) => {
    expectClose(leastSquares((x) => x.sub(end), number(start), { method }).x, number(end), 1e-12);
  });

  test('in float32, where the cost is rounding long before the gradient is', () => {
    for (const end of [-0.7, 0.3, 4]) {
      const [A, b] = [tensor([0.066, -0.0923, 0.5]), tensor([-1.978, -1.134, end])];
      const { x } = leastSquares((v: Tensor) => A.mul(v).sub(b), scalar(0.1), { method });
      const wanted = A.mul(b).sum().div(A.square().sum()).item();
      expect(Math.abs(x.item() - wanted)).toBeLessThan(2e-6 * Math.abs(wanted));
    }
  });

  test('where the residuals are rounding themselves', () => {
    for (let k = 0; k < 20; k++) {
      const [a, b] = [0.5 + 0.07 * k, 2 - 0.06 * k];
      const data = t.mul(-b).exp().mul(a);
      expectClose(decay(data, method).x, f64(a, b), 1e-12);
    }
  });
});

describe('bounds', () => {
  const fit = (c: Tensor, upper: number) =>
    leastSquares(
      (p: Tensor) =>
        p
          .sub(c)
          .mul(f64(1, 2))
          .add(p.flip([0]).mul(0.5)),
      f64(0, 0),
      { bounds: [-1, upper] },
    );

  test('hold what would leave them, and its derivative is 0', () => {
    const c = f64(3, 0.5);
    const free = fit(c, Infinity).x.dataSync();
    expect(free[0]).toBeGreaterThan(1);
    const { x, converged } = fit(c, 1);
    expect(converged).toBe(true);
    expect(x.dataSync()[0]).toBe(1);
    const slopes = jacrev((d: Tensor) => fit(d, 1).x)(c);
    const near = [-1e-5, 1e-5].map((h) => fit(c.add(f64(0, h)), 1).x.dataSync()[1] ?? NaN);
    const wanted = ((near[1] ?? NaN) - (near[0] ?? NaN)) / 2e-5;
    expectClose(slopes.select(0, 0), f64(0, 0));
    expect(slopes.at(1, 1).item()).toBeCloseTo(wanted, 8);
  });

  test('are checked', () => {
    const f = (p: Tensor): Tensor => p.sub(1);
    const bad =
      (bounds: unknown, x0 = f64(0, 0)) =>
      () =>
        leastSquares(f, x0, { bounds: bounds as [number, number] });
    expect(bad([1, -1])).toThrow(
      'leastSquares: the lower bound of parameter 0, 1, is not below the upper, -1',
    );
    expect(bad([0, NaN])).toThrow(/is not below the upper, NaN/);
    expect(bad([1, 2])).toThrow(
      'leastSquares: x0 is outside of the bounds: parameter 0 is 0, not within [1, 2]',
    );
    expect(bad([f64(0), 2])).toThrow(ShapeError);
    expect(bad(3)).toThrow(/leastSquares: bounds must be \[lower, upper\].*3/);
  });
});

describe('leastSquares refuses', () => {
  test.each([
    [
      'residuals that are not finite',
      () => leastSquares((p: Tensor) => p.log(), f64(-1)),
      /the residuals are not finite at x0 = \[-1\]/,
    ],
    [
      'a Jacobian that is not',
      () => leastSquares((p: Tensor) => p.sqrt(), f64(0)),
      /the Jacobian is not finite/,
    ],
    [
      'no end',
      () => leastSquares((p: Tensor) => p.neg().exp(), f64(0), { maxIterations: 5 }),
      /not converged after 5 iterations: maxIterations was reached/,
    ],
    [
      'unknown options',
      () => leastSquares((p: Tensor) => p, f64(0), { tol: 1 } as never),
      /no option 'tol'/,
    ],
  ])('%s', (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(ChainruleError);
  });

  test('no covariance without degrees of freedom', () => {
    const { covariance } = leastSquares((p: Tensor) => p.sub(1), f64(0));
    expect(covariance.item()).toBeNaN();
  });
});
