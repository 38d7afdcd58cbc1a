/** @file Lion: steps by the sign of an averaged gradient. */
import { add, mul, sign, sub } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { decayed } from './decay.js';

/** Hyper-parameters of {@link Lion}. */
export type LionGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** Weights of the momentum in the step, and in the next momentum. */
  readonly betas: readonly [number, number];
  /** Decoupled weight decay. */
  readonly weightDecay: number;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `Lion`. */
export type LionOptions = Partial<LionGroup> & CommonOptions;

const rule: Rule<
  Omit<LionGroup, 'weightDecay'>,
  'lr' | 'beta1' | 'weight1' | 'beta2' | 'weight2',
  'expAvg'
> = {
  name: 'Lion',
  defaults: { lr: 1e-4, betas: [0.9, 0.99], maximize: false },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    maximize: flag,
  },
  state: () => ({ expAvg: {} }),
  scalars: ({ lr, betas: [beta1, beta2] }) => ({
    lr,
    beta1,
    weight1: sub(1, beta1),
    beta2,
    weight2: sub(1, beta2),
  }),
  update: (_p, g, { expAvg }, s) => {
    const direction = sign(add(mul(expAvg, s.beta1), mul(g, s.weight1)));
    return {
      step: mul(direction, s.lr),
      expAvg: add(mul(expAvg, s.beta2), mul(g, s.weight2)),
    };
  },
};

/** The rule of {@link Lion}. */
export const lion: Rule<LionGroup> = /* @__PURE__ */ decayed(rule, {
  name: 'Lion',
  weightDecay: 0,
});

/**
 * Lion (Chen et al. 2023, arXiv:2302.06675): `p ← p − lr · (sign(β₁ · m + (1 − β₁) · g) + weightDecay · p)`, then
 * `m ← β₂ · m + (1 − β₂) · g`. Needs a learning rate 3 to 10 times smaller than AdamW's, and a decay larger by the same
 * factor.
 *
 * Defaults: lr 1e-4, betas [0.9, 0.99], weightDecay 0. PyTorch has no Lion; the rule is the paper's.
 * @example new Lion(model.parameters(), { lr: 1e-4, weightDecay: 0.1 })
 */
export class Lion extends Optimizer<LionGroup> {
  constructor(params: ParamsOrGroups<Partial<LionGroup>>, options?: LionOptions) {
    super(lion, params, options);
  }
}
