/** @file Misuse of differentiation, and graphs of extreme shape: what holds when things go wrong. */
import { describe, expect, it } from 'vitest';
import {
  ChainruleError,
  checkpoint,
  closureConvert,
  compile,
  cond,
  customGrad,
  DTypeError,
  evaluate,
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
  scope,
  ShapeError,
  switchCase,
  tensor,
  vjp,
  vmap,
  whileLoop,
  type Tensor,
} from '@chainrule/autograd';

describe('three ways to misuse backward (scenario 13)', () => {
  it('are three errors with what to do', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const loss = x.square().sum();
    loss.backward();
    expect(() => loss.backward()).toThrow(/freed.*retainGraph/);
    expect(() => x.square().backward()).toThrow(/\[2\].*reduce it first/);
    expect(() => x.detach().sum().backward()).toThrow(/does not require grad.*requiresGrad: true/);
    expect(Array.from(x.grad?.dataSync() ?? [])).toEqual([2, 4]);
  });
});

describe('options of other frameworks', () => {
  const f = (x: Tensor): Tensor => x.square().sum();
  const x = tensor([1, 2]);
  const options = { hasAux: true } as never;

  it.each<[string, () => unknown]>([
    ['compile', () => (compile as (...args: unknown[]) => unknown)(f, options)],
    ['jvp', () => (jvp as (...args: unknown[]) => unknown)(f, [x], [x], options)],
    ['hvp', () => (hvp as (...args: unknown[]) => unknown)(f, x, x, options)],
    ['jacrev', () => (jacrev as (...args: unknown[]) => unknown)(f, 0, options)],
    ['jacfwd', () => (jacfwd as (...args: unknown[]) => unknown)(f, 0, options)],
    ['hessian', () => (hessian as (...args: unknown[]) => unknown)(f, 0, options)],
  ])('are refused by %s', (name, call) => {
    expect(call).toThrow(`${name}: it takes no options, got 'hasAux'`);
  });
});

describe('a leaf that the loss does not depend on (scenario 15)', () => {
  it('keeps grad null', () => {
    const [x, y] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    x.sum().backward();
    expect(y.grad).toBe(null);
    expect(() => grad([x.sum()], [y])).toThrow(GradError);
    expect(grad([x.sum()], [y], { allowUnused: true })).toEqual([null]);
  });
});

describe('a function with its own gradient that does not give one', () => {
  const forward = (_ctx: unknown, x: Tensor, y: Tensor): Tensor => x.mul(y);
  const differentiate = (backward: (ctx: unknown, g: Tensor) => unknown): (() => unknown) => {
    const f = customGrad({ name: 'mine', forward, backward });
    return () => grad((x: Tensor) => f(x, x).sum())(tensor([1, 2]));
  };

  it('is named where it returns nothing for all arguments or for one', () => {
    expect(differentiate(() => undefined)).toThrow(
      /mine: backward returned 1 gradient, expected 2/,
    );
    expect(differentiate((_c, g) => [g, undefined])).toThrow(
      /mine: backward returned no gradient for argument 1; return a tensor, or null for zero/,
    );
    expect(differentiate((_c, g) => [undefined, g])).toThrow(GradError);
    const one = customGrad({
      name: 'mine',
      forward: (_c, x: Tensor) => x.mul(2),
      backward: () => undefined,
    });
    expect(() => grad((x: Tensor) => one(x).sum())(tensor([1]))).toThrow(
      /mine: backward returned no gradient for argument 0/,
    );
    expect(differentiate((_c, g) => [g, null])).not.toThrow();
  });

  it('is named where one of its functions throws', () => {
    const fail = (): never => {
      throw new RangeError('boom');
    };
    expect(differentiate(fail)).toThrow(RangeError);
    expect(differentiate(fail)).toThrow('mine: backward: boom');
    expect(() => customGrad({ name: 'mine', forward: fail, backward: fail })()).toThrow(
      'mine: forward: boom',
    );
    const pushed = customGrad({
      name: 'mine',
      forward: (_c, x: Tensor) => x,
      backward: fail,
      jvp: fail,
    });
    expect(() => jvp(pushed, [tensor(1)], [tensor(1)])).toThrow('mine: jvp: boom');
    const nothing = customGrad({
      name: 'mine',
      forward: (_c, x: Tensor) => x,
      backward: fail,
      jvp: () => undefined,
    });
    expect(() => jvp(nothing, [tensor(1)], [tensor(1)])).toThrow(
      /mine: jvp returned no tangent for result 0/,
    );
  });
});

