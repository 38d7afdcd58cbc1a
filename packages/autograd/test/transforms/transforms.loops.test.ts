/** @file `whileLoop`, `cond`, `switchCase` and `associativeScan`: as written by hand, through every transform. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  associativeScan,
  cell,
  ChainruleError,
  compile,
  cond,
  DTypeError,
  grad,
  GradError,
  hessian,
  IndexError,
  jvp,
  manualSeed,
  rand,
  scalar,
  scan,
  ShapeError,
  stack,
  switchCase,
  tensor,
  vmap,
  whileLoop,
  type Tensor,
} from '@chainrule/autograd';

type F = (x: Tensor) => Tensor;

const f64 = (values: number | number[]): Tensor => tensor(values, { dtype: 'float64' });
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const close = (got: Tensor, owed: Tensor): void => {
  expect(got.shape).toEqual(owed.shape);
  const b = numbers(owed);
  numbers(got).forEach((v, i) => expect(v).toBeCloseTo(b[i] as number, 9));
};
const w = tensor([1.1, 0.9], { dtype: 'float64', requiresGrad: true });

/** What derivatives and examples are of a function of a vector; each for plain and recorded code. */
const TRANSFORMS: Record<string, (f: F) => F> = {
  values: (f) => f,
  gradients: (f) => grad((x: Tensor) => f(x).sum()),
  'gradients of what is captured': (f) => (x) => {
    w.grad = null;
    const loss = f(x).sum();
    if (loss.requiresGrad) loss.backward();
    return (w.grad as Tensor | null) ?? w.detach().mul(0);
  },
  tangents: (f) => (x) => jvp(f, [x], [x.mul(2)])[1],
  Hessians: (f) => hessian((x: Tensor) => f(x).square().sum()),
  'second derivatives by reverse mode': (f) =>
    grad((x: Tensor) =>
      grad((z: Tensor) => f(z).sum())(x)
        .square()
        .sum(),
    ),
  'compiled values': (f) => compile(f),
  'compiled tangents': (f) => compile((x: Tensor) => jvp(f, [x], [x.mul(2)])[1]),
};

describe('whileLoop', () => {
  const looped: F = (x) =>
    whileLoop(
      ({ h }: { h: Tensor; n: Tensor }) => h.square().sum().lt(50),
      ({ h, n }) => ({ h: h.mul(w).mul(h.abs().add(1).sqrt()).add(0.1), n: n.add(1) }),
      { h: x, n: scalar(0) },
      { maxIterations: 40 },
    ).h;
  const plain: F = (x) => {
    let h = x;
    while (h.square().sum().item() < 50) h = h.mul(w).mul(h.abs().add(1).sqrt()).add(0.1);
    return h;
  };

  test.each(Object.keys(TRANSFORMS))('equals the loop written by hand: %s', (name) => {
    const of = TRANSFORMS[name] as (f: F) => F;
    const owed = name.startsWith('compiled')
      ? name === 'compiled values'
        ? plain
        : (x: Tensor) => jvp(plain, [x], [x.mul(2)])[1]
      : of(plain);
    const got = of(looped);
    for (const x of [
      [1, 2],
      [0.3, -0.4],
      [9, 9],
    ])
      close(got(f64(x)), owed(f64(x)));
  });

  test('goes on under vmap until the last example is done, each with its own steps', () => {
    const xs = f64([1, 2, 0.3, -0.4, 9, 9]).reshape([3, 2]);
    close(vmap(looped)(xs), stack([0, 1, 2].map((k) => plain(xs.select(0, k)))));
    const sum = (f: F): F => grad((x: Tensor) => f(x).sum());
    close(vmap(sum(looped))(xs), stack([0, 1, 2].map((k) => sum(plain)(xs.select(0, k)))));
    close(grad((z: Tensor) => vmap(looped)(z).sum())(xs), vmap(sum(looped))(xs));
  });

  test('is differentiated while compiled over maxIterations, which must then be given', () => {
    const x = f64([1, 2]);
    close(compile(grad((z: Tensor) => looped(z).sum()))(x), grad((z: Tensor) => plain(z).sum())(x));
    const endless = compile(
      grad((z: Tensor) =>
        whileLoop(
          (h: Tensor) => h.sum().lt(9),
          (h) => h.mul(2),
          z,
        ).sum(),
      ),
    );
    expect(() => endless(x)).toThrow(GradError);
    expect(() => endless(x)).toThrow(/whileLoop.*maxIterations/);
  });

  test('draws random numbers, and carries the cells that it assigns', () => {
    const count = cell(scalar(0));
    const run = (loop: boolean): unknown[] => {
      manualSeed(3);
      count.assign(scalar(0));
      const step = (h: Tensor): Tensor => {
        count.assign(count.add(1));
        return h.add(rand([2]));
      };
      let h: Tensor = tensor([0, 0]);
      if (loop) h = whileLoop((z: Tensor) => z.sum().lt(4), step, h);
      else while (h.sum().item() < 4) h = step(h);
      return [h.toArray(), count.item(), rand([2]).toArray()];
    };
    expect(run(true)).toEqual(run(false));
  });

  test('says what is wrong, and leaves the engine as it was', () => {
    const x = tensor([1, 2]);
    const more = (h: Tensor): Tensor => h.add(1);
    expect(() => whileLoop((h: Tensor) => h.gt(0), more, x)).toThrow(ShapeError);
    expect(() => whileLoop((() => true) as never, more, x)).toThrow(
      /must return a tensor, got (true|false)/,
    );
    expect(() =>
      whileLoop(
        (h: Tensor) => h.sum().gt(0),
        (h) => h.sum(),
        x,
      ),
    ).toThrow(/carry has shape \[2\], but the body returns \[\]/);
    expect(() =>
      whileLoop(
        (h: Tensor) => h.sum().gt(0),
        (h) => h.gt(0),
        x,
      ),
    ).toThrow(DTypeError);
    expect(() =>
      whileLoop((h: Tensor) => h.sum().gt(0), more, x, { maxIterations: 5 }).dataSync(),
    ).toThrow(/whileLoop: the condition still holds after 5 iterations/);
    expect(() =>
      whileLoop(
        (h: Tensor) => h.log().sum(),
        (h) => h.neg(),
        x,
      ).dataSync(),
    ).toThrow(/whileLoop: the condition is NaN after 1 iterations/);
    expect(() => whileLoop((h: Tensor) => h.sum().gt(0), more, x, { maxIterations: -1 })).toThrow(
      ChainruleError,
    );
    expect(() =>
      whileLoop(
        (h: Tensor) => h.sum().gt(0),
        (h) => h.mul(h.sum().item()),
        x,
      ),
    ).toThrow(/whileLoop.*a plain loop may read/);
    expect(numbers(whileLoop((h: Tensor) => h.sum().lt(9), more, x))).toEqual([4, 5]);
    expect(numbers(whileLoop((h: Tensor) => h.sum().lt(0), more, x))).toEqual([1, 2]);
  });
});

