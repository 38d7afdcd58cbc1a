/** @file LU of matrices of any shape: by panels, of singular ones, and its derivative where there are rows below the square. */
import { expect, it, test } from 'vitest';
import * as c from '../../index.js';
import { tensor, type Tensor } from '../../index.js';

const double = (xs: number[][]): Tensor => tensor(xs, { dtype: 'float64' });

test('of a tall singular matrix there are no NaNs, as in PyTorch', () => {
  const { LU, pivots } = c.linalg.luFactor(
    double([
      [1, 2],
      [2, 4],
      [3, 6],
      [1, 2],
    ]),
  );
  expect([...LU.dataSync()]).toEqual([3, 6, 2 / 3, 0, 1 / 3, 0, 1 / 3, 0]);
  expect([...pivots.dataSync()]).toEqual([3, 2]);
  const zero = c.linalg.luFactor(c.zeros([4, 2], { dtype: 'float64' }));
  expect([...zero.LU.dataSync()]).toEqual(new Array(8).fill(0));
});

it.each([[[5, 3]], [[3, 5]], [[40, 70]], [[70, 40]], [[65, 65]], [[2, 6, 3]]] as const)(
  'P L U is the matrix: %j',
  (shape) => {
    c.manualSeed(1);
    const x = c.randn(shape, { dtype: 'float64' });
    const { P, L, U } = c.linalg.lu(x);
    expect(c.sub(P.matmul(L).matmul(U), x).abs().max().item()).toBeLessThan(1e-12);
    expect(L.abs().max().item()).toBeLessThanOrEqual(1);
  },
);

it.each([[[4, 2]], [[2, 4]], [[3, 3]], [[2, 4, 2]]] as const)(
  'has right derivatives, forwards and backwards: %j',
  (shape) => {
    c.manualSeed(2);
    const x = c.randn(shape, { dtype: 'float64' });
    const f = (a: Tensor): Tensor => c.linalg.luFactor(a).LU;
    expect(c.gradcheck(f, [x])).toBe(true);
    expect(c.gradgradcheck(f, [x])).toBe(true);
    const t = c.randn(shape, { dtype: 'float64' });
    const h = 1e-6;
    const by = c.sub(f(c.add(x, t.mul(h))), f(c.sub(x, t.mul(h)))).div(2 * h);
    const [, tangent] = c.jvp(f, [x], [t]);
    expect(c.sub(tangent, by).abs().max().item()).toBeLessThan(1e-6);
  },
);

test('qr by panels of reflections: narrow, wide, tall, with columns of zeros', () => {
  c.manualSeed(3);
  for (const shape of [
    [5, 3],
    [3, 5],
    [70, 40],
    [40, 70],
    [2, 33, 65],
  ])
    for (const mode of ['reduced', 'complete'] as const) {
      const x = c.randn(shape, { dtype: 'float64' });
      const { Q, R } = c.linalg.qr(x, { mode });
      const unit = c.matmul(Q.transpose(-1, -2), Q);
      expect(c.sub(c.matmul(Q, R), x).abs().max().item()).toBeLessThan(1e-13);
      expect(
        c
          .sub(unit, c.eye(Q.shape.at(-1) as number, { dtype: 'float64' }))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-13);
      expect(c.tril(R, -1).abs().max().item()).toBe(0);
    }
  expect([...c.linalg.qr(c.zeros([3, 2], { dtype: 'float64' })).R.dataSync()]).toEqual([
    0, 0, 0, 0,
  ]);
});
