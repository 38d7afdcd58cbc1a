/** @file Transforms: what they compute, how they nest, and what they refuse. */
import { describe, expect, it, test } from 'vitest';
import {
  cell,
  checkpoint,
  ChainruleError,
  customGrad,
  grad,
  GradError,
  hessian,
  hvp,
  isGradEnabled,
  jacfwd,
  jacrev,
  jvp,
  noGrad,
  ones,
  Parameter,
  scalar,
  stack,
  ShapeError,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  type Tensor,
} from '@chainrule/autograd';

const f64 = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'float64' });
const close = (got: Tensor, want: number[]): void => {
  const data = Array.from(got.dataSync());
  expect(data.length).toBe(want.length);
  data.forEach((x, i) => expect(x).toBeCloseTo(want[i] as number, 10));
};

describe('grad of a function', () => {
  it('differentiates trees, chosen arguments, and hands aux through', () => {
    const g = grad((p: { w: Tensor; rest: Tensor[] }) => p.w.mul(p.rest[0] as Tensor).sum())({
      w: f64([2, 3]),
      rest: [f64([5, 7])],
    });
    close(g.w, [5, 7]);
    close(g.rest[0] as Tensor, [2, 3]);
    close(grad((x: Tensor, y: Tensor) => x.mul(y), 1)(f64(3), f64(4)), [3]);
    const [value, [dx, dy]] = valueAndGrad((x: Tensor, y: Tensor) => x.mul(y), [0, 1])(
      f64(3),
      f64(4),
    );
    [value, dx, dy].forEach((t, i) => expect(t.item()).toBe([12, 4, 3][i]));
    const [gradient, aux] = grad((x: Tensor) => [x.square(), { twice: x.mul(2) }], 0, {
      hasAux: true,
    })(f64(3)) as unknown as [Tensor, { twice: Tensor }];
    expect(gradient.item()).toBe(6);
    expect(aux.twice.item()).toBe(6);
  });

  it('is 0 where nothing depends on the argument, and respects noGrad', () => {
    close(grad((x: Tensor) => scalar(1, { dtype: 'float64' }).add(x.detach()))(f64(2)), [0]);
    close(grad((x: Tensor) => x.mul(noGrad(() => x.square())))(f64(3)), [9]);
    expect(noGrad(() => grad((x: Tensor) => x.square())(f64(3))).item()).toBe(6);
  });

  it('lets values be read inside', () => {
    const g = grad((x: Tensor) => (x.item() > 0 ? x.square() : x.neg()));
    expect(g(f64(3)).item()).toBe(6);
    expect(g(f64(-3)).item()).toBe(-1);
  });

  it('leaves no graph behind where none is needed, and keeps it where one is', () => {
    const plain = grad((x: Tensor) => x.pow(3))(f64(2));
    expect(plain.requiresGrad).toBe(false);
    const x = tensor(2, { dtype: 'float64', requiresGrad: true });
    const g = grad((z: Tensor) => z.pow(3))(x);
    g.backward();
    expect(x.grad?.item()).toBe(12);
    expect(vjp((z: Tensor) => z.sin(), f64(1))[0].requiresGrad).toBe(false);
    expect(jvp((z: Tensor) => z.sin(), [f64(1)], [f64(1)])[1].requiresGrad).toBe(false);
  });

  it('refuses values without a gradient', () => {
    expect(() => grad((x: Tensor) => x.mul(2))(f64([1, 2]))).toThrow(GradError);
    expect(() => grad((x: Tensor) => x.sum())(tensor([1], { dtype: 'int32' }))).toThrow('int32');
    expect(() => grad((x: Tensor) => x.sum(), 3)(f64([1]))).toThrow('argnums names argument 3');
    expect(() => vjp((x: Tensor) => x, f64([1, 2]))[1](f64([1]))).toThrow(ShapeError);
    expect(() => jvp((x: Tensor) => x, [f64([1, 2])], [])).toThrow('structure of the arguments');
  });
});

