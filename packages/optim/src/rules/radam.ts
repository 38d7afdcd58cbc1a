/** @file RAdam: Adam whose adaptive step is held back until it is well estimated. */
import { add, div, gt, mul, pow, sqrt, sub, where } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { eitherDecayed, type EitherDecay } from './decay.js';
import { moments, momentScalars, type Moment, type MomentScalar } from './shared.js';

/** Hyper-parameters of {@link RAdam}. */
export type RAdamGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** The factors of the running averages of the gradient and of its square. */
  readonly betas: readonly [number, number];
  /** Added to the denominator, so that nothing is divided by 0. */
  readonly eps: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** Whether weight decay shrinks the parameter directly, instead of adding to the gradient. */
  readonly decoupledWeightDecay: boolean;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `RAdam`. */
export type RAdamOptions = Partial<RAdamGroup> & CommonOptions;

type Scalar = 'stepSize' | 'rectified' | 'adaptive' | 'eps' | MomentScalar;

const rule: Rule<Omit<RAdamGroup, keyof EitherDecay>, Scalar, Moment> = {
  name: 'RAdam',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    eps: nonNegative,
    maximize: flag,
  },
  state: () => ({ expAvg: {}, expAvgSq: {} }),
  scalars: (h, t) => {
    const [beta1, beta2] = h.betas;
    const power = pow(beta2, t);
    const correction2 = sub(1, power);
    // The length of the moving average of squares: its limit, and its value now.
    const rhoInf = sub(div(2, sub(1, beta2)), 1);
    const rho = sub(rhoInf, div(mul(mul(t, 2), power), correction2));
    const rectify = sqrt(
      div(
        mul(mul(sub(rho, 4), sub(rho, 2)), rhoInf),
        mul(mul(sub(rhoInf, 4), sub(rhoInf, 2)), rho),
      ),
    );
    return {
      stepSize: div(h.lr, sub(1, pow(beta1, t))),
      rectified: mul(rectify, sqrt(correction2)),
      adaptive: gt(rho, 5),
      eps: h.eps,
      ...momentScalars(h),
    };
  },
  update: (_p, g, state, s) => {
    const next = moments(state, g, s);
    const { expAvg: m, expAvgSq: v } = next;
    const factor = where(s.adaptive, div(s.rectified, add(sqrt(v), s.eps)), 1);
    return { step: mul(mul(m, s.stepSize), factor), ...next };
  },
};

/** The rule of {@link RAdam}. */
export const radam: Rule<RAdamGroup> = /* @__PURE__ */ eitherDecayed(rule);

/**
 * Rectified Adam (Liu et al. 2020, arXiv:1908.03265): plain momentum in the first steps, as long as the average of
 * squares rests on 5 or fewer of them, then Adam with its step scaled by the rectification `r`.
 *
 * Defaults: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0. PyTorch: `torch.optim.RAdam`.
 * @example new RAdam(model.parameters(), { lr: 1e-3 })
 */
export class RAdam extends Optimizer<RAdamGroup> {
  constructor(params: ParamsOrGroups<Partial<RAdamGroup>>, options?: RAdamOptions) {
    super(radam, params, options);
  }
}