describe('cond and switchCase', () => {
  const chosen: F = (x) =>
    cond(
      x.sum().gt(1),
      (z: Tensor, s: Tensor) => z.sqrt().mul(w).mul(s),
      (z, s) => z.mul(z).add(w).mul(s),
      x,
      x.sum(),
    );
  const switched: F = (x) =>
    switchCase(
      x.sum().cast('int32'),
      [(z: Tensor) => z.mul(w), (z) => z.sin(), (z) => z.exp().mul(w)],
      x,
    );
  const byHand: Record<string, F> = {
    cond: (x) => {
      const s = x.sum();
      return s.item() > 1 ? x.sqrt().mul(w).mul(s) : x.mul(x).add(w).mul(s);
    },
    switchCase: (x) => {
      const k = Math.trunc(x.sum().item());
      return k <= 0 ? x.mul(w) : k === 1 ? x.sin() : x.exp().mul(w);
    },
  };
  const recorded: Record<string, F> = { cond: chosen, switchCase: switched };

  for (const op of ['cond', 'switchCase']) {
    test.each(Object.keys(TRANSFORMS))(`${op} in plain code: %s`, (name) => {
      if (name.startsWith('compiled')) return;
      const of = TRANSFORMS[name] as (f: F) => F;
      for (const x of [
        [1, 2],
        [0.3, 0.4],
        [0.7, 0.8],
      ])
        close(of(recorded[op] as F)(f64(x)), of(byHand[op] as F)(f64(x)));
    });

    test.each(Object.keys(TRANSFORMS))(`${op} in the body of a loop, and compiled: %s`, (name) => {
      const of = TRANSFORMS[name] as (f: F) => F;
      const f = recorded[op] as F;
      const g = byHand[op] as F;
      const inLoop: F = (x) =>
        scan((h: Tensor) => [f(h).mul(0.5), null], x, null, { length: 2 })[0];
      const plain: F = (x) => g(g(x).mul(0.5)).mul(0.5);
      const owed =
        name === 'compiled values'
          ? plain
          : name === 'compiled tangents'
            ? (x: Tensor) => jvp(plain, [x], [x.mul(2)])[1]
            : of(plain);
      for (const x of [
        [1, 2],
        [0.3, 0.4],
        [0.7, 0.8],
      ])
        close(of(inLoop)(f64(x)), owed(f64(x)));
      if (name === 'gradients') close(compile(of(f))(f64([1, 2])), of(g)(f64([1, 2])));
    });

    test(`${op} under vmap takes each example's own branch, with strong zeros`, () => {
      const xs = f64([1, 2, -0.3, 0.4, 0.7, 0.8]).reshape([3, 2]);
      const [f, g] = [recorded[op] as F, byHand[op] as F];
      close(vmap(f)(xs), stack([0, 1, 2].map((k) => g(xs.select(0, k)))));
      const d = (h: F): F => grad((x: Tensor) => h(x).sum());
      close(vmap(d(f))(xs), stack([0, 1, 2].map((k) => d(g)(xs.select(0, k)))));
      close(
        vmap((x: Tensor) => hessian((z: Tensor) => f(z).sum())(x))(xs),
        stack([0, 1, 2].map((k) => hessian((z: Tensor) => g(z).sum())(xs.select(0, k)))),
      );
      // One branch for all, on examples.
      const all = vmap(
        (x: Tensor) =>
          scan((h: Tensor) => [f(h.mul(0).add(0.6)).mul(x), null], x, null, { length: 1 })[0],
      );
      close(all(xs), stack([0, 1, 2].map((k) => g(f64([0.6, 0.6])).mul(xs.select(0, k)))));
    });
  }

  test('run only the branch taken', () => {
    const calls: string[] = [];
    const branch =
      (name: string) =>
      (x: Tensor): Tensor => (calls.push(name), x);
    cond(tensor(true), branch('yes'), branch('no'), f64(1));
    cond(false, branch('yes'), branch('no'), f64(1));
    switchCase(7, [branch('a'), branch('b')], f64(1));
    switchCase(tensor(-3, { dtype: 'int32' }), [branch('a'), branch('b')], f64(1));
    expect(calls).toEqual(['yes', 'no', 'b', 'a']);
  });

  test('say what is wrong', () => {
    const x = f64([1, 2]);
    const same = (z: Tensor): Tensor => z;
    expect(() => cond(x.gt(0), same, same, x)).toThrow(/single element, got shape \[2\]/);
    expect(() => cond(5 as never, same, same, x)).toThrow(ChainruleError);
    expect(() => cond(f64(NaN), same, same, x)).toThrow(/NaN/);
    expect(() =>
      compile((z: Tensor) => cond(z.sum(), same, same, z))(f64([NaN, 1])).dataSync(),
    ).toThrow(/cond: the predicate is NaN/);
    expect(() => switchCase(x.sum(), [same], x)).toThrow(/must be int32/);
    expect(() => switchCase(0, [], x)).toThrow(/at least one function/);
    expect(() =>
      compile((z: Tensor) =>
        cond(
          z.sum().gt(0),
          (a: Tensor) => a.sum(),
          (a) => a,
          z,
        ),
      )(x),
    ).toThrow(/cond: the result has shape \[2\], but another branch returns \[\]/);
    expect(() =>
      compile((z: Tensor) =>
        cond(
          z.sum().gt(0),
          (a: Tensor) => a.mul(a.sum().item()),
          (a) => a,
          z,
        ),
      )(x),
    ).toThrow(/cond/);
  });
});

