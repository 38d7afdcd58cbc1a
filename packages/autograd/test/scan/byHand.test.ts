/** @file `scan` equals the loop written by hand: in values, gradients of every order, under `vmap`, and compiled. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkpoint,
  compile,
  grad,
  hessian,
  jvp,
  scan,
  stack,
  vmap,
  where,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { close, unrolled, w, b, start, sequence, type Carry, type Body } from './byHand.js';

const BODIES: Record<string, Body> = {
  'a recurrent cell': ({ h, n }, x) => {
    const next = h.matmul(w).add(x).add(b).tanh();
    return [{ h: next, n: n.add(1) }, next.mul(2)];
  },
  'a gated cell': ({ h, n }, x) => {
    const z = h.matmul(w).add(x).sigmoid();
    const next = z.mul(h).add(z.neg().add(1).mul(x.mul(b)));
    return [{ h: next, n: n.add(2) }, h.mul(x).sum().expand([2])];
  },
  'results that are inputs': ({ h, n }, x) => [{ h: x, n }, h],
  constants: ({ h, n }, x) => [
    { h: b.mul(1), n: n.add(1) },
    x.mul(0).add(w.select(0, 1)).add(h.mul(0)),
  ],
  'a choice': ({ h, n }, x) => [
    { h: where(h.gt(x), h.mul(b), x.square()), n: n.mul(2) },
    h.add(n.cast('float64')),
  ],
};

describe('scan and the loop written by hand', () => {
  const both = (f: Body, n: number, reverse: boolean): [F, F] => {
    const objective = ([{ h, n: count }, ys]: [Carry, Tensor]): Tensor =>
      ys.mul(ys).sum().add(h.mul(3).sum()).add(count.cast('float64'));
    return [
      (h, xs) => objective(scan(f, { h, n: start().n }, xs, { reverse })),
      (h, xs) => objective(unrolled(f, { h, n: start().n }, xs, reverse)),
    ];
  };
  type F = (h: Tensor, xs: Tensor) => Tensor;

  const checks: Record<string, (f: F, h: Tensor, xs: Tensor) => Tensor[]> = {
    gradients: (f, h, xs) => grad(f, [0, 1])(h, xs),
    'gradients of what is captured': (f, h, xs) => {
      w.grad = b.grad = null;
      const loss = f(h, xs);
      if (loss.requiresGrad) loss.backward();
      return [w, b].map((t) => t.grad ?? zeros(t.shape, { dtype: 'float64' }));
    },
    tangents: (f, h, xs) => [jvp(f, [h, xs], [h.mul(2), xs.add(1)])[1]],
    'a Hessian': (f, h, xs) => [hessian((z: Tensor) => f(z, xs))(h)],
    'second derivatives by reverse mode': (f, h, xs) =>
      grad(
        (z: Tensor, zs: Tensor) =>
          (grad(f, [0, 1])(z, zs) as Tensor[]).reduce(
            (s, g) => s.add(g.square().sum()),
            zeros([], { dtype: 'float64' }),
          ),
        [0, 1],
      )(h, xs),
    'many examples': (f, h, xs) => [
      vmap(f, [0, 0])(stack([h, h.mul(2), h.neg()]), stack([xs, xs.add(1), xs.mul(0.5)])),
      vmap(f, [null, 0])(h, stack([xs, xs.add(1)])),
      vmap(f, [0, null])(stack([h, h.mul(2)]), xs),
    ],
    'gradients of many examples': (f, h, xs) => [
      vmap(grad(f), [0, 0])(stack([h, h.mul(2)]), stack([xs, xs.add(1)])),
      grad((z: Tensor) => vmap(f, [0, null])(stack([z, z.mul(2)]), xs).sum())(h),
    ],
    compiled: (f, h, xs) => {
      const step = compile((z: Tensor, zs: Tensor) => [
        f(z, zs),
        ...(grad(f, [0, 1])(z, zs) as Tensor[]),
      ]);
      step(h, xs);
      return step(h.mul(1.5), xs);
    },
    'a checkpoint': (f, h, xs) =>
      grad((z: Tensor, zs: Tensor) => checkpoint(f, z, zs), [0, 1])(h, xs),
    'gradients of a compiled one': (f, h, xs) => grad(compile(f), [0, 1])(h, xs),
  };

  test.each(Object.keys(BODIES))('agree to the bit in values: %s', (name) => {
    for (const n of [0, 1, 2, 5]) {
      for (const reverse of [false, true]) {
        const body = BODIES[name] as Body;
        const [got, gotYs] = scan(body, start(), sequence(n), { reverse });
        const [owed, owedYs] = unrolled(body, start(), sequence(n), reverse);
        expect(got.h.toArray()).toEqual(owed.h.toArray());
        expect(got.n.toArray()).toEqual(owed.n.toArray());
        expect(gotYs.toArray()).toEqual(owedYs.toArray());
      }
    }
  });

  test.each(Object.keys(checks))(
    'agree in %s',
    (check) => {
      fc.assert(
        fc.property(
          fc.constantFrom(...Object.keys(BODIES)),
          fc.integer({ min: 1, max: 4 }),
          fc.boolean(),
          (name, n, reverse) => {
            const [looped, plain] = both(BODIES[name] as Body, n, reverse);
            const run = checks[check] as (f: F, h: Tensor, xs: Tensor) => Tensor[];
            const [got, owed] = [
              run(looped, start().h, sequence(n)),
              run(plain, start().h, sequence(n)),
            ];
            got.forEach((g, i) => close(g, owed[i] as Tensor));
          },
        ),
        { numRuns: 8 },
      );
    },
    60_000,
  );
});
