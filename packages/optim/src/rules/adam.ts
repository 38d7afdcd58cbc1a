/** @file Adam, and AdamW: Adam with decoupled weight decay. */
import { add, div, maximum, mul, pow, sqrt, sub } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { eitherDecayed, type EitherDecay } from './decay.js';
import { moments, momentScalars, type Moment, type MomentScalar } from './shared.js';

/** Hyper-parameters of {@link Adam} and {@link AdamW}. */
export type AdamGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** Decay rates of the averages of gradients and of their squares. */
  readonly betas: readonly [number, number];
  /** Added to the denominator. */
  readonly eps: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** Whether to divide by the largest average of squares so far (Reddi et al. 2018). Default false. */
  readonly amsgrad: boolean;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
  /** Whether weight decay shrinks the parameter directly, instead of adding to the gradient: AdamW. */
  readonly decoupledWeightDecay: boolean;
};

/** Options of `Adam` and `AdamW`. */
export type AdamOptions = Partial<AdamGroup> & CommonOptions;

type Scalar = 'stepSize' | 'eps' | MomentScalar;

const rule: Rule<Omit<AdamGroup, keyof EitherDecay>, Scalar, Moment | 'maxExpAvgSq'> = {
  name: 'Adam',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    amsgrad: false,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    eps: nonNegative,
    amsgrad: flag,
    maximize: flag,
  },
  state: ({ amsgrad }) => ({ expAvg: {}, expAvgSq: {}, ...(amsgrad ? { maxExpAvgSq: {} } : {}) }),
  // lr · m̂ / (√v̂ + eps) = lr · c / (1 − β₁ᵗ) · m / (√v + c · eps), where c = √(1 − β₂ᵗ).
  scalars: (h, t) => {
    const [beta1, beta2] = h.betas;
    const c = sqrt(sub(1, pow(beta2, t)));
    return {
      stepSize: div(mul(h.lr, c), sub(1, pow(beta1, t))),
      eps: mul(h.eps, c),
      ...momentScalars(h),
    };
  },
  update: (_p, g, state, s, group) => {
    const next = moments(state, g, s);
    const { expAvg: m, expAvgSq: v } = next;
    const largest = group.amsgrad ? maximum(state.maxExpAvgSq, v) : v;
    const step = mul(div(m, add(sqrt(largest), s.eps)), s.stepSize);
    return { step, ...next, ...(group.amsgrad ? { maxExpAvgSq: largest } : {}) };
  },
};

/** The rule of {@link Adam}. */
export const adam: Rule<AdamGroup> = /* @__PURE__ */ eitherDecayed(rule);

/** The rule of {@link AdamW}. */
export const adamW: Rule<AdamGroup> = /* @__PURE__ */ eitherDecayed(rule, {
  name: 'AdamW',
  weightDecay: 1e-2,
  decoupled: true,
});

/**
 * Adam (Kingma & Ba 2015, arXiv:1412.6980): `p ← p − lr · m̂ / (√v̂ + eps)`, with `m̂` and `v̂` the exponential averages of
 * the gradient and of its square, corrected for their start at zero. `weightDecay` is an L2 penalty; see {@link AdamW}.
 *
 * Defaults: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0. PyTorch: `torch.optim.Adam`.
 * @example new Adam(model.parameters(), { lr: 1e-3 })
 */
export class Adam extends Optimizer<AdamGroup> {
  constructor(params: ParamsOrGroups<Partial<AdamGroup>>, options?: AdamOptions) {
    super(adam, params, options);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101): `p` is first multiplied by
 * `1 − lr · weightDecay`, and the decay does not enter the averages.
 *
 * Defaults: as {@link Adam}, but weightDecay 1e-2. PyTorch: `torch.optim.AdamW`.
 * @example new AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 })
 */
export class AdamW extends Optimizer<AdamGroup> {
  constructor(params: ParamsOrGroups<Partial<AdamGroup>>, options?: AdamOptions) {
    super(adamW, params, options);
  }
}
