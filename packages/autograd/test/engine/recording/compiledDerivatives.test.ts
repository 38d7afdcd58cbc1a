/** @file A compiled function is a node like any other: differentiable in both modes, to any order, for many examples. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  checkpoint,
  compile,
  customGrad,
  evaluate,
  grad,
  gradcheck,
  gradgradcheck,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  manualSeed,
  noGrad,
  Parameter,
  randn,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  withoutCompile,
  type Tensor,
} from '../../../src/index.js';
import { engine } from '../../../src/internal.js';

type F = (x: Tensor) => Tensor;

const numbers = (x: Tensor | null): number[] => Array.from((x as Tensor).dataSync());
const x = tensor([0.3, -1.2, 2.5], { dtype: 'float64' });
const ones = tensor([1, 1, 1], { dtype: 'float64' });
const w = new Parameter(tensor([1.5, -0.5, 2], { dtype: 'float64' }));
const c = tensor([0.1, 0.2, 0.3], { dtype: 'float64', requiresGrad: true });

/** Functions of a tensor; those with several operations have common subexpressions and captured tensors. */
const FUNCTIONS: Record<string, F> = {
  cubes: (y) => y.pow(3),
  'captured parameters': (y) => y.mul(w).sin().mul(y).add(w.square()),
  'captured leaves': (y) => y.mul(c).exp().add(y.mul(c)),
  'several operations': (y) => y.tanh().mul(y.sigmoid()).add(y.cumsum(0)).softmax(0),
};

const TRANSFORMS: Record<string, (f: F) => F> = {
  grad: (f) => grad((y: Tensor) => f(y).sum()),
  vjp: (f) => (y) => vjp(f, y)[1](ones),
  jvp: (f) => (y) => jvp(f, [y], [ones])[1],
  hessian: (f) => hessian((y: Tensor) => f(y).sum()),
  hvp: (f) => (y) => hvp((z: Tensor) => f(z).sum(), y, ones)[1],
  jacrev: (f) => jacrev(f),
  jacfwd: (f) => jacfwd(f),
  'jacrev of jacfwd': (f) => jacrev(jacfwd(f)),
  'grad of grad of grad': (f) => {
    const once = (g: F): F => grad((y: Tensor) => g(y).sum());
    return once(once(once(f)));
  },
  'grad of jvp': (f) => grad((y: Tensor) => jvp(f, [y], [ones])[1].sum()),
  vmap: (f) => (y) => vmap((z: Tensor) => f(y.mul(z)))(tensor([1, 2], { dtype: 'float64' })),
  'vmap of grad': (f) => (y) =>
    vmap(grad((z: Tensor) => f(y.mul(z)).sum()))(tensor([1, 2], { dtype: 'float64' })),
  'grad of checkpoint': (f) => grad((y: Tensor) => checkpoint(f, y).sum()),
  'grad of checkpoint of grad': (f) =>
    grad((y: Tensor) =>
      checkpoint(
        grad((z: Tensor) => f(z).square().sum()),
        y,
      ).sum(),
    ),
  'inside another compiled function': (f) => compile(grad((y: Tensor) => f(y).sum())),
};

afterEach(() => {
  engine.onRun = null;
});

describe('what a transform makes of a compiled function is what it makes of the function', () => {
  for (const [name, f] of Object.entries(FUNCTIONS)) {
    test.each(Object.keys(TRANSFORMS))(`${name}: %s`, (transform) => {
      const compiled = compile(f);
      const apply = TRANSFORMS[transform] as (f: F) => F;
      for (const at of [x, x, x.mul(2)]) {
        const [got, owed] = [numbers(apply(compiled)(at)), numbers(apply(f)(at))];
        got.forEach((v, i) => expect(v).toBeCloseTo(owed[i] as number, 10));
      }
    });
  }

  test('both modes agree with finite differences, twice', () => {
    const f = compile((y: Tensor) => y.tanh().mul(w).exp());
    gradcheck(f, [x]);
    gradgradcheck(f, [x]);
  });
});

