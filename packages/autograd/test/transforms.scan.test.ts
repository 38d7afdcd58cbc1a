/** @file `scan` is the loop written by hand: in values, gradients of every order, for many examples, compiled. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cell,
  ChainruleError,
  checkpoint,
  compile,
  dropout,
  DTypeError,
  evaluate,
  grad,
  GradError,
  hessian,
  jvp,
  manualSeed,
  noGrad,
  onesLike,
  Parameter,
  rand,
  randn,
  scan,
  ShapeError,
  stack,
  tensor,
  vmap,
  where,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { engine } from '../src/internal.js';

const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const close = (got: Tensor, owed: Tensor): void => {
  expect(got.shape).toEqual(owed.shape);
  expect(got.dtype).toBe(owed.dtype);
  const [a, b] = [numbers(got), numbers(owed)];
  a.forEach((v, i) =>
    expect(Math.abs(v - (b[i] as number))).toBeLessThanOrEqual(
      1e-11 * (1 + Math.abs(b[i] as number)),
    ),
  );
};

type Carry = { h: Tensor; n: Tensor };
type Body = (carry: Carry, x: Tensor) => [Carry, Tensor];

/** The same by a plain loop. */
function unrolled(f: Body, carry: Carry, xs: Tensor, reverse: boolean): [Carry, Tensor] {
  const n = xs.shape[0] as number;
  const ys: Tensor[] = [];
  let now = carry;
  for (let i = 0; i < n; i++) {
    const t = reverse ? n - 1 - i : i;
    const [next, y] = f(now, xs.select(0, t));
    now = next;
    ys[t] = y;
  }
  return [now, n === 0 ? zeros([0, ...xs.shape.slice(1)], { dtype: xs.dtype }) : stack(ys)];
}

const w = new Parameter(
  tensor(
    [
      [0.5, -0.3],
      [0.2, 0.7],
    ],
    { dtype: 'float64' },
  ),
);
const b = tensor([0.1, -0.2], { dtype: 'float64', requiresGrad: true });

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

const start = (): Carry => ({
  h: tensor([0.3, -0.4], { dtype: 'float64' }),
  n: tensor(1, { dtype: 'int32' }),
});
const sequence = (n: number): Tensor =>
  tensor(
    Array.from({ length: 2 * n }, (_, i) => Math.sin(i + 1)),
    { dtype: 'float64', shape: [n, 2] },
  );

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

