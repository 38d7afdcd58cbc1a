/** @file Roots, fixed points and linear systems: values, and derivatives beside formulas, through every transform. */
import { describe, expect, test } from 'vitest';
import {
  cat,
  ChainruleError,
  grad,
  gradcheck,
  gradgradcheck,
  graph,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  linalg,
  Parameter,
  scalar,
  ShapeError,
  stack,
  tensor,
  vmap,
  type Tensor,
} from '@chainrule/autograd';
import { cg, fixedPoint, gmres, root } from '@chainrule/optim/solve';

const f64 = (...x: number[]): Tensor => tensor(Float64Array.from(x));
const number = (x: number): Tensor => scalar(x, { dtype: 'float64' });
const matrix = (rows: number[][]): Tensor =>
  tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0]?.length ?? 0] });

/** Intersections of a circle and a parabola: x² + y² = a, y = b·x². */
const circle = (a: Tensor, b: Tensor, x0 = f64(1, 1), options = {}): Tensor =>
  root(
    (v: Tensor) => {
      const [x, y] = [v.select(0, 0), v.select(0, 1)];
      return stack([x.square().add(y.square()).sub(a), y.sub(b.mul(x.square()))]);
    },
    x0,
    options,
  ).x;

/** The same by formula: y = (−1 + √(1 + 4ab²)) / (2b). */
const formula = (a: Tensor, b: Tensor): Tensor => {
  const y = a.mul(b.square()).mul(4).add(1).sqrt().sub(1).div(b.mul(2));
  return stack([y.div(b).sqrt(), y]);
};

function expectClose(got: Tensor, wanted: Tensor, bound = 1e-12): void {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  b.forEach((x, i) =>
    expect(Math.abs((a[i] ?? NaN) - x)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(x))),
  );
}

describe.each(['newton', 'broyden'] as const)('root by %s', (method) => {
  const [a, b] = [number(2), number(1.5)];
  const solve = (p: Tensor, q: Tensor): Tensor => circle(p, q, f64(1, 1), { method });

  test('equals the formula, with derivatives of both modes and orders', () => {
    expectClose(solve(a, b), formula(a, b), 1e-14);
    for (const argnum of [0, 1]) {
      expectClose(jacrev(solve, argnum)(a, b), jacrev(formula, argnum)(a, b));
      expectClose(jacfwd(solve, argnum)(a, b), jacfwd(formula, argnum)(a, b));
    }
    const of = (f: typeof solve) => (p: Tensor) =>
      f(p.select(0, 0), p.select(0, 1)).square().mul(f64(1, 3)).sum();
    const [own, theirs] = [of(solve), of(formula)];
    const p = f64(2, 1.5);
    expectClose(hessian(own)(p), hessian(theirs)(p), 1e-11);
    expectClose(jacfwd(hessian(own))(p), jacfwd(hessian(theirs))(p), 1e-10);
    expectClose(jvp(own, [p], [f64(1, 2)])[1], jvp(theirs, [p], [f64(1, 2)])[1]);
  });

  test('works inside of vmap, also with its gradient', () => {
    const many = f64(1, 2, 3, 4);
    expectClose(vmap(solve, [0, null])(many, b), vmap(formula, [0, null])(many, b));
    const slope = (f: typeof solve) => vmap(grad((p: Tensor) => f(p, b).sum()));
    expectClose(slope(solve)(many), slope(formula)(many));
    const nested = vmap(vmap(solve, [0, null]), [null, 0])(many, f64(1, 2));
    expectClose(nested, vmap(vmap(formula, [0, null]), [null, 0])(many, f64(1, 2)));
  });

  test('is as exact when it starts one step from the root', () => {
    const near = formula(a, b).add(1e-4);
    const own = jacrev((p: Tensor) => circle(p, b, near, { method }))(a);
    expectClose(own, jacrev(formula)(a, b), 1e-10);
  });
});

test('gradients flow to parameters and tensors that are captured, whatever their number', () => {
  const w = new Parameter(f64(2, 3));
  const c = f64(1, 1).requiresGrad_();
  const inner = c.mul(2);
  const { x } = root((v: Tensor) => v.pow(3).mul(w).sub(inner), f64(1, 1));
  x.sum().backward();
  // x = (2c/w)^⅓
  expectClose(w.grad as Tensor, f64(...[2, 3].map((k) => -((2 / k) ** (1 / 3)) / (3 * k))));
  expectClose(c.grad as Tensor, f64(...[2, 3].map((k) => (2 / k) ** (1 / 3) / 3)));
});

