/** @file RMSprop: steps in units of the root mean square of the gradient. */
import { add, div, mul, sqrt, sub } from '@chainrule/autograd';
import { flag, nonNegative } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { average, averageSquare, penalized } from './shared.js';

/** Hyper-parameters of {@link RMSprop}. */
export type RMSpropGroup = {
  readonly lr: number;
  /** Decay rate of the average of squares. */
  readonly alpha: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly momentum: number;
  /** Divide by the standard deviation: subtract the squared average of the gradient. */
  readonly centered: boolean;
  readonly maximize: boolean;
};

export type RMSpropOptions = Partial<RMSpropGroup> & CommonOptions;

const rule: Rule<
  RMSpropGroup,
  'lr' | 'alpha' | 'weight' | 'eps' | 'weightDecay' | 'momentum',
  'squareAvg' | 'gradAvg' | 'momentumBuffer'
> = {
  name: 'RMSprop',
  defaults: {
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    alpha: nonNegative,
    eps: nonNegative,
    weightDecay: nonNegative,
    momentum: nonNegative,
    centered: flag,
    maximize: flag,
  },
  state: ({ centered, momentum }) => ({
    squareAvg: {},
    ...(momentum > 0 ? { momentumBuffer: {} } : {}),
    ...(centered ? { gradAvg: {} } : {}),
  }),
  scalars: ({ lr, alpha, eps, weightDecay, momentum }) => {
    return { lr, alpha, weight: sub(1, alpha), eps, weightDecay, momentum };
  },
  update: (p, gradient, { squareAvg, gradAvg, momentumBuffer }, s, group) => {
    const g = penalized(gradient, p, s, group);
    const v = averageSquare(squareAvg, g, s.alpha, s.weight);
    const m = group.centered ? average(gradAvg, g, s.weight) : null;
    const scale = add(sqrt(m === null ? v : sub(v, mul(m, m))), s.eps);
    const next = { squareAvg: v, ...(m === null ? {} : { gradAvg: m }) };
    const step = div(g, scale);
    if (group.momentum === 0) return { param: sub(p, mul(step, s.lr)), ...next };
    const buffer = add(mul(momentumBuffer, s.momentum), step);
    return { param: sub(p, mul(buffer, s.lr)), momentumBuffer: buffer, ...next };
  },
};

/**
 * RMSprop (Hinton 2012): `p ← p − lr · g / (√v + eps)`, with `v` the average of g²; with `centered` (Graves 2013,
 * arXiv:1308.0850) v less the squared average of g, with `momentum` along a buffer of such steps.
 *
 * Defaults: lr 1e-2, alpha 0.99, eps 1e-8, weightDecay 0 (an L2 penalty), momentum 0. PyTorch: `torch.optim.RMSprop`
 * (eps is added after the root; TensorFlow adds it before).
 */
export class RMSprop extends Optimizer<RMSpropGroup> {
  constructor(params: ParamsOrGroups<Partial<RMSpropGroup>>, options: RMSpropOptions = {}) {
    super(rule, params, options);
  }
}