describe('a body of scan', () => {
  test('is called once, whatever the length, and finds its plan again', () => {
    let calls = 0;
    const f = (h: Tensor, x: Tensor): [Tensor, null] => {
      calls++;
      return [h.mul(0.5).add(x), null];
    };
    const [h] = scan(f, zeros([]), tensor(new Float32Array(100_000).fill(1)));
    expect(h.item()).toBe(2);
    expect(calls).toBe(1);
    scan(f, zeros([]), tensor(new Float32Array(10).fill(1)))[0].item();
    const { misses } = engine.plans;
    scan(f, zeros([]), tensor(new Float32Array(10).fill(1)))[0].item();
    expect(engine.plans.misses).toBe(misses);
  });

  test('may have no sequence, and trees of them', () => {
    const [n, squares] = scan((k: Tensor) => [k.add(1), k.square()], tensor(0), null, {
      length: 4,
    });
    expect(n.item()).toBe(4);
    expect(squares.toArray()).toEqual([0, 1, 4, 9]);
    const [sum, ys] = scan(
      (s: { all: Tensor }, { a, b: c }: { a: Tensor; b: { c: Tensor } }) => [
        { all: s.all.add(a) },
        { out: [a.mul(c.c)] },
      ],
      { all: tensor(0) },
      { a: tensor([1, 2]), b: { c: tensor([3, 4]) } },
    );
    expect(sum.all.item()).toBe(3);
    expect(ys.out[0]?.toArray()).toEqual([3, 8]);
  });

  test('draws the random numbers of the loop written by hand, there and back', () => {
    const x = tensor([1, 2, 3], { dtype: 'float64' });
    const step = (h: Tensor, y: Tensor): [Tensor, Tensor] => {
      const noise = randn([3], { dtype: 'float64' }).add(dropout(onesLike(x), 0.5));
      return [h.mul(noise).add(y), h.mul(rand([3]).cast('float64'))];
    };
    const byHand = (h: Tensor, xs: Tensor, reverse: boolean): Tensor => {
      const [last, ys] = unrolledOf(step, h, xs, reverse);
      return last
        .square()
        .sum()
        .add(ys.square().sum())
        .add(randn([1]).cast('float64').sum());
    };
    const looped = (h: Tensor, xs: Tensor, reverse: boolean): Tensor => {
      const [last, ys] = scan(step, h, xs, { reverse });
      return last
        .square()
        .sum()
        .add(ys.square().sum())
        .add(randn([1]).cast('float64').sum());
    };
    const xs = stack([x, x.mul(2), x.neg(), x]);
    for (const reverse of [false, true]) {
      const run = (
        f: typeof looped,
        of: (g: (h: Tensor, zs: Tensor) => Tensor) => Tensor[],
      ): Tensor[] => {
        manualSeed(7);
        return of((h, zs) => f(h, zs, reverse));
      };
      for (const of of [
        (g: (h: Tensor, zs: Tensor) => Tensor) => [
          g(x, xs),
          ...(grad(g, [0, 1])(x, xs) as Tensor[]),
        ],
        (g: (h: Tensor, zs: Tensor) => Tensor) =>
          grad((h: Tensor, zs: Tensor) => checkpoint(g, h, zs), [0, 1])(x, xs) as Tensor[],
        (g: (h: Tensor, zs: Tensor) => Tensor) => {
          const compiled = compile((h: Tensor, zs: Tensor) => grad(g, [0, 1])(h, zs) as Tensor[]);
          return [...compiled(x, xs), ...compiled(x, xs)];
        },
        (g: (h: Tensor, zs: Tensor) => Tensor) => [
          jvp(g, [x, xs], [x, xs])[1],
          hessian((h: Tensor) => g(h, xs))(x),
        ],
      ]) {
        const [got, owed] = [run(looped, of), run(byHand, of)];
        got.forEach((g, i) => close(g, owed[i] as Tensor));
      }
    }
  });

  test('carries the cells that it assigns', () => {
    const count = cell(tensor(10, { dtype: 'float64' }));
    const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
      count.assign(count.add(x.sum()));
      return [h.add(count), count.mul(2)];
    };
    const xs = sequence(3);
    const h = start().h;
    const run = (f: typeof unrolledOf): unknown[] => {
      count.assign(tensor(10, { dtype: 'float64' }));
      const [last, ys] = f(step, h, xs, false);
      return [last.toArray(), ys.toArray(), count.toArray()];
    };
    const looped: typeof unrolledOf = (f, c, zs) => scan(f, c, zs);
    expect(run(looped)).toEqual(run(unrolledOf));
    const compiled = compile((c: Tensor, zs: Tensor) => scan(step, c, zs));
    expect(run((_f, c, zs) => compiled(c, zs))).toEqual(run(unrolledOf));
    expect(run((_f, c, zs) => compiled(c, zs))).toEqual(run(unrolledOf));
  });

  test('may hold another scan, and be differentiated through both', () => {
    const inner = (loop: boolean, h: Tensor, x: Tensor): Tensor => {
      const f = (s: Tensor, e: Tensor): [Tensor, Tensor] => [s.mul(e).add(b).tanh(), s];
      const [last, ys] = loop
        ? scan(f, h, stack([x, x.mul(2)]))
        : unrolledOf(f, h, stack([x, x.mul(2)]), false);
      return last.add(ys.sum(0).mul(0.1));
    };
    const outer =
      (loop: boolean) =>
      (h: Tensor, xs: Tensor): Tensor => {
        const f = (s: Tensor, x: Tensor): [Tensor, Tensor] => {
          const next = inner(loop, s, x);
          return [next, next.mul(x)];
        };
        const [last, ys] = loop ? scan(f, h, xs) : unrolledOf(f, h, xs, false);
        return last.sum().add(ys.sum());
      };
    const [h, xs] = [start().h, sequence(3)];
    close(outer(true)(h, xs), outer(false)(h, xs));
    const gradients = (f: (h: Tensor, xs: Tensor) => Tensor): Tensor[] => {
      b.grad = null;
      const all = grad(f, [0, 1])(h, xs) as Tensor[];
      f(h, xs).backward();
      const second = hessian((z: Tensor) => f(z, xs))(h);
      const many = vmap(grad(f), [0, null])(stack([h, h.neg()]), xs);
      return [...all, b.grad as unknown as Tensor, second, many];
    };
    const [got, owed] = [gradients(outer(true)), gradients(outer(false))];
    got.forEach((g, i) => close(g, owed[i] as Tensor));
  });

  test('calls hooks of what it captures once, with the whole gradient', () => {
    const seen: unknown[] = [];
    const off = b.registerHook((g) => void seen.push(g.toArray()));
    b.grad = null;
    scan((h: Tensor, x: Tensor) => [h.add(b.mul(x)), null], start().h, sequence(3))[0]
      .sum()
      .backward();
    off();
    expect(seen).toEqual([(b.grad as unknown as Tensor).toArray()]);
  });

  test('records no gradients inside noGrad, and none of what is detached', () => {
    const f = (h: Tensor, x: Tensor): [Tensor, Tensor] => [
      h
        .detach()
        .mul(b)
        .add(noGrad(() => x.mul(b))),
      h,
    ];
    const objective =
      (loop: boolean) =>
      (h: Tensor, xs: Tensor): Tensor => {
        const [last, ys] = loop ? scan(f, h, xs) : unrolledOf(f, h, xs, false);
        return last.sum().add(ys.square().sum());
      };
    const run = (loop: boolean): Tensor[] => grad(objective(loop), [0, 1])(start().h, sequence(3));
    const [got, owed] = [run(true), run(false)];
    got.forEach((g, i) => close(g, owed[i] as Tensor));
    expect(noGrad(() => scan(f, start().h, sequence(2)))[0].requiresGrad).toBe(false);
  });

  test('updates parameters between its uses: each call reads them anew', () => {
    const p = new Parameter(tensor([1, 1], { dtype: 'float64' }));
    const step = (): number[] => {
      p.grad = null;
      scan((h: Tensor, x: Tensor) => [h.mul(p).add(x), null], start().h, sequence(3))[0]
        .square()
        .sum()
        .backward();
      noGrad(() => p.assign(p.sub((p.grad as Tensor).mul(0.01))));
      evaluate();
      return numbers(p);
    };
    const seen = [step(), step(), step(), step()];
    expect(new Set(seen.map(String)).size).toBe(4);
  });
});

