/** @file Divergences between distributions of different classes. */
import { digamma, erf, lgamma, xlogy, type Tensor, where } from '@chainrule/autograd';
import { Beta } from '../dirichlet.js';
import { Gamma } from '../gamma.js';
import type { KlPair } from './klDivergence.js';
import { EULER, infinite, pair } from './klPair.js';
import { Gumbel, Laplace } from '../locationScale.js';
import { Normal } from '../normal.js';
import { Poisson } from '../poisson.js';
import { Bernoulli, Binomial } from '../trials.js';
import { Exponential, Uniform } from '../uniform.js';

const TAU = 2 * Math.PI;

/** The mean of `(x − loc)²` under p, from its mean and variance, in units of q's variance. */
function spread(q: Normal, mean: Tensor, variance: Tensor): Tensor {
  return mean.sub(q.loc).square().add(variance).div(q.variance);
}

/** `−E[ln q]` of a normal distribution. */
function againstNormal(q: Normal, mean: Tensor, variance: Tensor): Tensor {
  return spread(q, mean, variance).add(q.variance.mul(TAU).log()).mul(0.5);
}

/** `−E[ln q]` of a gamma distribution, from the means of x and ln x. */
function againstGamma(q: Gamma, mean: Tensor, meanLog: Tensor): Tensor {
  const { concentration: a, rate } = q;
  return lgamma(a).sub(a.mul(rate.log())).sub(a.sub(1).mul(meanLog)).add(rate.mul(mean));
}

const meanLogOfBeta = (p: Beta): Tensor =>
  digamma(p.concentration1).sub(digamma(p.concentration1.add(p.concentration0)));

/** The mean of ln x over [low, high]. */
const meanLogOfUniform = (low: Tensor, high: Tensor): Tensor =>
  xlogy(high, high).sub(xlogy(low, low)).div(high.sub(low)).sub(1);

export const crossPairs: readonly KlPair[] = [
  pair(Bernoulli, Poisson, (p, q) => p.entropy().neg().sub(p.probs.mul(q.rate.log()).sub(q.rate))),
  pair(Beta, Exponential, (p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean))),
  pair(Beta, Gamma, (p, q) => againstGamma(q, p.mean, meanLogOfBeta(p)).sub(p.entropy())),
  pair(Beta, Normal, (p, q) => againstNormal(q, p.mean, p.variance).sub(p.entropy())),
  pair(Beta, Uniform, (p, q) =>
    where(q.low.gt(0).logicalOr(q.high.lt(1)), Infinity, q.high.sub(q.low).log().sub(p.entropy())),
  ),
  pair(Exponential, Beta, infinite),
  pair(Exponential, Uniform, infinite),
  pair(Exponential, Gamma, (p, q) => {
    const ratio = q.rate.div(p.rate);
    const a = q.concentration;
    return ratio
      .sub(a.mul(ratio.log()))
      .add(lgamma(a))
      .add(a.mul(EULER))
      .sub(1 + EULER);
  }),
  pair(Exponential, Gumbel, (p, q) => {
    const product = p.rate.mul(q.scale);
    const place = q.loc.div(q.scale);
    return product
      .log()
      .sub(1)
      .sub(place)
      .add(place.exp().mul(product).div(product.add(1)))
      .add(product.reciprocal());
  }),
  pair(Exponential, Normal, (p, q) => againstNormal(q, p.mean, p.variance).sub(p.entropy())),
  pair(Gamma, Beta, infinite),
  pair(Gamma, Uniform, infinite),
  pair(Gamma, Exponential, (p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean))),
  pair(Gamma, Gumbel, (p, q) => {
    const product = p.rate.mul(q.scale);
    const place = q.loc.div(q.scale);
    const a = p.concentration;
    return a
      .sub(1)
      .mul(digamma(a))
      .sub(lgamma(a))
      .sub(a)
      .add(product.log())
      .add(a.div(product))
      .add(place.exp().mul(product.reciprocal().add(1).pow(a.neg())))
      .sub(place);
  }),
  pair(Gamma, Normal, (p, q) => againstNormal(q, p.mean, p.variance).sub(p.entropy())),
  pair(Gumbel, Beta, infinite),
  pair(Gumbel, Exponential, infinite),
  pair(Gumbel, Gamma, infinite),
  pair(Gumbel, Uniform, infinite),
  pair(Gumbel, Normal, (p, q) => againstNormal(q, p.mean, p.variance).sub(p.entropy())),
  pair(Laplace, Beta, infinite),
  pair(Laplace, Exponential, infinite),
  pair(Laplace, Gamma, infinite),
  pair(Laplace, Uniform, infinite),
  pair(Laplace, Normal, (p, q) => againstNormal(q, p.mean, p.variance).sub(p.entropy())),
  pair(Normal, Beta, infinite),
  pair(Normal, Exponential, infinite),
  pair(Normal, Gamma, infinite),
  pair(Normal, Uniform, infinite),
  pair(Normal, Gumbel, (p, q) => {
    const [own, other] = [p.loc.div(q.scale), q.loc.div(q.scale)];
    const ratio = p.scale.div(q.scale).square();
    return own
      .sub(other)
      .sub(ratio.log().mul(0.5))
      .add(other.sub(own).add(ratio.mul(0.5)).exp())
      .sub(0.5 * (1 + Math.log(TAU)));
  }),
  pair(Normal, Laplace, (p, q) => {
    const apart = p.loc.sub(q.loc);
    const z = apart.div(p.scale);
    const near = p.scale.mul(z.square().mul(-0.5).exp()).mul(Math.sqrt(2 / Math.PI));
    const far = apart.mul(erf(z.mul(Math.SQRT1_2)));
    return near
      .add(far)
      .div(q.scale)
      .sub(p.scale.div(q.scale).log())
      .sub(0.5 * (1 + Math.log(Math.PI / 2)));
  }),
  pair(Poisson, Bernoulli, infinite),
  pair(Poisson, Binomial, infinite),
  pair(Uniform, Beta, (p, q) => {
    const [a, b] = [q.concentration1, q.concentration0];
    const one = (x: Tensor): Tensor => x.neg().add(1);
    const logs = a
      .sub(1)
      .mul(meanLogOfUniform(p.low, p.high))
      .add(b.sub(1).mul(meanLogOfUniform(one(p.high), one(p.low))));
    const norm = lgamma(a)
      .add(lgamma(b))
      .sub(lgamma(a.add(b)));
    const outside = p.high.gt(1).logicalOr(p.low.lt(0));
    return where(outside, Infinity, norm.sub(logs).sub(p.entropy()));
  }),
  pair(Uniform, Exponential, (p, q) =>
    where(p.low.lt(0), Infinity, q.rate.mul(p.mean).sub(q.rate.log()).sub(p.entropy())),
  ),
  pair(Uniform, Gamma, (p, q) =>
    where(
      p.low.lt(0),
      Infinity,
      againstGamma(q, p.mean, meanLogOfUniform(p.low, p.high)).sub(p.entropy()),
    ),
  ),
  pair(Uniform, Gumbel, (p, q) => {
    const width = p.high.sub(p.low);
    const [high, low] = [p.high.sub(q.loc).div(q.scale), p.low.sub(q.loc).div(q.scale)];
    const inverse = q.scale.div(width);
    return inverse
      .log()
      .add(high.add(low).mul(0.5))
      .sub(inverse.mul(high.neg().exp().sub(low.neg().exp())));
  }),
  pair(Uniform, Normal, (p, q) => againstNormal(q, p.mean, p.variance).sub(p.entropy())),
];