describe('transforms nest', () => {
  const f = (x: Tensor): Tensor => x.sin().mul(x).sum();
  const x = f64([0.3, -1.1]);
  // d²/dx² (x sin x) = 2 cos x − x sin x; the third is −3 sin x − x cos x.
  const second = [0.3, -1.1].map((v) => 2 * Math.cos(v) - v * Math.sin(v));
  const third = [0.3, -1.1].map((v) => -3 * Math.sin(v) - v * Math.cos(v));

  it('give the same derivatives in every order', () => {
    const sumGrad = (z: Tensor): Tensor => grad(f)(z).sum();
    close(grad(sumGrad)(x), second);
    close(jvp(grad(f) as never, [x], [ones([2], { dtype: 'float64' })])[1] as Tensor, second);
    close(grad((z: Tensor) => jvp(f, [z], [ones([2], { dtype: 'float64' })])[1])(x), second);
    close(hessian(f)(x), [second[0] as number, 0, 0, second[1] as number]);
    for (const J of [jacrev(jacfwd(f)), jacrev(jacrev(f)), jacfwd(jacfwd(f))])
      close(J(x), [second[0] as number, 0, 0, second[1] as number]);
    close(hvp(f, x, f64([1, 2]))[1], [second[0] as number, 2 * (second[1] as number)]);
    close(grad((z: Tensor) => grad(sumGrad)(z).sum())(x), third);
    close(vmap(grad(grad((z: Tensor) => z.sin().mul(z)) as never) as never)(x) as Tensor, second);
  });

  it('do not mix tangents of different levels', () => {
    // d/dx (x · d/dy (x + y)) = 1: the classic confusion of perturbations gives 2.
    const d = (g: (t: Tensor) => Tensor, at: Tensor): Tensor => jvp(g, [at], [f64(1)])[1];
    expect(d((a) => a.mul(d((b) => a.add(b), f64(1))), f64(1)).item()).toBe(1);
  });
});

