/** @file Gradients of several passes add up, whichever of the passes had a plan already. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pad, Parameter, tensor, vjp, type Tensor } from '@chainrule/autograd';
import { engine } from '@chainrule/autograd/internal';

/** Parameters that the loss meets in one order and the backward pass in another; two have the same shape. */
function model(): { params: Parameter[]; loss: (x: Tensor) => Tensor } {
  const of = (shape: number[], first: number): Parameter => {
    const size = shape.reduce((n, d) => n * d, 1);
    return new Parameter(
      tensor(
        Float64Array.from({ length: size }, (_, i) => first + 0.1 * i),
        { shape },
      ),
    );
  };
  const [a, b, c, d] = [of([2, 2], 0.1), of([2], 0.2), of([2, 2], 0.3), of([2], 0.5)];
  const loss = (x: Tensor): Tensor =>
    x.matmul(a).add(b).tanh().matmul(c).mul(d).square().mean().div(3).add(d.sum().mul(b.mean()));
  return { params: [a, b, c, d], loss };
}

const read = (params: readonly Parameter[]): number[] =>
  params.flatMap((p) => [...(p.grad as Tensor).dataSync()]);

test('the sum of the gradients of each pass alone', () => {
  const batch = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
    minLength: 2,
    maxLength: 2,
  });
  fc.assert(
    fc.property(fc.array(batch, { minLength: 2, maxLength: 4 }), fc.boolean(), (rows, known) => {
      const { params, loss } = model();
      engine.plans.clear();
      const xs = rows.map((row) => tensor(Float64Array.from(row), { shape: [1, 2] }));
      const alone = (): number[] =>
        xs
          .map((x) => {
            for (const p of params) p.grad = null;
            loss(x).backward();
            return read(params);
          })
          .reduce((sum, g) => sum.map((v, i) => v + (g[i] as number)));
      const together = (): number[] => {
        for (const p of params) p.grad = null;
        for (const x of xs) loss(x).backward();
        return read(params);
      };
      const expected = known ? alone() : null;
      for (const got of [together(), together()]) {
        const sums = expected ?? alone();
        got.forEach((g, i) => expect(g).toBeCloseTo(sums[i] as number, 12));
      }
    }),
    { numRuns: 20 },
  );
});

test('gradients of windows that overlap, meet or are one are put together in few layers', () => {
  const n = 60;
  const p = new Parameter(tensor(Float64Array.from({ length: n }, (_, i) => Math.sin(i))));
  // Windows of 1 to 4 places from every second place on, each twice, and one number alone.
  const windows = Array.from({ length: 28 }, (_, k) => [2 * k, 1 + (k % 4)] as const);
  const owed = new Float64Array(n);
  const add = (at: number, size: number, weight: number): void => {
    for (let i = at; i < at + size; i++) owed[i] = (owed[i] ?? 0) + weight * 2 * Math.sin(i);
  };
  let loss = p.select(0, n - 1).square();
  add(n - 1, 1, 1);
  windows.forEach(([at, size], k) => {
    loss = loss.add(p.narrow(0, at, size).square().sum().mul(k));
    loss = loss.add(p.narrow(0, at, size).square().sum());
    add(at, size, k + 1);
  });
  loss = loss.add(p.square().sum().mul(0.5));
  add(0, n, 0.5);
  const first = tensor(0).id;
  loss.backward();
  const sizes = tensor(0).id - first;
  expect(sizes).toBeLessThan(28 * 20);
  Array.from(p.grad?.dataSync() ?? []).forEach((g, i) =>
    expect(g).toBeCloseTo(owed[i] as number, 12),
  );
});

test('a gradient that is given may be a padded value that was read', () => {
  const p = new Parameter(tensor([1, 2, 3, 4]));
  const padded = pad(tensor([1, 2]), [1, 1]);
  expect(padded.toArray()).toEqual([0, 1, 2, 0]);
  p.add(p).backward(padded);
  expect(p.grad?.toArray()).toEqual([0, 2, 4, 0]);
  const [, pull] = vjp((x: Tensor) => x.add(x), p.detach());
  expect(pull(padded).toArray()).toEqual([0, 2, 4, 0]);
});