describe('associativeScan', () => {
  const times = (a: Tensor, b: Tensor): Tensor => a.mul(b);

  test('gives running results for every length and direction', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 17 }), fc.boolean(), (n, reverse) => {
        const x = f64(Array.from({ length: n }, (_, i) => 1 + Math.sin(i) / 2));
        const owed = reverse ? x.flip([0]).cumprod(0).flip([0]) : x.cumprod(0);
        close(associativeScan(times, x, { reverse }), owed);
        if (n > 0)
          close(
            grad((z: Tensor) => associativeScan(times, z, { reverse }).square().sum())(x),
            grad((z: Tensor) =>
              (reverse ? z.flip([0]).cumprod(0).flip([0]) : z.cumprod(0)).square().sum(),
            )(x),
          );
      }),
      { numRuns: 20 },
    );
  });

  test('of a linear recurrence, of matrices, along a dimension, for many examples and compiled', () => {
    const [a, b] = [f64([0.5, -1, 2, 0.1, 3]), f64([1, 2, 3, 4, 5])];
    const h = (p: Tensor, q: Tensor): Tensor =>
      associativeScan(
        ([x, y]: Tensor[], [u, v]: Tensor[]) => [
          (x as Tensor).mul(u as Tensor),
          (u as Tensor).mul(y as Tensor).add(v as Tensor),
        ],
        [p, q],
      )[1] as Tensor;
    const byScan = (p: Tensor, q: Tensor): Tensor =>
      scan(
        (s: Tensor, [u, v]: Tensor[]) => {
          const next = s.mul(u as Tensor).add(v as Tensor);
          return [next, next];
        },
        f64(0),
        [p, q],
      )[1];
    close(h(a, b), byScan(a, b));
    close(compile(h)(a, b), byScan(a, b));
    close(vmap(h)(stack([a, b]), stack([b, a])), stack([byScan(a, b), byScan(b, a)]));
    close(jvp(h, [a, b], [b, a])[1], jvp(byScan, [a, b], [b, a])[1]);
    const m = f64(Array.from({ length: 12 }, (_, i) => Math.cos(i))).reshape([2, 3, 2]);
    const products = associativeScan((p: Tensor, q: Tensor) => p.matmul(q), m, { dim: 1 });
    close(products.select(1, 2), m.select(1, 0).matmul(m.select(1, 1)).matmul(m.select(1, 2)));
    expect(() => associativeScan((p: Tensor) => p.sum(), m)).toThrow(
      /xs has shape \[3, 2\], but the function returns \[\]/,
    );
    expect(() => associativeScan(times as never, [a, f64([1])])).toThrow(ChainruleError);
    expect(() => associativeScan(times as never, {})).toThrow(/holds no tensor/);
    expect(() => associativeScan(times, a, { dim: 3 })).toThrow(IndexError);
  });
});
