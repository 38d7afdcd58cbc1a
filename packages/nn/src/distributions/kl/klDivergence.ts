/** @file The Kullback–Leibler divergence, and the pairs that have a closed form. */
import { ChainruleError, checkArgument, kinds, scope, type Tensor } from '@chainrule/autograd';
import { Distribution, sumLast } from '../distribution.js';
import { Independent } from '../independent.js';
import { crossPairs } from './klCrossPairs.js';
import { samePairs } from './klSamePairs.js';
import { TransformedDistribution } from '../transformed.js';

/** A class of distributions, for `instanceof`. */
export type Kind<D extends Distribution = Distribution> = abstract new (...args: never) => D;

/** A pair of classes and their divergence. */
export interface KlPair {
  readonly p: Kind;
  readonly q: Kind;
  divergence(p: Distribution, q: Distribution): Tensor;
}

const DISTRIBUTION = kinds.kind<Distribution>(
  'be a distribution',
  (x) => x instanceof Distribution,
);

/**
 * The Kullback–Leibler divergence `E[ln p(x) − ln q(x)]` over samples x of p, in closed form: `[…batchShape]`.
 * Infinite if p has values outside the support of q. PyTorch: `distributions.kl_divergence`, with the same pairs.
 *
 * @throws {ChainruleError} for a pair without a closed form; the message names both.
 * @example klDivergence(new Normal(0, 1), new Normal(1, 2)) // 0.4431
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  checkArgument('klDivergence', 'p', p, DISTRIBUTION);
  checkArgument('klDivergence', 'q', q, DISTRIBUTION);
  return scope('klDivergence', () => divergence(p, q));
}

function divergence(p: Distribution, q: Distribution): Tensor {
  if (p instanceof Independent && q instanceof Independent) {
    if (p.reinterpretedBatchNdims !== q.reinterpretedBatchNdims) {
      throw new ChainruleError(
        `klDivergence: events of ${p.reinterpretedBatchNdims} and ${q.reinterpretedBatchNdims} batch dimensions differ`,
      );
    }
    return sumLast(divergence(p.baseDistribution, q.baseDistribution), p.reinterpretedBatchNdims);
  }
  if (p instanceof TransformedDistribution && q instanceof TransformedDistribution) {
    const same =
      p.transforms.length === q.transforms.length &&
      p.transforms.every((t, i) => t.equals(q.transforms[i] as never));
    if (same && String(p.eventShape) === String(q.eventShape))
      return divergence(p.baseDistribution, q.baseDistribution);
  }
  const pair = [...samePairs, ...crossPairs].find((k) => p instanceof k.p && q instanceof k.q);
  if (pair === undefined) {
    throw new ChainruleError(
      `klDivergence: there is no closed form here for ${p.constructor.name} and ${q.constructor.name}; ` +
        `estimate it: p.logProb(x).sub(q.logProb(x)).mean() over x = p.sample([n])`,
    );
  }
  if (String(p.eventShape) !== String(q.eventShape)) {
    throw new ChainruleError(
      `klDivergence: events of shape [${p.eventShape.join(', ')}] and [${q.eventShape.join(', ')}] cannot be compared`,
    );
  }
  return pair.divergence(p, q);
}
