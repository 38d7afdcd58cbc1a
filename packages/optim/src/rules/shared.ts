/** @file Formulas that several rules have in common. */
import { add, cast, mul, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import type { Symbols } from '../rule.js';

/** The exponential average `m + weight · (x − m)`. */
export function average(m: Tensor, x: Tensor, weight: Tensor): Tensor {
  return add(m, mul(sub(x, m), weight));
}

/** The exponential average of squares, `keep · v + weight · g²`. */
export function averageSquare(v: Tensor, g: Tensor, keep: Tensor, weight: Tensor): Tensor {
  return add(mul(v, keep), mul(mul(g, g), weight));
}

/** Rounds to single precision, in which PyTorch keeps such numbers of a step, whatever the parameters' dtype. */
export function single(x: Tensor): Tensor {
  return cast(cast(x, 'float32'), 'float64');
}

/** The averages that Adam and its relatives keep: of gradients, and of their squares. */
export type Moment = 'expAvg' | 'expAvgSq';

/** The numbers that {@link moments} needs. */
export type MomentScalar = 'weight1' | 'beta2' | 'weight2';

export function momentScalars({
  betas: [beta1, beta2],
}: Symbols<{ readonly betas: readonly [number, number] }>): Record<MomentScalar, Tensor> {
  return { weight1: sub(1, beta1), beta2, weight2: sub(1, beta2) };
}

/** Both averages after a step with gradient `g`. */
export function moments(
  { expAvg, expAvgSq }: Record<Moment, Tensor>,
  g: Tensor,
  s: Record<MomentScalar, Tensor>,
): Record<Moment, Tensor> {
  return {
    expAvg: average(expAvg, g, s.weight1),
    expAvgSq: averageSquare(expAvgSq, g, s.beta2, s.weight2),
  };
}
