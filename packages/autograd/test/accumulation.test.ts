/** @file Gradients of several passes add up, whichever of the passes had a plan already. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Parameter, tensor, type Tensor } from '@chainrule/autograd';
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