test('x0 and the result may be trees, in float32 too', () => {
  const x0 = { a: tensor([1]), rest: [tensor([[1, 1]])] as [Tensor] };
  const { x, iterations, converged } = root(
    (v: typeof x0) => [v.a.square().sub(4), v.rest[0].mul(v.a).sub(6)],
    x0,
  );
  expect(x.a.dtype).toBe('float32');
  expectClose(cat([x.a, x.rest[0].reshape([2])]), tensor([2, 3, 3]), 1e-6);
  expect(converged).toBe(true);
  expect(iterations).toBeGreaterThan(2);
});

test('gradcheck of both orders', () => {
  const solve = (p: Tensor): Tensor => circle(p.select(0, 0), p.select(0, 1));
  gradcheck(solve, [f64(2, 1.5)]);
  gradgradcheck(solve, [f64(2, 1.5)]);
});

test('one solver inside of another', () => {
  // y(x) = √x inside, x·y = p outside: x = p^⅔.
  const outer = (p: Tensor): Tensor =>
    root(
      (x: Tensor) => x.mul(root((y: Tensor) => y.square().sub(x), number(1)).x).sub(p),
      number(2),
    ).x;
  expectClose(outer(number(8)), number(4), 1e-12);
  expectClose(grad(outer)(number(8)), number((2 / 3) * 8 ** (-1 / 3)), 1e-10);
});

describe('root refuses', () => {
  const x0 = f64(1, 1);
  test.each([
    ['no function', () => root(3 as never, x0), /root: f must be a function, got 3/],
    [
      'no tensors',
      () => root((x: never) => x, [] as never),
      /x0 must be a tensor or a tree of tensors/,
    ],
    ['another size', () => root((v: Tensor) => v.sum(), x0), ShapeError],
    [
      'whole numbers',
      () => root((v: Tensor) => v, tensor(Int32Array.of(1))),
      /float32 or all float64/,
    ],
    ['another dtype', () => root((v: Tensor) => v.cast('float32'), x0), /float32 for float64/],
    [
      'an unknown option',
      () => root((v: Tensor) => v, x0, { tolerance: 1 } as never),
      /no option 'tolerance'/,
    ],
    [
      'a method there is not',
      () => root((v: Tensor) => v, x0, { method: 'secant' as never }),
      /'newton' or 'broyden'/,
    ],
    [
      'a function that is not finite',
      () => root((v: Tensor) => v.sub(1).log(), x0),
      /not finite at x0 = \[1, 1\]/,
    ],
    [
      'no root',
      () => root((v: Tensor) => v.square().add(1), f64(3)),
      /not converged after \d+ iterations/,
    ],
    [
      'a singular Jacobian',
      () => root((v: Tensor) => v.mul(0).add(1), x0),
      /the Jacobian is singular/,
    ],
    [
      'reading values',
      () => root((v: Tensor) => v.mul(v.sum().item()), x0),
      /values cannot be read/,
    ],
  ])('%s', (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(ChainruleError);
  });

  test('stays usable after an error; { strict: false } returns the last iterate', () => {
    const { converged, iterations } = root((v: Tensor) => v.square().add(1), f64(3), {
      strict: false,
      maxIterations: 3,
    });
    expect(converged).toBe(false);
    expect(iterations).toBeLessThanOrEqual(3);
    expectClose(root((v: Tensor) => v.square().sub(2), f64(1)).x, f64(Math.SQRT2), 1e-15);
  });
});

test('reports are not known inside of vmap', () => {
  const f = (a: Tensor): Tensor => {
    const found = root((v: Tensor) => v.square().sub(a), number(1));
    return found.x.mul(found.iterations);
  };
  expect(() => vmap(f)(f64(1, 2))).toThrow(/inside vmap each example has its own iterations/);
});

describe.each(['anderson', 'plain'] as const)('fixedPoint by %s', (method) => {
  const kepler = (e: Tensor, M: Tensor): Tensor =>
    fixedPoint((E: Tensor) => E.sin().mul(e).add(M), M.detach(), { method }).x;

  test('solves Kepler’s equation, with its derivatives', () => {
    const [e, M] = [number(0.6), number(1)];
    let E = kepler(e, M).item();
    expect(E - 0.6 * Math.sin(E) - 1).toBeCloseTo(0, 11);
    E -= (E - 0.6 * Math.sin(E) - 1) / (1 - 0.6 * Math.cos(E));
    const slope = 1 / (1 - 0.6 * Math.cos(E));
    expectClose(grad(kepler, 1)(e, M), number(slope), 1e-13);
    expectClose(grad(kepler, 0)(e, M), number(slope * Math.sin(E)), 1e-13);
    const second = -(slope ** 3) * 0.6 * Math.sin(E);
    expectClose(hessian((m: Tensor) => kepler(e, m))(M), number(second), 1e-12);
    expectClose(vmap(grad(kepler, 1), [null, 0])(e, f64(1, 1)), f64(slope, slope), 1e-13);
  });

  test('says where it fails', () => {
    const away = (): unknown =>
      fixedPoint((x: Tensor) => x.mul(3).add(1).square(), number(1), { method });
    expect(away).toThrow(/fixedPoint: not converged/);
  });
});

