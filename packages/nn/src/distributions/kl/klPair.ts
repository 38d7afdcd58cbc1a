/** @file One entry of the tables of divergences. */
import { full, type Tensor } from '@chainrule/autograd';
import { broadcast } from '../../broadcast.js';
import type { Distribution } from '../distribution.js';
import type { Kind, KlPair } from './klDivergence.js';

/** An entry: two classes, and the divergence between their distributions. */
export function pair<P extends Distribution, Q extends Distribution>(
  p: Kind<P>,
  q: Kind<Q>,
  divergence: (p: P, q: Q) => Tensor,
): KlPair {
  return { p, q, divergence: divergence };
}

/** For pairs where the first has values outside the support of the second. */
export function infinite(p: Distribution, q: Distribution): Tensor {
  return full(broadcast('klDivergence', p.batchShape, q.batchShape), Infinity, { dtype: p.dtype });
}

export const EULER = 0.57721566490153286060651209008240243;
