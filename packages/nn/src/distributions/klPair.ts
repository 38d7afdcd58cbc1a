/** @file One entry of the tables of divergences. */
import { full, type Tensor } from '@chainrule/autograd';
import type { Distribution } from './distribution.js';
import type { Kind, KlPair } from './klDivergence.js';
import { broadcast } from './parameters.js';

/** An entry: two kinds, and a divergence of distributions of these kinds. */
export function pair<P extends Distribution, Q extends Distribution>(
  p: Kind<P>,
  q: Kind<Q>,
  divergence: (p: P, q: Q) => Tensor,
): KlPair {
  return { p, q, divergence: divergence };
}

/** For pairs of which the first has values that the second has not. */
export function infinite(p: Distribution, q: Distribution): Tensor {
  return full(broadcast('klDivergence', p.batchShape, q.batchShape), Infinity, { dtype: p.dtype });
}

export const EULER = 0.57721566490153286060651209008240243;