describe('backward through a compiled function', () => {
  test('reaches parameters, captured leaves and arguments, call after call', () => {
    const f = (y: Tensor): Tensor => y.mul(w).add(c).tanh();
    const compiled = compile(f);
    const gradients = (g: F, scale: number): number[][] => {
      const y = x.mul(scale).detach().requiresGrad_();
      w.grad = c.grad = null;
      g(y).square().sum().backward();
      return [w, c, y].map((t) => numbers(t.grad));
    };
    for (const scale of [1, 2, 3]) {
      expect(gradients(compiled, scale)).toEqual(gradients(f, scale));
    }
  });

  test('is a plan of its own, that no graph is built for again', () => {
    const compiled = compile((y: Tensor) => y.mul(w).tanh().mul(w));
    const runs: string[] = [];
    engine.onRun = (_program, why) => runs.push(why);
    for (let k = 0; k < 3; k++) {
      const y = x.mul(k + 1);
      evaluate(y);
      const before = engine.plans.misses;
      runs.length = 0;
      w.grad = null;
      compiled(y).sum().backward();
      if (k === 0) continue;
      expect(runs.filter((why) => why === 'compile')).toHaveLength(2);
      if (k === 2) expect(engine.plans.misses).toBe(before);
    }
  });

  test('uses the parameters of its forward pass, and the random numbers', () => {
    const noisy = (y: Tensor): Tensor => y.mul(randn([3], { dtype: 'float64' })).mul(w);
    const compiled = compile(noisy);
    const run = (f: F): number[][] => {
      manualSeed(5);
      const y = x.detach().requiresGrad_();
      const [first, second] = [f(y), f(y)];
      second.sum().backward();
      const g = numbers(y.grad);
      y.grad = null;
      first.sum().backward();
      return [numbers(first), numbers(second), g, numbers(y.grad)];
    };
    expect(run(compiled)).toEqual(run(noisy));
  });

  test('calls hooks once', () => {
    const compiled = compile((y: Tensor) => y.mul(w).sum());
    const y = x.detach().requiresGrad_();
    const offs = [w, y].map((t) => t.registerHook((g) => g.mul(10)));
    w.grad = null;
    compiled(y).backward();
    for (const off of offs) off();
    expect([numbers(w.grad), numbers(y.grad)]).toEqual([numbers(x.mul(10)), numbers(w.mul(10))]);
  });

  test('is freed by a backward pass, and kept by retainGraph', () => {
    const compiled = compile((y: Tensor) => y.mul(w).sum());
    const loss = compiled(x);
    loss.backward(null, { retainGraph: true });
    loss.backward();
    expect(() => loss.backward()).toThrow(/was freed/);
  });

  test('several results share it, and those that are not differentiable stay so', () => {
    const compiled = compile((y: Tensor) => ({
      a: y.mul(w),
      b: y.square(),
      n: y.gt(0),
      c: y.add(1),
    }));
    const y = x.detach().requiresGrad_();
    w.grad = null;
    const { a, b, n } = compiled(y);
    expect([a, b, n].map((t) => t.requiresGrad)).toEqual([true, true, false]);
    a.add(b).sum().backward();
    numbers(y.grad).forEach((g, i) =>
      expect(g).toBeCloseTo((numbers(w)[i] as number) + 2 * (numbers(x)[i] as number), 12),
    );
    expect(numbers(w.grad)).toEqual(numbers(x));
  });

  test('does not exist where no derivative is requested', () => {
    const frozen = tensor([1, 2, 3], { dtype: 'float64' });
    expect(compile((y: Tensor) => y.mul(frozen))(x).requiresGrad).toBe(false);
    expect(noGrad(() => compile((y: Tensor) => y.mul(w))(x)).requiresGrad).toBe(false);
    expect(compile((y: Tensor) => y.mul(w).detach())(x).requiresGrad).toBe(false);
    const step = compile(() => {
      w.grad = null;
      const loss = w.square().sum();
      loss.backward();
      noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.01))));
      evaluate();
      return { loss, w: w.mul(2) };
    });
    const { loss, w: updated } = step();
    expect([loss.requiresGrad, updated.requiresGrad]).toEqual([false, false]);
  });

  test('goes through functions with their own gradient, and they through it', () => {
    const straight = customGrad({
      forward: (_ctx, y: Tensor) => y.round(),
      backward: (_ctx, g) => g,
    });
    const around = compile((y: Tensor) => straight(y.mul(2)).mul(w));
    numbers(grad((y: Tensor) => around(y).sum())(x)).forEach((g, i) =>
      expect(g).toBeCloseTo(2 * (numbers(w)[i] as number), 12),
    );
    const inner = compile((y: Tensor) => y.square());
    const within = customGrad({
      forward: (ctx, y: Tensor) => (ctx.save(y), inner(y)),
      backward: (ctx, g) => inner(ctx.saved[0] as Tensor).mul(g),
    });
    expect(numbers(grad((y: Tensor) => within(y).sum())(x))).toEqual(numbers(x.square()));
  });

  test('valueAndGrad with aux, and a compiled gradient function', () => {
    const both = compile(valueAndGrad((y: Tensor) => y.mul(w).sum()));
    const [value, g] = both(x);
    expect(value.item()).toBeCloseTo(numbers(x.mul(w).sum())[0] as number, 12);
    expect(numbers(g)).toEqual(numbers(w));
  });
});

test('withoutCompile calls compiled functions as they were written', () => {
  let calls = 0;
  const f = compile((y: Tensor) => {
    calls++;
    return y.mul(2);
  });
  for (let k = 0; k < 3; k++) f(x);
  expect(calls).toBe(1);
  for (let k = 0; k < 3; k++) withoutCompile(() => f(x));
  expect(calls).toBe(4);
  expect(
    withoutCompile(() => compile((y: Tensor) => tensor(y.sum().item()))(x)).item(),
  ).toBeCloseTo(1.6, 5);
});
