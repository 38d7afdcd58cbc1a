/** @file `Distribution.expand`: samples, composed distributions and errors; values and gradients are in `distributions.test.ts`. */
import { grad, ones, ShapeError, tensor, zeros } from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import {
  Beta,
  Categorical,
  Dirichlet,
  type Distribution,
  Independent,
  klDivergence,
  LogNormal,
  MixtureSameFamily,
  MultivariateNormal,
  Normal,
  OneHotCategorical,
  StudentT,
  TransformedDistribution,
  Uniform,
  VonMises,
  AffineTransform,
  Bernoulli,
  Binomial,
  Cauchy,
  Exponential,
  Gamma,
  Geometric,
  Gumbel,
  HalfNormal,
  Laplace,
  Poisson,
} from '@chainrule/nn/distributions';

const three = tensor([0.5, 1, 2]);
const probs = tensor([0.2, 0.5, 0.9]);
const classes = tensor([
  [0.2, 0.3, 0.5],
  [0.1, 0.1, 0.8],
]);

/** Batches of three, of two, of one and of none. */
const all: readonly Distribution[] = [
  new Bernoulli(probs),
  new Beta(three, 2),
  new Binomial(5, { probs }),
  new Categorical(classes),
  new Cauchy(0, three),
  new Dirichlet(classes),
  new Exponential(1),
  new Gamma(three, 1),
  new Geometric(probs),
  new Gumbel(0, tensor([1])),
  new HalfNormal(three),
  new Independent(new Normal(zeros([2, 3]), three), 1),
  new Laplace(three, 1),
  new LogNormal(0, three),
  new MixtureSameFamily(new Categorical(classes), new Normal(zeros([2, 3]), three)),
  new MixtureSameFamily(new Categorical(ones([3])), new Normal(zeros([2, 3]), three)),
  new MultivariateNormal(zeros([2]), {
    scaleTril: tensor([
      [1, 0],
      [0.5, 2],
    ]),
  }),
  new Normal(0, 1),
  new OneHotCategorical(classes),
  new Poisson(three),
  new StudentT(5, three),
  new TransformedDistribution(new Normal(three, 1), new AffineTransform(1, 2)),
  new Uniform(0, three),
  new VonMises(0, three),
];

describe('Distribution.expand', () => {
  it.each(all.map((p): [string, Distribution] => [String(p), p]))('%s', (_, p) => {
    const batch = [4, ...p.batchShape.map((n) => (n === 1 ? 5 : n))];
    const q = p.expand(batch);
    expect(q.constructor).toBe(p.constructor);
    expect(q.batchShape).toEqual(batch);
    expect(q.eventShape).toEqual(p.eventShape);
    const shape = [2, ...batch, ...p.eventShape];
    const x = q.sample([2]);
    expect(x.shape).toEqual(shape);
    expect(q.logProb(x).shape).toEqual([2, ...batch]);
    // The density is that of each place.
    expect([...q.logProb(x).dataSync()]).toEqual([...p.logProb(x).dataSync()]);
    if (q.hasRsample) expect(q.rsample([2]).shape).toEqual(shape);
    // The first stays as it was.
    expect(p.sample().shape).toEqual([...p.batchShape, ...p.eventShape]);
  });

  it('draws each place of the batch for itself', () => {
    const drawn = new Set(new Normal(0, 1).expand([50]).sample().dataSync());
    expect(drawn.size).toBe(50);
    const sides = new Bernoulli(0.5).expand([200]).sample().dataSync();
    expect(new Set(sides).size).toBe(2);
  });

  it('passes gradients on to the parameters', () => {
    const loc = tensor([1, 2], { requiresGrad: true });
    const x = new Independent(new Normal(loc, 1).expand([3, 2]), 1).rsample();
    const [g] = grad([x.sum()], [loc]);
    expect([...(g?.dataSync() ?? [])]).toEqual([3, 3]);
  });

  it('has divergences', () => {
    const [p, q] = [new Normal(0, 1).expand([2]), new Normal(1, 2)];
    expect([...klDivergence(p, q).dataSync()]).toEqual(
      Array<number>(2).fill(klDivergence(new Normal(0, 1), q).item()),
    );
  });

  it('refuses shapes that the batch does not broadcast to', () => {
    const p = new Normal(three, 1);
    for (const shape of [[], [2], [3, 1], [0]]) expect(() => p.expand(shape)).toThrow(ShapeError);
    expect(() => p.expand([2])).toThrow(
      'Normal.expand: a batch of shape [3] does not expand to [2]',
    );
    expect(() => p.expand([-1, 3])).toThrow('Normal.expand');
    expect(new Normal(0, 1).expand([0]).sample().shape).toEqual([0]);
    expect(p.expand([3]).batchShape).toEqual([3]);
  });
});