describe('scan over values that are worth compiling', () => {
  test('runs in the middle of a run, and leaves what that run holds as it was', () => {
    manualSeed(1);
    const u = new Parameter(randn([32, 32]).mul(0.2));
    const v = new Parameter(randn([16, 32]).mul(0.2));
    const xs = randn([20, 8, 16]);
    const h = zeros([8, 32]);
    const step = (s: Tensor, x: Tensor): [Tensor, Tensor] => {
      const next = s
        .matmul(u as Tensor)
        .add(x.matmul(v))
        .tanh();
      return [next, next.mul(2)];
    };
    const objective = (loop: boolean): Tensor => {
      const before = xs.exp().cumsum(0).sigmoid();
      const [last, ys] = loop ? scan(step, h, before) : unrolledOf(step, h, before, false);
      return ys
        .square()
        .mean()
        .add(last.mean())
        .add(before.mul(ys.select(2, 0).unsqueeze(2)).mean());
    };
    for (let k = 0; k < 3; k++) {
      const results = [true, false].map((loop) => {
        u.grad = v.grad = null;
        const loss = objective(loop);
        loss.backward();
        return [loss, u.grad, v.grad].map((t) => numbers(t as Tensor));
      });
      const [got, owed] = results as [number[][], number[][]];
      got.forEach((list, i) =>
        list.forEach((g, j) => expect(g).toBeCloseTo(owed[i]?.[j] as number, 4)),
      );
    }
  });
});