test('a layer of any depth: what is kept for a derivative does not grow with the iterations', () => {
  const w = new Parameter(
    matrix([
      [0.3, 0.2],
      [-0.1, 0.4],
    ]),
  );
  const x = f64(1, -1);
  const nodes = (maxIterations: number): number => {
    const { x: z } = fixedPoint((v: Tensor) => w.matmul(v).add(x).tanh(), f64(0, 0), {
      method: 'plain',
      tol: 0,
      strict: false,
      maxIterations,
    });
    return graph(z.sum()).nodes.length;
  };
  expect(nodes(500)).toBe(nodes(5));
});

test('examples may differ in a whole number that chooses', () => {
  const pick = (data: Tensor) => (i: Tensor) =>
    root((x: Tensor) => x.square().sub(data.take(i)), number(1)).x;
  const index = tensor(Int32Array.of(2, 0));
  const data = f64(4, 9, 16);
  expectClose(vmap(pick(data))(index), f64(4, 2));
  expectClose(grad((d: Tensor) => vmap(pick(d))(index).sum())(data), f64(0.25, 0, 0.125));
});

describe.each([
  ['cg', cg],
  ['gmres', gmres],
] as const)('%s', (name, solve) => {
  const A = matrix([
    [4, 1, 0],
    [1, 3, -1],
    [0, -1, 2],
  ]);
  const b = f64(1, 2, 3);

  test('equals linalg.solve, with its derivatives by both', () => {
    const { x, iterations, residual, converged } = solve(A, b);
    expectClose(x, linalg.solve(A, b), 1e-13);
    expect(iterations).toBeLessThanOrEqual(4);
    expect(residual).toBeLessThan(1e-12);
    expect(converged).toBe(true);
    const by = (f: (a: Tensor, c: Tensor) => Tensor) => (a: Tensor, c: Tensor) =>
      f(a.add(a.t()).div(2), c).square().sum();
    const [own, theirs] = [by((a, c) => solve(a, c).x), by((a, c) => linalg.solve(a, c))];
    for (const argnum of [0, 1]) {
      expectClose(grad(own, argnum)(A, b), grad(theirs, argnum)(A, b), 1e-12);
      expectClose(jacfwd(own, argnum)(A, b), jacfwd(theirs, argnum)(A, b), 1e-12);
    }
    expectClose(hessian(own, 1)(A, b), hessian(theirs, 1)(A, b), 1e-11);
    expectClose(hessian(own, 0)(A, b), hessian(theirs, 0)(A, b), 1e-11);
    const rows = stack([b, b.mul(2), f64(0, 0, 1)]);
    expectClose(
      vmap((c: Tensor) => solve(A, c).x)(rows),
      vmap((c: Tensor) => linalg.solve(A, c))(rows),
    );
  });

  test('takes a function, trees and a start', () => {
    const scale = new Parameter(number(2));
    const tree = { p: f64(2), q: f64(4, 6) };
    const times = (v: typeof tree): typeof tree => ({ p: v.p.mul(scale), q: v.q.mul(scale) });
    const { x } = solve<typeof tree>(times, tree, { x0: { p: f64(5), q: f64(5, 5) } });
    expectClose(cat([x.p, x.q]), f64(1, 2, 3), 1e-12);
    x.q.sum().backward();
    expectClose(scale.grad as Tensor, number(-2.5), 1e-12);
  });

  test('refuses impossible arguments', () => {
    expect(() => solve(matrix([[1, 2]]), b)).toThrow(ShapeError);
    expect(() => solve(A, f64(1, NaN, 2))).toThrow(`${name}: b is not finite`);
    expect(() =>
      solve(
        matrix([
          [0, 1, 0],
          [0, 0, 0],
          [0, 0, 0],
        ]),
        b,
      ),
    ).toThrow(ChainruleError);
    expect(() => solve((v: Tensor) => v.sum(), b)).toThrow(/takes size 3 and returns size 1/);
  });
});

test('gmres solves what is not symmetric, started again', () => {
  const n = 40;
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? 3 : j === i + 1 ? -1.5 : j === i - 1 ? 0.5 : 0)),
  );
  const b = f64(...Array.from({ length: n }, (_, i) => Math.sin(i)));
  expectClose(gmres(matrix(rows), b, { restart: 8 }).x, linalg.solve(matrix(rows), b), 1e-11);
});
