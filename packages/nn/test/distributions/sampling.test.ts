/** @file Samples of distributions: moments, gradients, seeds, compile and vmap; and invalid parameters. */
import * as A from '@chainrule/autograd';
import {
  ChainruleError,
  compile,
  grad,
  manualSeed,
  tensor,
  vmap,
  type Tensor,
} from '@chainrule/autograd';
import * as D from '@chainrule/nn/distributions';
import { describe, expect, it } from 'vitest';

const N = 40_000;
const all: [string, D.Distribution][] = [
  ['Normal', new D.Normal(1.5, 0.7)],
  ['LogNormal', new D.LogNormal(0.2, 0.3)],
  ['HalfNormal', new D.HalfNormal(1.5)],
  ['Laplace', new D.Laplace(0.5, 1.2)],
  ['Gumbel', new D.Gumbel(0.3, 0.8)],
  ['Uniform', new D.Uniform(-1, 3)],
  ['Exponential', new D.Exponential(2)],
  ['Gamma', new D.Gamma(2, 3)],
  ['Gamma, small', new D.Gamma(0.2, 1)],
  ['Beta', new D.Beta(2, 3)],
  ['Dirichlet', new D.Dirichlet(tensor([0.3, 1, 4]))],
  ['StudentT', new D.StudentT(7, { loc: 1, scale: 2 })],
  ['Bernoulli', new D.Bernoulli({ probs: 0.3 })],
  ['Binomial', new D.Binomial(20, { probs: 0.35 })],
  ['Binomial, many', new D.Binomial(500, { logits: 1 })],
  ['Geometric', new D.Geometric(0.4)],
  ['Poisson', new D.Poisson(2.2)],
  ['Poisson, large', new D.Poisson(55)],
  ['OneHotCategorical', new D.OneHotCategorical({ probs: tensor([0.1, 0.2, 0.7]) })],
  [
    'MultivariateNormal',
    new D.MultivariateNormal(tensor([1, -1]), {
      covarianceMatrix: tensor([
        [2, 0.6],
        [0.6, 1],
      ]),
    }),
  ],
  [
    'MixtureSameFamily',
    new D.MixtureSameFamily(
      new D.Categorical({ probs: tensor([0.3, 0.7]) }),
      new D.Normal(tensor([-1, 2]), tensor([0.5, 1])),
    ),
  ],
  ['Independent', new D.Independent(new D.Normal(tensor([1, 2]), 1), 1)],
];