describe('errors of scan', () => {
  const h = zeros([2]);
  const xs = zeros([3, 2]);

  test.each<[string, () => unknown, RegExp, unknown]>([
    [
      'a carry of another shape',
      () => scan((c: { a: Tensor }, x: Tensor) => [{ a: c.a.matmul(x) }, null], { a: h }, xs),
      /carry\.a has shape \[2\], but the body returns \[\]/,
      ShapeError,
    ],
    [
      'a carry of another dtype',
      () => scan((c: Tensor[]) => [[(c[0] as Tensor).gt(0)], null], [h], xs),
      /carry\[0\] is float32, but the body returns bool/,
      DTypeError,
    ],
    [
      'another tree',
      () => scan(((c: Tensor) => [{ c }, null]) as never, h, xs),
      /a carry like the one it is given, \*; got \{ c: \* \}/,
      ShapeError,
    ],
    [
      'one part',
      () => scan(((c: Tensor) => c) as never, h, xs),
      /must return \[carry, y\]/,
      ChainruleError,
    ],
    [
      'a value that is read',
      () => scan((c: Tensor) => [c.add(c.sum().item()), null], h, xs),
      /scan.*a plain loop may read/,
      ChainruleError,
    ],
    [
      'the same while compiled',
      () => compile(() => scan((c: Tensor) => [c.add(c.sum().item()), null], h, xs))(),
      /scan.*a plain loop may read/,
      ChainruleError,
    ],
    [
      'sequences of two lengths',
      () => scan((c: Tensor) => [c, null], h, { a: xs, b: zeros([4]) }),
      /xs\.b of shape \[4\] has length 4.*the length of xs\.a is 3/,
      ShapeError,
    ],
    [
      'another length',
      () => scan((c: Tensor) => [c, null], h, xs, { length: 2 }),
      /xs of shape \[3, 2\] has length 3.*length is 2/,
      ShapeError,
    ],
    [
      'a sequence without dimensions',
      () => scan((c: Tensor) => [c, null], h, tensor(1)),
      /xs has no dimensions/,
      ShapeError,
    ],
    [
      'nothing that says how long',
      () => scan((c: Tensor) => [c, null], h, null),
      /give \{ length \}/,
      ChainruleError,
    ],
    [
      'half a step',
      () => scan((c: Tensor) => [c, null], h, null, { length: 1.5 }),
      /whole number/,
      ChainruleError,
    ],
    [
      'an unknown option',
      () => scan((c: Tensor) => [c, null], h, xs, { revers: true } as never),
      /no option 'revers'; did you mean reverse/,
      ChainruleError,
    ],
    [
      'no function',
      () => scan(5 as never, h, xs),
      /the body must be a function, got 5/,
      ChainruleError,
    ],
    [
      'a number as carry',
      () => scan((c: never) => [c, null], { n: 1 } as never, xs),
      /only tensors, got/,
      ChainruleError,
    ],
    [
      'backward inside',
      () => scan((c: Tensor) => (b.sum().backward(), [c, null]), h, xs),
      /backward: cannot be called inside scan/,
      GradError,
    ],
  ])('%s', (_name, f, message, type) => {
    expect(f).toThrow(message);
    expect(f).toThrow(type);
    expect(scan((c: Tensor, x: Tensor) => [c.add(x), null], h, xs)[0].toArray()).toEqual([0, 0]);
  });
});

/** A plain loop over a carry of one tensor. */
function unrolledOf(
  f: (h: Tensor, x: Tensor) => readonly [Tensor, Tensor],
  h: Tensor,
  xs: Tensor,
  reverse: boolean,
): [Tensor, Tensor] {
  const [{ h: last }, ys] = unrolled(
    (carry, x) => {
      const [next, y] = f(carry.h, x);
      return [{ h: next, n: carry.n }, y];
    },
    { h, n: start().n },
    xs,
    reverse,
  );
  return [last, ys];
}
