/** @file Divergences between distributions of the same class. */
import {
  diagonal,
  digamma,
  lgamma,
  linalg,
  log1p,
  softplus,
  type Tensor,
  where,
} from '@chainrule/autograd';
import { broadcast } from '../../broadcast.js';
import { Categorical, OneHotCategorical } from '../categorical.js';
import { Beta, Dirichlet } from '../dirichlet.js';
import { Gamma } from '../gamma.js';
import type { KlPair } from './klDivergence.js';
import { EULER, pair } from './klPair.js';
import { Cauchy, Gumbel, Laplace } from '../locationScale.js';
import { MultivariateNormal, squaredLength } from '../multivariateNormal.js';
import { HalfNormal, Normal } from '../normal.js';
import { to } from '../parameters.js';
import { Poisson } from '../poisson.js';
import { Bernoulli, Binomial, Geometric } from '../trials.js';
import { Exponential, Uniform } from '../uniform.js';

const smooth = (x: Tensor): Tensor => softplus(x, { threshold: Infinity });
const oneMinus = (x: Tensor): Tensor => x.neg().add(1);

/** `(r² + d² − 1 − ln r²) / 2` with r the ratio of the scales and d the distance in units of q's scale. */
function normal(p: Normal | { loc: Tensor; scale: Tensor }, q: typeof p): Tensor {
  const ratio = p.scale.div(q.scale).square();
  const distance = p.loc.sub(q.loc).div(q.scale).square();
  return ratio.add(distance).sub(1).sub(ratio.log()).mul(0.5);
}

function categorical(p: Categorical | OneHotCategorical, q: typeof p): Tensor {
  const terms = p.probs.mul(p.logits.sub(q.logits));
  const bounded = where(p.probs.eq(0), 0, where(q.probs.eq(0), Infinity, terms));
  return bounded.sum(-1);
}

export const samePairs: readonly KlPair[] = [
  pair(Normal, Normal, normal),
  pair(HalfNormal, HalfNormal, (p, q) => {
    const ratio = p.scale.div(q.scale).square();
    return ratio.sub(1).sub(ratio.log()).mul(0.5);
  }),
  pair(Bernoulli, Bernoulli, (p, q) => {
    const successTerm = p.probs.mul(smooth(q.logits.neg()).sub(smooth(p.logits.neg())));
    const failureTerm = oneMinus(p.probs).mul(smooth(q.logits).sub(smooth(p.logits)));
    const bounded = where(p.probs.eq(0), 0, where(q.probs.eq(0), Infinity, successTerm));
    return bounded.add(where(p.probs.eq(1), 0, where(q.probs.eq(1), Infinity, failureTerm)));
  }),
  pair(Binomial, Binomial, (p, q) => {
    const each = p.probs
      .mul(p.logits.sub(q.logits))
      .add(log1p(p.probs.neg()))
      .sub(log1p(q.probs.neg()));
    // With more trials, p has counts that q does not have; with fewer there is no closed form.
    const more = p.totalCount.gt(q.totalCount);
    const fewer = p.totalCount.lt(q.totalCount);
    return where(more, Infinity, where(fewer, NaN, p.totalCount.mul(each)));
  }),
  pair(Categorical, Categorical, categorical),
  pair(OneHotCategorical, OneHotCategorical, categorical),
  pair(Geometric, Geometric, (p, q) =>
    p.entropy().neg().sub(log1p(q.probs.neg()).div(p.probs)).sub(q.logits),
  ),
  pair(Poisson, Poisson, (p, q) =>
    p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate)),
  ),
  pair(Exponential, Exponential, (p, q) => {
    const ratio = q.rate.div(p.rate);
    return ratio.sub(1).sub(ratio.log());
  }),
  pair(Uniform, Uniform, (p, q) => {
    const ratio = q.high.sub(q.low).div(p.high.sub(p.low));
    const outside = q.low.gt(p.low).logicalOr(q.high.lt(p.high));
    return where(outside, Infinity, ratio.log());
  }),
  pair(Gamma, Gamma, (p, q) =>
    q.concentration
      .mul(p.rate.div(q.rate).log())
      .add(lgamma(q.concentration).sub(lgamma(p.concentration)))
      .add(p.concentration.sub(q.concentration).mul(digamma(p.concentration)))
      .add(q.rate.sub(p.rate).mul(p.concentration.div(p.rate))),
  ),
  pair(Beta, Beta, (p, q) => {
    const [a, b] = [p.concentration1, p.concentration0];
    const [c, d] = [q.concentration1, q.concentration0];
    const [sumP, sumQ] = [a.add(b), c.add(d)];
    return lgamma(c)
      .add(lgamma(d))
      .add(lgamma(sumP))
      .sub(lgamma(a).add(lgamma(b)).add(lgamma(sumQ)))
      .add(a.sub(c).mul(digamma(a)))
      .add(b.sub(d).mul(digamma(b)))
      .add(sumQ.sub(sumP).mul(digamma(sumP)));
  }),
  pair(Dirichlet, Dirichlet, (p, q) => {
    const [a, b] = [p.concentration, q.concentration];
    const [sumA, sumB] = [a.sum(-1), b.sum(-1)];
    const logs = digamma(a).sub(digamma(sumA).unsqueeze(-1));
    return lgamma(sumA)
      .sub(lgamma(sumB))
      .sub(lgamma(a).sub(lgamma(b)).sum(-1))
      .add(a.sub(b).mul(logs).sum(-1));
  }),
  pair(Laplace, Laplace, (p, q) => {
    const ratio = p.scale.div(q.scale);
    const distance = p.loc.sub(q.loc).abs();
    return distance
      .div(q.scale)
      .add(ratio.mul(distance.neg().div(p.scale).exp()))
      .sub(ratio.log())
      .sub(1);
  }),
  pair(Cauchy, Cauchy, (p, q) =>
    p.scale
      .add(q.scale)
      .square()
      .add(p.loc.sub(q.loc).square())
      .log()
      .sub(p.scale.mul(q.scale).mul(4).log()),
  ),
  pair(Gumbel, Gumbel, (p, q) => {
    const ratio = p.scale.div(q.scale);
    const [own, other] = [p.loc.div(q.scale), q.loc.div(q.scale)];
    return own
      .sub(other)
      .sub(ratio.log())
      .add(ratio.mul(EULER))
      .add(
        other
          .sub(own)
          .add(lgamma(ratio.add(1)))
          .exp(),
      )
      .sub(1 + EULER);
  }),
  pair(MultivariateNormal, MultivariateNormal, (p, q) => {
    const [n] = p.eventShape as readonly [number];
    const logs = (L: Tensor): Tensor => diagonal(L, 0, -2, -1).log().sum(-1);
    const batch = broadcast('klDivergence', p.batchShape, q.batchShape);
    const whole = (L: Tensor): Tensor => to(L, [...batch, n, n]);
    const solved = linalg.triangularSolve(whole(q.scaleTril), whole(p.scaleTril), {
      upper: false,
    });
    const trace = solved.square().sum([-2, -1]);
    const distance = squaredLength(q.scaleTril, q.loc.sub(p.loc));
    return logs(q.scaleTril).sub(logs(p.scaleTril)).add(trace.add(distance).sub(n).mul(0.5));
  }),
];
