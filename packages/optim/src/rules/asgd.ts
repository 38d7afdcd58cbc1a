/** @file ASGD: stochastic gradient descent that also averages the parameters. */
import { add, div, eq, maximum, mul, pow, sub, where } from '@chainrule/autograd';
import { finite, flag, nonNegative } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { penalized } from './decay.js';
import { average, single } from './shared.js';

/** Hyper-parameters of {@link ASGD}. */
export type ASGDGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** How fast parameters decay and the learning rate falls. */
  readonly lambd: number;
  /** The power by which the learning rate falls. */
  readonly alpha: number;
  /** The step at which averaging starts. */
  readonly t0: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `ASGD`. */
export type ASGDOptions = Partial<ASGDGroup> & CommonOptions;

const rule: Rule<
  Omit<ASGDGroup, 'weightDecay'>,
  'eta' | 'mu' | 'restart' | 'shrink',
  'ax',
  'eta' | 'mu'
> = {
  name: 'ASGD',
  defaults: { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, maximize: false },
  checks: {
    lr: nonNegative,
    lambd: finite,
    alpha: finite,
    t0: finite,
    maximize: flag,
  },
  counters: ({ lr }) => ({ eta: lr, mu: 1 }),
  count: ({ lr, lambd, alpha, t0 }, t) => ({
    eta: div(lr, pow(add(1, mul(mul(lambd, lr), t)), alpha)),
    mu: div(1, maximum(sub(t, t0), 1)),
  }),
  state: () => ({ ax: {} }),
  scalars: ({ lambd }, _t, counters) => {
    const [eta, mu] = [single(counters.eta), single(counters.mu)];
    return { eta, mu, restart: eq(mu, 1), shrink: sub(1, mul(lambd, eta)) };
  },
  update: (p, g, { ax }, s) => {
    const param = sub(mul(p, s.shrink), mul(g, s.eta));
    return { param, ax: where(s.restart, param, average(ax, param, s.mu)) };
  },
};

/** The rule of {@link ASGD}. */
export const asgd: Rule<ASGDGroup> = /* @__PURE__ */ penalized(rule);

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky 1992): gradient descent with a falling rate
 * `lr / (1 + lambd · lr · t)^alpha`; from step `t0` on, state `ax` is the average of the parameters.
 *
 * Defaults: lr 1e-2, lambd 1e-4, alpha 0.75, t0 1e6, weightDecay 0 (an L2 penalty). PyTorch: `torch.optim.ASGD`
 * (which keeps the rate in its default dtype, here it is float64).
 * @example new ASGD(model.parameters(), { lr: 1e-2 })
 */
export class ASGD extends Optimizer<ASGDGroup> {
  constructor(params: ParamsOrGroups<Partial<ASGDGroup>>, options?: ASGDOptions) {
    super(asgd, params, options);
  }
}