describe('samples', () => {
  it.each(all)('of %s have its moments', (_, d) => {
    manualSeed(11);
    const x = d.sample([N]);
    expect(x.shape).toEqual([N, ...d.batchShape, ...d.eventShape]);
    expect(x.requiresGrad).toBe(false);
    const [mean, variance] = [d.mean.dataSync(), d.variance.dataSync()];
    const [m, v] = [x.mean(0).dataSync(), x.cast('float64').var(0).dataSync()];
    mean.forEach((e, i) => {
      const deviation = Math.sqrt(variance[i] as number);
      expect(Math.abs((m[i] as number) - e)).toBeLessThan((5 * deviation) / Math.sqrt(N));
      expect(Math.abs(Math.sqrt(v[i] as number) / deviation - 1)).toBeLessThan(0.04);
    });
    // The mean of −ln p is the entropy, where it is known.
    let entropy: Tensor;
    try {
      entropy = d.entropy();
    } catch (error) {
      expect(error).toBeInstanceOf(ChainruleError);
      return;
    }
    const estimate = d.logProb(x).neg().mean(0).dataSync();
    entropy.dataSync().forEach((e, i) => {
      expect(Math.abs((estimate[i] as number) - e)).toBeLessThan(0.05);
    });
  });

  it('of classes come as often as they are likely, and never where they are impossible', () => {
    manualSeed(3);
    const d = new D.Categorical({ probs: tensor([0, 1, 3]) });
    const x = d.sample([N]);
    expect(x.dtype).toBe('int32');
    const share = (k: number): number => x.eq(k).cast('float64').mean().item();
    expect(share(0)).toBe(0);
    expect(Math.abs(share(2) - 0.75)).toBeLessThan(0.01);
  });

  it('have the gradients of expectations', () => {
    const check = (
      make: (p: Tensor) => D.Distribution,
      at: number,
      f: (x: Tensor) => Tensor,
      expected: number,
      tolerance: number,
    ): void => {
      manualSeed(4);
      const p = A.full([N], at, { dtype: 'float64', requiresGrad: true });
      const x = make(p).rsample();
      const [g] = grad([f(x).sum()], [p]) as [Tensor];
      expect(Math.abs(g.mean().item() - expected)).toBeLessThan(tolerance);
    };
    const id = (x: Tensor): Tensor => x;
    check(
      (p) => new D.Normal(0, p),
      1.3,
      (x) => x.square(),
      2.6,
      0.1,
    );
    check((p) => new D.Gamma(p, 2), 3, id, 0.5, 0.01);
    check(
      (p) => new D.Gamma(p, 1),
      0.3,
      (x) => x.square(),
      1.6,
      0.1,
    );
    check((p) => new D.Gamma(3, p), 2, id, -0.75, 0.02);
    check((p) => new D.Beta(p, 3), 2, id, 3 / 25, 0.005);
    check((p) => new D.Beta(2, p), 3, id, -2 / 25, 0.005);
    check((p) => new D.Exponential(p), 2, id, -0.25, 0.01);
    check(
      (p) => new D.StudentT(p),
      9,
      (x) => x.square(),
      -2 / 49,
      0.02,
    );
    check(
      (p) => new D.Dirichlet(A.stack([p, A.ones([N], { dtype: 'float64' })], -1)),
      0.5,
      (x) => x.select(-1, 0),
      1 / 2.25,
      0.02,
    );
  });

  it.each(['float32', 'float64'] as const)(
    'Student of few degrees reaches as far as it should in %s',
    (dtype) => {
      manualSeed(5);
      // P(|t| > 1, 10³, 10¹⁰, 10³⁰), from the incomplete beta function in mpmath.
      const far = [1, 1e3, 1e10, 1e30];
      for (const [df, tail] of [
        [0.02, [0.94845467, 0.82615229, 0.59849443, 0.23826492]],
        [0.1, [0.83265648, 0.41837137, 0.083476063, 0.00083476063]],
        [1, [0.5, 0.00063661977, 0, 0]],
      ] as const) {
        const t = new D.StudentT(A.full([N], df, { dtype })).sample().abs();
        expect(t.isNan().any().item()).toBe(0);
        tail.forEach((expected, i) => {
          const share = t
            .gt(far.at(i) as number)
            .cast('float64')
            .mean()
            .item();
          expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected + 1e-4) / N));
        });
        if (dtype === 'float64' && df > 0.05) expect(t.isFinite().all().item()).toBe(1);
      }
      expect(new D.StudentT(A.full([N], Infinity, { dtype })).sample().isFinite().all().item()).toBe(1); // prettier-ignore
    },
  );

  it.each(['float32', 'float64'] as const)('of small parameters have a density in %s', (dtype) => {
    manualSeed(6);
    for (const small of [1e-3, 0.01, 0.2]) {
      const a = A.full([N], small, { dtype, requiresGrad: true });
      for (const d of [
        new D.Gamma(a, 1),
        new D.Beta(a, a),
        new D.Dirichlet(A.stack([a, a, a.mul(2)], -1)),
      ]) {
        const x = d.rsample();
        expect(d.logProb(x.detach()).isFinite().all().item()).toBe(1);
        const [g] = grad([x.sum()], [a]) as [Tensor];
        expect(g.isFinite().all().item()).toBe(1);
      }
    }
  });

  it('repeat with the seed, compiled as well, and share their numbers in vmap', () => {
    const draw = (a: Tensor): Tensor[] => [
      new D.Gamma(a, 1).rsample([3]),
      new D.Normal(a, 1).sample([3]),
      new D.Poisson(a).sample(),
    ];
    const a = tensor([0.5, 2, 40]);
    const twice = [0, 1].map(() => {
      manualSeed(8);
      return draw(a).map((x) => [...x.dataSync()]);
    });
    expect(twice[0]).toEqual(twice[1]);
    const compiled = compile(draw);
    manualSeed(8);
    expect(compiled(a).map((x) => [...x.dataSync()])).toEqual(twice[0]);
    // The recorded function goes on with the stream.
    const again = compiled(a).map((x) => [...x.dataSync()]);
    expect(again).not.toEqual(twice[0]);
    manualSeed(8);
    const one = new D.Gamma(2, 1).sample([4]).dataSync();
    manualSeed(8);
    const many = vmap((p: Tensor) => new D.Gamma(p, 1).sample([4]))(A.full([3], 2));
    for (let i = 0; i < 3; i++) expect([...many.select(0, i).dataSync()]).toEqual([...one]);
  });

  it('of vanishing concentrations are still a point of the simplex', () => {
    manualSeed(1);
    const x = new D.Dirichlet(A.full([4], 1e-3)).sample([50]);
    for (const s of x.sum(-1).dataSync()) expect(Math.abs(s - 1)).toBeLessThan(1e-5);
  });
});

