/** @file Stochastic gradient descent, with momentum. */
import { add, eq, mul, sub, where } from '@chainrule/autograd';
import { flag, nonNegative } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { penalized } from './decay.js';

/** Hyper-parameters of {@link SGD}. */
export type SGDGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** The factor of the previous direction; 0 for none. Default 0. */
  readonly momentum: number;
  /** The share of the gradient that is left out of the direction. Default 0. */
  readonly dampening: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** Whether to use Nesterov momentum. Default false. */
  readonly nesterov: boolean;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `SGD`. */
export type SGDOptions = Partial<SGDGroup> & CommonOptions;

const rule: Rule<Omit<SGDGroup, 'weightDecay'>, 'lr' | 'momentum' | 'weight', 'momentumBuffer'> = {
  name: 'SGD',
  defaults: {
    lr: 1e-3,
    momentum: 0,
    dampening: 0,
    nesterov: false,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    momentum: nonNegative,
    dampening: nonNegative,
    nesterov: flag,
    maximize: flag,
  },
  refuse: ({ nesterov, momentum, dampening }) =>
    nesterov && (momentum === 0 || dampening !== 0)
      ? `nesterov needs a momentum above 0 and no dampening; got momentum ${momentum}, dampening ${dampening}`
      : null,
  state: ({ momentum }) => (momentum === 0 ? {} : { momentumBuffer: {} }),
  // The first direction is the gradient itself, without dampening.
  scalars: ({ lr, momentum, dampening }, t) => {
    return { lr, momentum, weight: where(eq(t, 1), 1, sub(1, dampening)) };
  },
  update: (p, g, { momentumBuffer }, s, group) => {
    if (group.momentum === 0) return { step: mul(g, s.lr) };
    const entering = group.dampening === 0 ? g : mul(g, s.weight);
    const buffer = add(mul(momentumBuffer, s.momentum), entering);
    const direction = group.nesterov ? add(g, mul(buffer, s.momentum)) : buffer;
    return { step: mul(direction, s.lr), momentumBuffer: buffer };
  },
};

/** The rule of {@link SGD}. */
export const sgd: Rule<SGDGroup> = /* @__PURE__ */ penalized(rule);

/**
 * Stochastic gradient descent: `p ← p − lr · b`, where `b ← momentum · b + (1 − dampening) · g` and at first `b = g`;
 * with `nesterov` the step is along `g + momentum · b`. `weightDecay` adds `weightDecay · p` to the gradient.
 *
 * Defaults: lr 1e-3, everything else 0. PyTorch: `torch.optim.SGD`.
 *
 * As in PyTorch, `lr` multiplies the direction after the momentum (Sutskever et al. 2013 put it inside).
 * @example new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 */
export class SGD extends Optimizer<SGDGroup> {
  constructor(params: ParamsOrGroups<Partial<SGDGroup>>, options?: SGDOptions) {
    super(sgd, params, options);
  }
}
