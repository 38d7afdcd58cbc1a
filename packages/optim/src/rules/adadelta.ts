/** @file Adadelta: steps in units of earlier steps. */
import { add, div, mul, sqrt, sub } from '@chainrule/autograd';
import { flag, fraction, nonNegative } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { penalized } from './decay.js';
import { averageSquare } from './shared.js';

/** Hyper-parameters of {@link Adadelta}. */
export type AdadeltaGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** Decay rate of the averages of squares. */
  readonly rho: number;
  /** Added to both averages of squares, so that nothing is divided by 0. */
  readonly eps: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `Adadelta`. */
export type AdadeltaOptions = Partial<AdadeltaGroup> & CommonOptions;

const rule: Rule<
  Omit<AdadeltaGroup, 'weightDecay'>,
  'lr' | 'rho' | 'weight' | 'eps',
  'squareAvg' | 'accDelta'
> = {
  name: 'Adadelta',
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, maximize: false },
  checks: {
    lr: nonNegative,
    rho: fraction,
    eps: nonNegative,
    maximize: flag,
  },
  state: () => ({ squareAvg: {}, accDelta: {} }),
  scalars: ({ lr, rho, eps }) => ({ lr, rho, weight: sub(1, rho), eps }),
  update: (p, g, { squareAvg, accDelta }, s) => {
    const v = averageSquare(squareAvg, g, s.rho, s.weight);
    const delta = mul(div(sqrt(add(accDelta, s.eps)), sqrt(add(v, s.eps))), g);
    return {
      step: mul(delta, s.lr),
      squareAvg: v,
      accDelta: averageSquare(accDelta, delta, s.rho, s.weight),
    };
  },
};

/** The rule of {@link Adadelta}. */
export const adadelta: Rule<AdadeltaGroup> = /* @__PURE__ */ penalized(rule);

/**
 * Adadelta (Zeiler 2012, arXiv:1212.5701): `p ← p − lr · Δ`, `Δ = √(u + eps) / √(v + eps) · g`, with `v` and `u` the
 * averages of g² and of Δ².
 *
 * Defaults: lr 1, rho 0.9, eps 1e-6, weightDecay 0 (an L2 penalty). PyTorch: `torch.optim.Adadelta`.
 * @example new Adadelta(model.parameters(), { lr: 1 })
 */
export class Adadelta extends Optimizer<AdadeltaGroup> {
  constructor(params: ParamsOrGroups<Partial<AdadeltaGroup>>, options?: AdadeltaOptions) {
    super(adadelta, params, options);
  }
}