describe('angles', () => {
  it('have the density, variance and derivatives of the Bessel functions', () => {
    // ln I₀(2.5) and I₁(2.5) / I₀(2.5) by multiple precision.
    const [logI0, ratio] = [1.190838671196028, 0.7649967475888099];
    const k = tensor(Float64Array.of(2.5), { requiresGrad: true });
    const d = new D.VonMises(tensor(Float64Array.of(0.5)), k);
    const p = d.logProb(tensor(Float64Array.of(1.2)));
    const expected = 2.5 * Math.cos(0.7) - Math.log(2 * Math.PI) - logI0;
    expect(Math.abs(p.item() - expected)).toBeLessThan(1e-14);
    expect(Math.abs(d.variance.item() - (1 - ratio))).toBeLessThan(1e-14);
    const [g] = grad([p.sum()], [k]) as [Tensor];
    expect(Math.abs(g.item() - (Math.cos(0.7) - ratio))).toBeLessThan(1e-14);
    manualSeed(2);
    const x = new D.VonMises(3, 2.5).sample([N]);
    expect(x.abs().max().item()).toBeLessThanOrEqual(3.1415928);
    expect(Math.abs(x.sub(3).cos().mean().item() - ratio)).toBeLessThan(0.01);
  });

  it('the distribution function of Gamma is what samples follow', () => {
    manualSeed(9);
    const d = new D.Gamma(2.5, 3);
    const u = d.cdf(d.sample([N]));
    expect(Math.abs(u.mean().item() - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(u.var().item() - 1 / 12)).toBeLessThan(0.002);
  });
});

describe('parameters and values', () => {
  it.each<[() => unknown, RegExp]>([
    [() => new D.Normal(0, -1), /^Normal: scale must be positive, got -1$/],
    [
      () => new D.Normal(0, tensor([1, 0])),
      /^Normal: scale must be positive, got 0 at position 1$/,
    ],
    [() => new D.Normal(NaN, 1), /loc must be a real number, got NaN/],
    [() => new D.Normal(0, undefined as never), /Normal: scale must be given/],
    [() => new D.Normal({ loc: 0, scal: 1 } as never), /did you mean scale/],
    [() => new D.Bernoulli({ probs: 1.5 }), /probs must be in \[0, 1\], got 1.5/],
    [() => new D.Bernoulli({ probs: 0.5, logits: 0 } as never), /exactly one of probs, logits/],
    [() => new D.Bernoulli({} as never), /exactly one of probs, logits/],
    [() => new D.Binomial(2.5, { probs: 0.5 }), /totalCount must be a whole number/],
    [() => new D.Categorical({ probs: tensor([-1, 2]) }), /probs must hold numbers of at least 0/],
    [() => new D.Categorical({ probs: tensor(1) }), /at least 1 dimension/],
    [() => new D.Geometric(0), /\(0, 1\]/],
    [() => new D.Uniform(2, 1), /low must be less than high, got 2 and 1/],
    [() => new D.Dirichlet(tensor([1, 0])), /positive numbers/],
    [() => new D.Normal(A.zeros([2]), A.ones([3])), /\[2\] and \[3\] do not broadcast/],
    [
      () =>
        new D.MultivariateNormal(A.zeros([2]), {
          covarianceMatrix: tensor([
            [1, 1],
            [1, 1],
          ]),
        }),
      /symmetric and positive definite/,
    ],
    [() => new D.MultivariateNormal(A.zeros([2]), { scaleTril: A.eye(3) }), /\[…, 2, 2\]/],
    [() => new D.Independent(new D.Normal(0, 1), 1), /reinterpretedBatchNdims must/],
    [
      () => new D.MixtureSameFamily(new D.Categorical({ probs: A.ones([2]) }), new D.Normal(0, 1)),
      /2 components/,
    ],
    [() => new D.TransformedDistribution(new D.Normal(0, 1), 3 as never), /transforms must/],
    [
      () => new D.Exponential(1).logProb(-1),
      /^Exponential.logProb: the value must be at least 0, got -1/,
    ],
    [() => new D.Poisson(1).logProb(1.5), /whole number/],
    [
      () => new D.Categorical({ probs: A.ones([3]) }).logProb(tensor([3], { dtype: 'int32' })),
      /from 0 to 2, got 3/,
    ],
    [() => new D.Dirichlet(A.ones([2])).logProb(tensor([0.5, 0.6])), /sum to 1/],
    [() => new D.Dirichlet(A.ones([2])).logProb(A.ones([3])), /must end in \[2\]/],
    [() => new D.Poisson(1).rsample(), /Poisson has no rsample/],
    [() => new D.Poisson(1).entropy(), /Poisson has no entropy/],
    [() => new D.Normal(0, 1).sample(3 as never), /shape must/],
    [() => D.klDivergence(new D.Cauchy(0, 1), new D.Normal(0, 1)), /Cauchy and Normal/],
  ])('that cannot be are refused: %#', (f, message) => {
    expect(f).toThrow(ChainruleError);
    expect(f).toThrow(message);
  });

  it('are checked when evaluated, at once when asked, or not at all', () => {
    const scale = A.ones([2]).sub(3);
    const lazy = new D.Normal(0, scale);
    expect(() => lazy.logProb(0).dataSync()).toThrow(
      /^Normal: scale must be above 0, but element 0 is -2/,
    );
    expect(() => new D.Beta(1, 2).logProb(A.ones([1]).add(1)).item()).toThrow(/Beta.logProb/);
    expect(() => new D.Normal(0, scale, { validateArgs: true })).toThrow(
      /must be positive, got -2/,
    );
    expect(new D.Normal(0, -1, { validateArgs: false }).logProb(0).item()).toBeNaN();
  });

  it('are differentiated to second order', () => {
    const f = (x: Tensor): Tensor =>
      new D.StudentT(x.exp(), { loc: x, scale: 2 })
        .logProb(0.3)
        .add(new D.Beta(x.exp(), 2).entropy());
    A.gradcheck(f, [tensor(Float64Array.of(0.4), { shape: [] })]);
    A.gradgradcheck(f, [tensor(Float64Array.of(0.4), { shape: [] })]);
  });
});