describe('vmap', () => {
  it('maps any dimensions in and out, in trees, shared or not', () => {
    const x = f64([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    close(vmap((r: Tensor) => r.sum())(x), [6, 15]);
    close(vmap((c: Tensor) => c.sum(), 1)(x), [5, 7, 9]);
    expect(vmap((r: Tensor) => r.mul(2), 0, 1)(x).shape).toEqual([3, 2]);
    close(vmap((r: Tensor, w: Tensor) => r.mul(w).sum(), [0, null])(x, f64([1, 0, 1])), [4, 10]);
    const out = vmap(
      ({ a, b }: { a: Tensor; b: Tensor }) => ({ s: a.add(b), one: ones([]) }),
      [{ a: 0, b: null }],
    )({ a: f64([1, 2]), b: f64(10) });
    close(out.s, [11, 12]);
    close(out.one, [1, 1]);
    close(vmap(vmap((a: Tensor) => a.square()))(x), [1, 4, 9, 16, 25, 36]);
    close(
      vmap((a: Tensor) => vmap((b: Tensor) => a.mul(b))(f64([1, 2])), 0)(f64([3, 4])),
      [3, 6, 4, 8],
    );
  });

  it('refuses to look inside, and arguments that do not fit', () => {
    const x = f64([1, 2]);
    expect(() => vmap((a: Tensor) => (a.item() > 1 ? a : a.neg()))(x)).toThrow(ChainruleError);
    expect(() => vmap((a: Tensor) => (a.requiresGrad && a.sum().backward(), a))(x)).toThrow(
      GradError,
    );
    const state = cell(scalar(0));
    expect(() => vmap((a: Tensor) => (state.assign(a.cast('float32')), a))(x)).toThrow(
      ChainruleError,
    );
    expect(state.item()).toBe(0);
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(x, f64([1, 2, 3]))).toThrow(
      'different numbers of examples',
    );
    expect(() => vmap((a: Tensor) => a, null)(x)).toThrow('no argument has examples');
    expect(() => vmap((a: Tensor) => a, 1)(x)).toThrow('out of range');
    expect(x.add(1).dataSync()[0]).toBe(2);
  });
});

describe('grad of tensors', () => {
  it('takes a single tensor wherever it takes a list', () => {
    const x = tensor([0.4, 0.7], { dtype: 'float64', requiresGrad: true });
    const y = x.sin();
    const gradOutputs = f64([2, 3]);
    const [single] = grad(y, x, { gradOutputs, createGraph: true });
    const [listed] = grad([y], [x], { gradOutputs: [gradOutputs], createGraph: true });
    close(single, [2 * Math.cos(0.4), 3 * Math.cos(0.7)]);
    close(listed, [2 * Math.cos(0.4), 3 * Math.cos(0.7)]);
    const [second] = grad(single.sum(), x);
    close(second, [-2 * Math.sin(0.4), -3 * Math.sin(0.7)]);
    expect(() => grad(y, x, { gradOutputs: 1 as never })).toThrow(
      'grad: gradOutputs must be a tensor, or be an array in which each entry must be a tensor or null, got 1',
    );
  });
});

describe('checkpoint', () => {
  it('gives the values and gradients of the function, also by what it closes over', () => {
    const w = new Parameter(f64([2, 3]));
    const body = (x: Tensor): Tensor => x.mul(w).sin().mul(x);
    const x = tensor([0.4, 0.7], { dtype: 'float64', requiresGrad: true });
    const [gx, gw] = grad([body(x).sum()], [x, w]) as [Tensor, Tensor];
    const y = checkpoint(body, x);
    expect(Array.from(y.dataSync())).toEqual(Array.from(body(x).dataSync()));
    y.sum().backward();
    close(x.grad as Tensor, Array.from(gx.dataSync()));
    close(w.grad as Tensor, Array.from(gw.dataSync()));
  });

  it('nests with itself and other transforms', () => {
    const f = (x: Tensor): Tensor => x.sin().mul(x);
    const c = (x: Tensor): Tensor => checkpoint((z: Tensor) => checkpoint(f, z).add(z), x).sum();
    const plain = (x: Tensor): Tensor => f(x).add(x).sum();
    const x = f64([0.3, 1.2]);
    close(hessian(c)(x), Array.from(hessian(plain)(x).dataSync()));
    const rows = f64([
      [0.1, 0.2],
      [0.3, 0.4],
    ]);
    close(
      vmap(grad(c) as never)(rows) as Tensor,
      Array.from((vmap(grad(plain) as never)(rows) as Tensor).dataSync()),
    );
    close(
      grad((z: Tensor) => vmap(c)(z).sum())(rows),
      Array.from(grad((z: Tensor) => vmap(plain)(z).sum())(rows).dataSync()),
    );
  });
});

describe('customGrad', () => {
  let calls = 0;
  const cube = customGrad({
    name: 'cube',
    forward: (ctx, x: Tensor) => {
      ctx.save(x);
      return x.mul(x).mul(x);
    },
    backward: (ctx, g) => {
      calls++;
      return g.mul((ctx.saved[0] as Tensor).square()).mul(3);
    },
  });

  it('is differentiated by its own rule, to any order and in every mode', () => {
    const x = f64([2, -1]);
    close(grad((z: Tensor) => cube(z).sum())(x), [12, 3]);
    close(jvp(cube, [x], [f64([1, 10])])[1], [12, 30]);
    close(hessian((z: Tensor) => cube(z).sum())(x), [12, 0, 0, -6]);
    close(
      vmap(grad((z: Tensor) => cube(z).sum()) as never)(
        f64([
          [2, -1],
          [1, 0],
        ]),
      ) as Tensor,
      [12, 3, 3, 0],
    );
    close(vmap((z: Tensor) => jvp(cube, [z], [z])[1])(x), [24, -3]);
    close(grad((z: Tensor) => vmap(cube)(z).sum())(x), [12, 3]);
  });

  it('calls backward once, with the gradients of all results', () => {
    const seen: number[][] = [];
    const pair = customGrad({
      forward: (_ctx, x: Tensor, y: Tensor) => ({ sum: x.add(y), product: x.mul(y) }),
      backward: (_ctx, gs, gp) => {
        seen.push([gs?.item() ?? NaN, gp?.item() ?? NaN]);
        return [gs, gp];
      },
    });
    const x = tensor(2, { requiresGrad: true });
    const y = tensor(3, { requiresGrad: true });
    const { sum, product } = pair(x, y);
    sum.mul(5).add(product.mul(7)).backward();
    expect(seen).toEqual([[5, 7]]);
    expect([x.grad?.item(), y.grad?.item()]).toEqual([5, 7]);
    pair(x, y).product.backward();
    expect(seen[1]).toEqual([0, 1]);
  });

  it('sums what examples share, and uses a jvp of its own', () => {
    const scaled = customGrad({
      forward: (ctx, x: Tensor, w: Tensor) => (ctx.save(x, w), x.mul(w)),
      backward: (ctx, g) => [g.mul(ctx.saved[1] as Tensor), g.mul(ctx.saved[0] as Tensor)],
      jvp: (ctx, tx, tw) =>
        (tx?.mul(ctx.saved[1] as Tensor) ?? scalar(0))
          .add(tw?.mul(ctx.saved[0] as Tensor) ?? 0)
          .mul(100),
    });
    const x = f64([1, 2, 3]);
    close(grad((w: Tensor) => vmap(scaled, [0, null])(x, w).sum())(f64(5)), [6]);
    close(jvp((z: Tensor) => scaled(z, f64(2)), [x], [f64([1, 1, 1])])[1], [200, 200, 200]);
    close(
      vmap((z: Tensor) => jvp((a: Tensor) => scaled(a, f64(2)), [z], [f64(1)])[1])(x),
      [200, 200, 200],
    );
  });

  it('leaves no call of backward to a forward pass', () => {
    calls = 0;
    cube(tensor([1], { requiresGrad: true }))
      .sum()
      .item();
    expect(calls).toBe(0);
  });

  // Scenario 17: what the user's rule returns is checked, and nothing is left behind.
  it.each<[string, (g: Tensor) => unknown, string]>([
    ['count', (g) => [g, g], 'broken: backward returned 2 gradients, expected 1'],
    ['shape', (g) => g.sum(), 'broken: backward: gradient 0 has shape [], expected [2]'],
    [
      'dtype',
      (g) => g.cast('float64'),
      'broken: backward: gradient 0 is float64, expected float32',
    ],
    ['kind', () => 'three', "broken: backward: gradient 0 must be a tensor; got 'three'"],
    [
      'throw',
      () => {
        throw new Error('user');
      },
      'user',
    ],
  ])('refuses a gradient of the wrong %s', (_what, backward, message) => {
    const broken = customGrad({
      name: 'broken',
      forward: (_ctx, x: Tensor) => x.mul(2),
      backward: (_ctx, g) => backward(g),
    });
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => broken(x).sum().backward()).toThrow(message);
    expect(x.grad).toBe(null);
    expect(isGradEnabled()).toBe(true);
    x.mul(3).sum().backward();
    expect(Array.from(x.grad?.dataSync() ?? [])).toEqual([3, 3]);
  });
});

