/** @file A recorded function uses captured tensors as it would without `compile`: with their current values. */
import { expect, test } from 'vitest';
import {
  checkpoint,
  compile,
  customGrad,
  grad,
  manualSeed,
  noGrad,
  Parameter,
  randn,
  scan,
  stack,
  tensor,
  vmap,
  type Tensor,
} from '../../../src/index.js';

const zero = tensor([0, 0]);

test.each<[string, (w: Parameter) => Tensor, readonly number[]]>([
  ['without grad', (w) => noGrad(() => w.mul(10)), [10, 20]],
  ['with grad, detached inside', (w) => w.mul(10), [10, 20]],
  ['of a detached value', (w) => w.mul(10).detach().add(1), [11, 21]],
])('an unevaluated value of parameters keeps it, %s', (_, make, value) => {
  const w = new Parameter(tensor([1, 2]));
  const old = make(w);
  const step = compile((x: Tensor) => {
    const y = x.add(old.detach());
    w.assign(w.add(1));
    return y;
  });
  expect([step(zero), step(zero), step(zero)].map((y) => y.toArray())).toEqual([
    value,
    value,
    value,
  ]);
  expect(old.toArray()).toEqual(value);
});

test('a ratio to old probabilities is that of plain code', () => {
  const run = (wrap: (f: () => Tensor) => () => Tensor): number[] => {
    const w = new Parameter(tensor([1, 2]));
    const before = noGrad(() => w.logSoftmax(0));
    const step = wrap(() => {
      w.grad = null;
      const ratio = w.logSoftmax(0).sub(before).exp();
      const loss = ratio.mul(tensor([1, -1])).sum();
      loss.backward();
      w.assign(noGrad(() => w.sub((w.grad as Tensor).mul(0.5))));
      return loss;
    });
    return [0, 1, 2, 3].map(() => step().item());
  };
  const plain = run((f) => f);
  expect(plain[0]).toBe(0);
  expect(plain[3]).not.toBe(0);
  run((f) => compile(f)).forEach((loss, i) => {
    expect(loss).toBeCloseTo(plain[i] as number, 6);
  });
});

test('unevaluated random numbers are drawn once', () => {
  manualSeed(0);
  const noise = randn([2]);
  const f = compile((x: Tensor) => x.add(noise));
  const first = f(zero).toArray();
  expect(f(zero).toArray()).toEqual(first);
  expect(noise.toArray()).toEqual(first);
});

test('derivatives through a captured graph stay', () => {
  const w = new Parameter(tensor([1, 2]));
  const [g] = grad(w.pow(3).sum(), [w], { createGraph: true });
  const product = compile((v: Tensor) => grad((g as Tensor).mul(v).sum(), [w])[0] as Tensor);
  expect(product(tensor([1, 1])).toArray()).toEqual([6, 12]);
  expect(product(tensor([2, 1])).toArray()).toEqual([12, 12]);
});

const cube = customGrad({
  name: 'cube',
  forward: (ctx, x: Tensor) => {
    ctx.save(x);
    return x.pow(3);
  },
  backward: (ctx, g) => g.mul((ctx.saved[0] as Tensor).square().mul(3)),
});

/** The gradient by `w` of what is captured times what is given. */
const of =
  (make: (w: Parameter) => Tensor) =>
  (w: Parameter): ((v: Tensor) => Tensor) => {
    const c = make(w);
    return (v) => grad(c.mul(v).sum(), [w], { retainGraph: true })[0];
  };

test.each<[string, (w: Parameter) => (v: Tensor) => Tensor]>([
  ['unevaluated', of((w) => w.pow(3))],
  ['several operations', of((w) => w.pow(3).exp())],
  ['two graphs', of((w) => w.pow(3).mul(w.exp()))],
  ['a gradient', of((w) => grad(w.pow(3).sum(), [w], { createGraph: true })[0])],
  ['customGrad', of(cube)],
  ['checkpoint', of((w) => checkpoint((x: Tensor) => x.pow(3), w))],
  ['a compiled function', of((w) => compile((x: Tensor) => x.pow(3))(w))],
  ['vmap', of((w) => vmap((x: Tensor) => x.pow(3))(w))],
  [
    'scan',
    of((w) => scan((c: Tensor, x: Tensor) => [c.mul(x), c], tensor([1, 1]), stack([w, w, w]))[0]),
  ],
  [
    'evaluated',
    of((w) => {
      const c = w.pow(3);
      c.dataSync();
      return c;
    }),
  ],
  [
    'beside what is read at each call',
    (w) => {
      const c = w.pow(3);
      return (v) => grad(c.mul(v).mul(w).sum(), [w], { retainGraph: true })[0];
    },
  ],
  [
    'twice',
    (w) => {
      const c = w.pow(4);
      return (v) => {
        const [g] = grad(c.mul(w).sum(), [w], { createGraph: true });
        return grad(g.mul(v).sum(), [w], { retainGraph: true })[0];
      };
    },
  ],
  [
    'backward, with a hook that reads the parameter',
    (w) => {
      const c = w.pow(3);
      c.registerHook((g) => g.mul(w));
      return (v) => {
        w.grad = null;
        c.mul(v).sum().backward(undefined, { retainGraph: true });
        return (w.grad as Tensor | null)?.add(0) ?? v;
      };
    },
  ],
])('a derivative through what is captured is that of its value: %s', (_, make) => {
  const run = (wrap: (f: (v: Tensor) => Tensor) => (v: Tensor) => Tensor): unknown[] => {
    const w = new Parameter(tensor([1, 2]));
    const f = wrap(make(w));
    return [1, 2, 3, 4, 5].map((k) => {
      const found = f(tensor([k, 1])).toArray();
      w.assign(w.add(1));
      w.dataSync();
      return found;
    });
  };
  expect(run((f) => compile(f))).toEqual(run((f) => f));
});
