/** @file Adamax: Adam with the infinity norm. */
import { abs, add, div, maximum, mul, pow, sub } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { penalized } from './decay.js';
import { average } from './shared.js';

/** Hyper-parameters of {@link Adamax}. */
export type AdamaxGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** Decay rates of the average of gradients and of their largest size. */
  readonly betas: readonly [number, number];
  /** Added to the size of the gradient, so that nothing is divided by 0. */
  readonly eps: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `Adamax`. */
export type AdamaxOptions = Partial<AdamaxGroup> & CommonOptions;

const rule: Rule<
  Omit<AdamaxGroup, 'weightDecay'>,
  'stepSize' | 'weight1' | 'beta2' | 'eps',
  'expAvg' | 'expInf'
> = {
  name: 'Adamax',
  defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    eps: nonNegative,
    maximize: flag,
  },
  state: () => ({ expAvg: {}, expInf: {} }),
  scalars: ({ lr, betas: [beta1, beta2], eps }, t) => ({
    stepSize: div(lr, sub(1, pow(beta1, t))),
    weight1: sub(1, beta1),
    beta2,
    eps,
  }),
  update: (p, g, { expAvg, expInf }, s) => {
    const m = average(expAvg, g, s.weight1);
    const u = maximum(mul(expInf, s.beta2), add(abs(g), s.eps));
    return { step: mul(div(m, u), s.stepSize), expAvg: m, expInf: u };
  },
};

/** The rule of {@link Adamax}. */
export const adamax: Rule<AdamaxGroup> = /* @__PURE__ */ penalized(rule);

/**
 * Adamax (Kingma & Ba 2015, arXiv:1412.6980, section 7.1): `p ← p − lr · m̂ / u`, where `u ← max(β₂ · u, |g| + eps)`.
 *
 * Defaults: lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0 (an L2 penalty). PyTorch: `torch.optim.Adamax`.
 * @example new Adamax(model.parameters(), { lr: 2e-3 })
 */
export class Adamax extends Optimizer<AdamaxGroup> {
  constructor(params: ParamsOrGroups<Partial<AdamaxGroup>>, options?: AdamaxOptions) {
    super(adamax, params, options);
  }
}
