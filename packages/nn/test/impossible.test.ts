/** @file What cannot happen, and what may attend to nothing: probabilities of 0, values outside of a support, padded rows. */
import { compile, grad, jvp, randn, tensor, vmap, type Tensor } from '@chainrule/autograd';
import { describe, expect, test } from 'vitest';
import { functional as F, MultiheadAttention } from '../src/index.js';
import * as D from '../src/distributions/index.js';

const f64 = (data: number | readonly number[]): Tensor => tensor(data, { dtype: 'float64' });
const row = (data: readonly number[]): Tensor => f64(data).reshape(1, data.length);
const numbers = (t: Tensor): number[] => Array.from(t.dataSync(), Number);

describe('klDiv where the target is impossible', () => {
  const sum = { reduction: 'sum' } as const;

  test('is 0 whatever the input, with its gradients', () => {
    const input = f64([-Infinity, -2]);
    for (const [target, options] of [
      [f64([0, 1]), sum],
      [f64([-Infinity, 0]), { ...sum, logTarget: true }],
    ] as const) {
      const loss = (x: Tensor, t: Tensor): Tensor => F.klDiv(x, t, options);
      expect(loss(input, target).item()).toBe(2);
      expect(compile(loss)(input, target).item()).toBe(2);
      for (const g of [grad(loss), compile(grad(loss))]) {
        expect(numbers(g(input, target)).map((v) => v + 0)).toEqual([0, -1]);
      }
      expect(jvp((x: Tensor) => loss(x, target), [input], [f64([1, 1])])[1].item()).toBe(-1);
      expect(numbers(grad(loss, 1)(f64([-1, -2]), target))[1]).toBe(3);
    }
  });
});

test('crossEntropy with probabilities takes no account of impossible classes', () => {
  const target = row([0.25, 0, 0.75]);
  const loss = (x: Tensor, t: Tensor): Tensor => F.crossEntropy(x, t);
  const masked = row([1, -Infinity, 2]);
  const [without, rest] = [row([1, 2]), row([0.25, 0.75])];
  const owed = loss(without, rest).item();
  const slope = numbers(grad(loss)(without, rest));
  for (const f of [loss, compile(loss)]) {
    expect(f(masked, target).item()).toBeCloseTo(owed, 14);
    const g = numbers(grad(f)(masked, target));
    expect(g[0]).toBeCloseTo(slope[0] as number, 14);
    expect(g[1]).toBeCloseTo(0, 14);
    expect(g[2]).toBeCloseTo(slope[1] as number, 14);
  }
  // The slope in a probability of 0 is minus the logarithm as long as that is finite.
  const t = numbers(grad(loss, 1)(row([0, 0]), row([0, 1])));
  expect(t).toEqual([Math.LN2, Math.LN2]);
  expect(loss(masked, row([0.25, 0.25, 0.5])).item()).toBe(Infinity);
});

describe('densities at an end of their support', () => {
  test('have the derivative of their formula where the exponent is 0', () => {
    const rate = grad((r: Tensor) => new D.Poisson(r).logProb(f64(0)));
    expect(rate(f64(0)).item()).toBe(-1);
    const value = grad((x: Tensor) => new D.Gamma(f64(1), f64(2)).logProb(x));
    expect(value(f64(0)).item()).toBe(-2);
  });
});

describe('cdf outside of the support', () => {
  const cases: readonly [string, () => D.Distribution, number[], number[]][] = [
    ['Exponential', () => new D.Exponential(f64(2)), [-1, -1e-300], [1e300]],
    ['Gamma', () => new D.Gamma(f64(0.01), f64(2)), [-1, -1e-300], [1e300]],
    ['HalfNormal', () => new D.HalfNormal(f64(2)), [-1, -1e-300], [1e300]],
    ['LogNormal', () => new D.LogNormal(f64(0), f64(1)), [-1, 0], [Infinity]],
    ['Uniform', () => new D.Uniform(f64(1), f64(2)), [0, 0.5], [3]],
    [
      'a mixture',
      () =>
        new D.MixtureSameFamily(new D.Categorical(f64([0.5, 0.5])), new D.Exponential(f64([1, 2]))),
      [-1],
      [1e300],
    ],
  ];
  for (const [name, make, below, above] of cases) {
    test(`${name}: 0 below and 1 above, without a slope`, () => {
      const cdf = (x: Tensor): Tensor => make().cdf(x);
      const x = f64([...below, ...above]);
      const owed = [...below.map(() => 0), ...above.map(() => 1)];
      for (const f of [cdf, compile(cdf), vmap(cdf)]) expect(numbers(f(x))).toEqual(owed);
      const slope = grad((x: Tensor) => cdf(x).sum());
      expect(numbers(slope(f64(below)))).toEqual(below.map(() => 0));
      expect(
        make()
          .cdf(below[0] as number)
          .item(),
      ).toBe(0);
    });
  }

  test('values inside are as before, and NaN is refused', () => {
    expect(new D.Exponential(f64(2)).cdf(1).item()).toBeCloseTo(1 - Math.exp(-2), 15);
    expect(new D.LogNormal(f64(0), f64(1)).cdf(1).item()).toBeCloseTo(0.5, 15);
    expect(() => new D.Exponential(2).cdf(NaN)).toThrow(/real number/);
  });
});

describe('MultiheadAttention with rows that may attend to nothing', () => {
  const bool = (rows: (boolean | number)[][]): Tensor => tensor(rows, { dtype: 'bool' });

  for (const [what, batch, mask] of [
    [
      'a sequence of padding alone',
      2,
      {
        keyPaddingMask: bool([
          [0, 0, 0],
          [1, 1, 1],
        ]),
      },
    ],
    [
      'a window over padding',
      1,
      {
        keyPaddingMask: bool([[0, 1, 1]]),
        attnMask: bool([
          [0, 1, 1],
          [0, 0, 1],
          [1, 1, 0],
        ]),
      },
    ],
  ] as const) {
    test(`${what} has weights of 0, and leaves gradients finite`, () => {
      const attention = new MultiheadAttention(4, 2, { batchFirst: true });
      const x = randn([batch, 3, 4]);
      const [output, weights] = attention.forward(x, x, x, mask);
      const [plain] = attention.forward(x, x, x, { ...mask, needWeights: false });
      const row = numbers(weights as Tensor).slice(-3);
      expect(row).toEqual([0, 0, 0]);
      numbers(output).forEach((v, i) => expect(v).toBeCloseTo(numbers(plain)[i] as number, 5));
      // The rows that count are in the loss, the others are not.
      output.select(0, 0).select(0, 0).sum().backward();
      for (const p of attention.parameters()) {
        expect(numbers(p.grad as Tensor).every(Number.isFinite)).toBe(true);
      }
    });
  }
});
