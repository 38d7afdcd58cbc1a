/** @file A recorded function uses what it captures as plain code does: with the value that it has. */
import { expect, test } from 'vitest';
import {
  compile,
  grad,
  manualSeed,
  noGrad,
  Parameter,
  randn,
  tensor,
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
