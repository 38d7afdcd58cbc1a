/** @file What a body of `scan` may do: draw random numbers, assign cells, capture tensors, contain another loop. */
import { describe, expect, test } from 'vitest';
import {
  cell,
  checkpoint,
  compile,
  dropout,
  evaluate,
  grad,
  hessian,
  jvp,
  manualSeed,
  noGrad,
  onesLike,
  Parameter,
  rand,
  randn,
  scan,
  stack,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { engine } from '../../src/internal.js';
import { numbers, close, unrolledOf, b, start, sequence } from './byHand.js';

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

  test('updates parameters between its uses: each call reads them again', () => {
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
