/** @file RMSprop: steps in units of the root mean square of the gradient. */
import { add, div, mul, sqrt, sub } from '@chainrule/autograd';
import { flag, nonNegative } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { penalized } from './decay.js';
import { average, averageSquare } from './shared.js';

/** Hyper-parameters of {@link RMSprop}. */
export type RMSpropGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** Decay rate of the average of squares. */
  readonly alpha: number;
  /** Added to the denominator, so that nothing is divided by 0. */
  readonly eps: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** The factor of the previous step; 0 for none. Default 0. */
  readonly momentum: number;
  /** Whether to divide by the standard deviation: the squared average of the gradient is subtracted. */
  readonly centered: boolean;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `RMSprop`. */
export type RMSpropOptions = Partial<RMSpropGroup> & CommonOptions;

const rule: Rule<
  Omit<RMSpropGroup, 'weightDecay'>,
  'lr' | 'alpha' | 'weight' | 'eps' | 'momentum',
  'squareAvg' | 'gradAvg' | 'momentumBuffer'
> = {
  name: 'RMSprop',
  defaults: {
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    momentum: 0,
    centered: false,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    alpha: nonNegative,
    eps: nonNegative,
    momentum: nonNegative,
    centered: flag,
    maximize: flag,
  },
  state: ({ centered, momentum }) => ({
    squareAvg: {},
    ...(momentum > 0 ? { momentumBuffer: {} } : {}),
    ...(centered ? { gradAvg: {} } : {}),
  }),
  scalars: ({ lr, alpha, eps, momentum }) => {
    return { lr, alpha, weight: sub(1, alpha), eps, momentum };
  },
  update: (p, g, { squareAvg, gradAvg, momentumBuffer }, s, group) => {
    const v = averageSquare(squareAvg, g, s.alpha, s.weight);
    const m = group.centered ? average(gradAvg, g, s.weight) : null;
    const scale = add(sqrt(m === null ? v : sub(v, mul(m, m))), s.eps);
    const next = { squareAvg: v, ...(m === null ? {} : { gradAvg: m }) };
    const step = div(g, scale);
    if (group.momentum === 0) return { step: mul(step, s.lr), ...next };
    const buffer = add(mul(momentumBuffer, s.momentum), step);
    return { step: mul(buffer, s.lr), momentumBuffer: buffer, ...next };
  },
};

/** The rule of {@link RMSprop}. */
export const rmsprop: Rule<RMSpropGroup> = /* @__PURE__ */ penalized(rule);

/**
 * RMSprop (Hinton 2012): `p ← p − lr · g / (√v + eps)`, with `v` the average of g²; with `centered` (Graves 2013,
 * arXiv:1308.0850) v less the squared average of g, with `momentum` along a buffer of such steps.
 *
 * Defaults: lr 1e-2, alpha 0.99, eps 1e-8, weightDecay 0 (an L2 penalty), momentum 0. PyTorch: `torch.optim.RMSprop`
 * (eps is added after the root; TensorFlow adds it before).
 * @example new RMSprop(model.parameters(), { lr: 1e-2, alpha: 0.99 })
 */
export class RMSprop extends Optimizer<RMSpropGroup> {
  constructor(params: ParamsOrGroups<Partial<RMSpropGroup>>, options?: RMSpropOptions) {
    super(rmsprop, params, options);
  }
}
