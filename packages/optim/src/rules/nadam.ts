/** @file NAdam: Adam with Nesterov momentum. */
import { add, div, mul, pow, sqrt, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule, Symbols } from '../rule.js';
import { average, averageSquare, penalized } from './shared.js';

/** Hyper-parameters of {@link NAdam}. */
export type NAdamGroup = {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /** How fast the momentum grows towards β₁. */
  readonly momentumDecay: number;
  /** Shrink the parameter itself, apart from the gradient. */
  readonly decoupledWeightDecay: boolean;
  readonly maximize: boolean;
};

export type NAdamOptions = Partial<NAdamGroup> & CommonOptions;

type Scalar =
  | 'gradientStep'
  | 'averageStep'
  | 'correction2'
  | 'eps'
  | 'weight1'
  | 'beta2'
  | 'weight2'
  | 'weightDecay'
  | 'shrink';

/** The momentum of step `t`: `β₁ · (1 − 0.96^(t · momentumDecay) / 2)`. */
function momentumAt({ betas: [beta1], momentumDecay }: Symbols<NAdamGroup>, t: Tensor): Tensor {
  return mul(beta1, sub(1, mul(pow(0.96, mul(t, momentumDecay)), 0.5)));
}

const rule: Rule<NAdamGroup, Scalar, 'expAvg' | 'expAvgSq', 'muProduct'> = {
  name: 'NAdam',
  defaults: {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    momentumDecay: 4e-3,
    decoupledWeightDecay: false,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    eps: nonNegative,
    weightDecay: nonNegative,
    momentumDecay: nonNegative,
    decoupledWeightDecay: flag,
    maximize: flag,
  },
  counters: () => ({ muProduct: 1 }),
  count: (h, t, { muProduct }) => ({ muProduct: mul(muProduct, momentumAt(h, t)) }),
  state: () => ({ expAvg: {}, expAvgSq: {} }),
  scalars: (h, t, { muProduct }) => {
    const { lr, eps, weightDecay } = h;
    const [beta1, beta2] = h.betas;
    const mu = momentumAt(h, t);
    const muNext = momentumAt(h, add(t, 1));
    const product = mul(muProduct, mu);
    return {
      gradientStep: div(mul(lr, sub(1, mu)), sub(1, product)),
      averageStep: div(mul(lr, muNext), sub(1, mul(product, muNext))),
      correction2: sqrt(sub(1, pow(beta2, t))),
      eps,
      weight1: sub(1, beta1),
      beta2,
      weight2: sub(1, beta2),
      weightDecay,
      shrink: sub(1, mul(lr, weightDecay)),
    };
  },
  update: (p, gradient, { expAvg, expAvgSq }, s, group) => {
    const decoupled = group.decoupledWeightDecay && group.weightDecay !== 0;
    const g = group.decoupledWeightDecay ? gradient : penalized(gradient, p, s, group);
    const m = average(expAvg, g, s.weight1);
    const v = averageSquare(expAvgSq, g, s.beta2, s.weight2);
    const direction = add(mul(g, s.gradientStep), mul(m, s.averageStep));
    const step = div(direction, add(div(sqrt(v), s.correction2), s.eps));
    return { param: sub(decoupled ? mul(p, s.shrink) : p, step), expAvg: m, expAvgSq: v };
  },
};

/**
 * NAdam (Dozat 2016): Adam that looks ahead by one step of its momentum, with a momentum that grows towards β₁.
 *
 * Defaults: lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0, momentumDecay 4e-3. PyTorch: `torch.optim.NAdam`.
 */
export class NAdam extends Optimizer<NAdamGroup> {
  constructor(params: ParamsOrGroups<Partial<NAdamGroup>>, options: NAdamOptions = {}) {
    super(rule, params, options);
  }
}
