/** @file Adam, and AdamW: Adam with decoupled weight decay. */
import { add, div, maximum, mul, pow, sqrt, sub } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { average, averageSquare, penalized } from './shared.js';

/** Hyper-parameters of {@link Adam} and {@link AdamW}. */
export type AdamGroup = {
  /** Learning rate. */
  readonly lr: number;
  /** Decay rates of the averages of gradients and of their squares. */
  readonly betas: readonly [number, number];
  /** Added to the denominator. */
  readonly eps: number;
  readonly weightDecay: number;
  /** Divide by the largest average of squares so far (Reddi et al. 2018). */
  readonly amsgrad: boolean;
  /** Climb instead of descending. */
  readonly maximize: boolean;
  /** Shrink the parameter itself, apart from the gradient: AdamW. */
  readonly decoupledWeightDecay: boolean;
};

export type AdamOptions = Partial<AdamGroup> & CommonOptions;

type Scalar = 'stepSize' | 'eps' | 'weight1' | 'beta2' | 'weight2' | 'weightDecay' | 'shrink';
type State = 'expAvg' | 'expAvgSq' | 'maxExpAvgSq';

const adam: Rule<AdamGroup, Scalar, State> = {
  name: 'Adam',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    amsgrad: false,
    maximize: false,
    decoupledWeightDecay: false,
  },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    eps: nonNegative,
    weightDecay: nonNegative,
    amsgrad: flag,
    maximize: flag,
    decoupledWeightDecay: flag,
  },
  state: ({ amsgrad }) => ({ expAvg: {}, expAvgSq: {}, ...(amsgrad ? { maxExpAvgSq: {} } : {}) }),
  // lr · m̂ / (√v̂ + eps) = lr · c / (1 − β₁ᵗ) · m / (√v + c · eps), where c = √(1 − β₂ᵗ).
  scalars: ({ lr, betas: [beta1, beta2], eps, weightDecay }, t) => {
    const c = sqrt(sub(1, pow(beta2, t)));
    return {
      stepSize: div(mul(lr, c), sub(1, pow(beta1, t))),
      eps: mul(eps, c),
      weight1: sub(1, beta1),
      beta2,
      weight2: sub(1, beta2),
      weightDecay,
      shrink: sub(1, mul(lr, weightDecay)),
    };
  },
  update: (p, gradient, { expAvg, expAvgSq, maxExpAvgSq }, s, group) => {
    const decoupled = group.decoupledWeightDecay && group.weightDecay !== 0;
    const g = group.decoupledWeightDecay ? gradient : penalized(gradient, p, s, group);
    const m = average(expAvg, g, s.weight1);
    const v = averageSquare(expAvgSq, g, s.beta2, s.weight2);
    const largest = group.amsgrad ? maximum(maxExpAvgSq, v) : v;
    const from = decoupled ? mul(p, s.shrink) : p;
    const param = sub(from, mul(div(m, add(sqrt(largest), s.eps)), s.stepSize));
    return { param, expAvg: m, expAvgSq: v, ...(group.amsgrad ? { maxExpAvgSq: largest } : {}) };
  },
};

const adamW: typeof adam = {
  ...adam,
  name: 'AdamW',
  defaults: { ...adam.defaults, weightDecay: 1e-2, decoupledWeightDecay: true },
};

/**
 * Adam (Kingma & Ba 2015, arXiv:1412.6980): `p ← p − lr · m̂ / (√v̂ + eps)`, with `m̂` and `v̂` the exponential averages of
 * the gradient and of its square, corrected for their start at zero. `weightDecay` is an L2 penalty; see {@link AdamW}.
 *
 * Defaults: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0. PyTorch: `torch.optim.Adam`.
 * @example new Adam(model.parameters(), { lr: 1e-3 })
 */
export class Adam extends Optimizer<AdamGroup> {
  constructor(params: ParamsOrGroups<Partial<AdamGroup>>, options: AdamOptions = {}) {
    super(adam, params, options);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101): `p` is first multiplied by
 * `1 − lr · weightDecay`, and the decay does not enter the averages.
 *
 * Defaults: as {@link Adam}, but weightDecay 1e-2. PyTorch: `torch.optim.AdamW`.
 */
export class AdamW extends Optimizer<AdamGroup> {
  constructor(params: ParamsOrGroups<Partial<AdamGroup>>, options: AdamOptions = {}) {
    super(adamW, params, options);
  }
}
