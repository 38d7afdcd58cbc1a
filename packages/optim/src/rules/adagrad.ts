/** @file Adagrad: steps that shrink with the sum of squared gradients. */
import { add, div, mul, sqrt, sub } from '@chainrule/autograd';
import { flag, nonNegative } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { penalized } from './decay.js';

/** Hyper-parameters of {@link Adagrad}. */
export type AdagradGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** The learning rate of step t is `lr / (1 + (t − 1) · lrDecay)`. */
  readonly lrDecay: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** The initial value of the sum of squares. */
  readonly initialAccumulatorValue: number;
  /** Added to the denominator, so that nothing is divided by 0. */
  readonly eps: number;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `Adagrad`. */
export type AdagradOptions = Partial<AdagradGroup> & CommonOptions;

const rule: Rule<Omit<AdagradGroup, 'weightDecay'>, 'stepSize' | 'eps', 'sum'> = {
  name: 'Adagrad',
  defaults: {
    lr: 1e-2,
    lrDecay: 0,
    initialAccumulatorValue: 0,
    eps: 1e-10,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    lrDecay: nonNegative,
    initialAccumulatorValue: nonNegative,
    eps: nonNegative,
    maximize: flag,
  },
  state: ({ initialAccumulatorValue }) => ({ sum: { fill: initialAccumulatorValue } }),
  scalars: ({ lr, lrDecay, eps }, t) => ({
    stepSize: div(lr, add(1, mul(sub(t, 1), lrDecay))),
    eps,
  }),
  update: (p, g, { sum }, s) => {
    const total = add(sum, mul(g, g));
    return { step: mul(div(g, add(sqrt(total), s.eps)), s.stepSize), sum: total };
  },
};

/** The rule of {@link Adagrad}. */
export const adagrad: Rule<AdagradGroup> = /* @__PURE__ */ penalized(rule);

/**
 * Adagrad (Duchi et al. 2011): `p ← p − lr · g / (√Σg² + eps)`.
 *
 * Defaults: lr 1e-2, lrDecay 0, weightDecay 0 (an L2 penalty), initialAccumulatorValue 0, eps 1e-10.
 * PyTorch: `torch.optim.Adagrad`.
 * @example new Adagrad(model.parameters(), { lr: 1e-2 })
 */
export class Adagrad extends Optimizer<AdagradGroup> {
  constructor(params: ParamsOrGroups<Partial<AdagradGroup>>, options?: AdagradOptions) {
    super(adagrad, params, options);
  }
}