it('an argument that was never read, and has waited for long, is differentiated like any other', () => {
  let w: Tensor = tensor([1, 2]);
  for (let step = 0; step < 300; step++) {
    w = w.mul(1).detach();
    expect(tensor([step]).add(1).item()).toBe(step + 1);
    const slope = grad((t) => t.square().sum())(w);
    if (step % 50 === 49) expect(slope.toArray()).toEqual([2, 4]);
  }
});

test('derivatives of tensors that require none require none themselves', () => {
  const x = tensor([1, 2, 3]);
  const w = tensor([2, 2, 2], { requiresGrad: true });
  const made = (f: (y: Tensor) => Tensor): Tensor[] => [
    hessian((y) => f(y).sum())(x),
    jacrev(f)(x),
    jacfwd(f)(x),
    vmap((v: Tensor) => jvp(f, [x], [v])[1])(stack([x, x])),
    vmap((v: Tensor) => vjp(f, x)[1](v) as Tensor)(stack([x, x])),
    vmap(grad((y: Tensor) => f(y).sum()))(stack([x, x])),
    jacfwd(jacrev(f))(x),
    vmap(hessian((y: Tensor) => f(y).sum()))(stack([x, x])),
  ];
  for (const t of made((y) => y.pow(3))) expect(t.requiresGrad).toBe(false);
  for (const t of made((y) => y.pow(3).mul(w))) {
    expect(t.requiresGrad).toBe(true);
    expect((grad([t.sum()], [w])[0] as Tensor).shape).toEqual([3]);
  }
});