describe('graphs of extreme shape (scenario 16)', () => {
  it('may be a million nodes deep', () => {
    const x = tensor(1, { dtype: 'float64', requiresGrad: true });
    let y: Tensor = x;
    for (let i = 0; i < 1_000_000; i++) y = i % 2 === 0 ? y.neg() : y.neg();
    const [g] = grad([y], [x]) as [Tensor];
    evaluate(y, g);
    expect([y.item(), g.item()]).toEqual([1, 1]);
  }, 120_000);

  it('may use one tensor a hundred thousand times', () => {
    const x = tensor(2, { dtype: 'float64', requiresGrad: true });
    let sum: Tensor = x.mul(0);
    for (let i = 0; i < 100_000; i++) sum = sum.add(x);
    sum.backward();
    expect(x.grad?.item()).toBe(100_000);
  }, 60_000);

  it('are walked without recursion by jvp and vmap', () => {
    const deep = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 50_000; i++) y = y.add(1);
      return y;
    };
    expect(jvp(deep, [tensor(0)], [tensor(3)])[1].item()).toBe(3);
    expect(Array.from(vmap(deep)(tensor([0, 1])).dataSync())).toEqual([50_000, 50_001]);
  }, 60_000);
});

describe('errors inside of scopes (scenario 18)', () => {
  it('put the modes back', async () => {
    const fail = (_x?: Tensor): never => {
      throw new Error('inside');
    };
    for (const f of [
      () => noGrad(fail),
      () => scope('a', fail),
      () => vmap(fail)(tensor([1])),
      () => grad(fail)(tensor(1)),
      () => jvp(fail, [tensor(1)], [tensor(1)]),
    ]) {
      expect(f).toThrow('inside');
      expect(isGradEnabled()).toBe(true);
    }
    const x = tensor([1], { requiresGrad: true });
    const y = x.mul(2);
    y.registerHook(() => fail());
    expect(() => y.sum().backward()).toThrow('inside');
    expect(x.grad).toBe(null);
    expect(x.mul(2).requiresGrad).toBe(true);
    expect(tensor([1]).add(1).item()).toBe(2); // nothing is still being traced
    expect(() =>
      noGrad(async () => {
        await Promise.resolve();
      }),
    ).toThrow('promise');
    await Promise.resolve();
    expect(isGradEnabled()).toBe(true);
  });
});

describe('functions that are async', () => {
  const x = tensor([1, 2]);
  const later = ((y: Tensor) => Promise.resolve(y)) as unknown as (y: Tensor) => Tensor;

  it.each<[string, () => unknown]>([
    ['vmap', () => vmap(later)(x)],
    ['vjp', () => vjp(later, x)],
    ['jvp', () => jvp(later, [x], [x])],
    ['jacrev', () => jacrev(later)(x)],
    ['jacfwd', () => jacfwd(later)(x)],
    ['hessian', () => hessian(later)(x)],
    ['checkpoint', () => checkpoint(later, x)],
    ['checkpoint without gradients', () => noGrad(() => checkpoint(later, x))],
    ['closureConvert', () => closureConvert(later, x)],
    ['cond', () => cond(tensor(true), later, later, x)],
    ['cond of a boolean', () => cond(false, later, later, x)],
    ['switchCase', () => switchCase(0, [later], x)],
    ['whileLoop', () => whileLoop((y) => y.lt(3), later, tensor(0))],
  ])('are refused by %s: what they give later would be missed', (_name, call) => {
    expect(call).toThrow(ChainruleError);
    expect(call).toThrow('promise');
    expect(isGradEnabled()).toBe(true);
  });

  it('are refused as arguments are', () => {
    const f = vmap((y: Tensor) => y.mul(2));
    expect(() => f(Promise.resolve(x) as never)).toThrow('holds a promise; await it outside');
  });
});

describe("a hook's result", () => {
  const hooked = (gradient: Tensor): (() => void) => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.registerHook(() => gradient);
    return () => {
      x.sum().backward();
    };
  };

  it('has the shape and the dtype of the gradient', () => {
    expect(hooked(ones([4]))).toThrow('registerHook: the gradient has shape [4], the tensor [2]');
    expect(hooked(ones([2, 1]))).toThrow(ShapeError);
    expect(hooked(ones([2]).cast('float64'))).toThrow(DTypeError);
    expect(hooked(ones([2]))).not.toThrow();
  });
});
