/** @file NAdam: Adam with Nesterov momentum. */
import { add, div, mul, pow, sqrt, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { decay, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule, Symbols } from '../rule.js';
import { eitherDecayed, type EitherDecay } from './decay.js';
import { moments, momentScalars, single, type Moment, type MomentScalar } from './shared.js';

/** Hyper-parameters of {@link NAdam}. */
export type NAdamGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** The factors of the running averages of the gradient and of its square. */
  readonly betas: readonly [number, number];
  /** Added to the denominator, so that nothing is divided by 0. */
  readonly eps: number;
  /** The factor of the L2 penalty that is added to the gradient. Default 0. */
  readonly weightDecay: number;
  /** How fast the momentum grows towards β₁. */
  readonly momentumDecay: number;
  /** Whether weight decay shrinks the parameter directly, instead of adding to the gradient. */
  readonly decoupledWeightDecay: boolean;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `NAdam`. */
export type NAdamOptions = Partial<NAdamGroup> & CommonOptions;

type Scalar = 'gradientStep' | 'averageStep' | 'correction2' | 'eps' | MomentScalar;

/** The momentum of step `t`: `β₁ · (1 − 0.96^(t · momentumDecay) / 2)`. */
function momentumAt(
  { betas: [beta1], momentumDecay }: Symbols<Pick<NAdamGroup, 'betas' | 'momentumDecay'>>,
  t: Tensor,
): Tensor {
  return mul(beta1, sub(1, mul(pow(0.96, mul(t, momentumDecay)), 0.5)));
}

/** The product of the momenta, with one more. */
function productAfter(product: Tensor, mu: Tensor): Tensor {
  return single(mul(product, single(mu)));
}

const rule: Rule<Omit<NAdamGroup, keyof EitherDecay>, Scalar, Moment, 'muProduct'> = {
  name: 'NAdam',
  defaults: {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    momentumDecay: 4e-3,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    betas: tuple(decay, decay),
    eps: nonNegative,
    momentumDecay: nonNegative,
    maximize: flag,
  },
  counters: () => ({ muProduct: 1 }),
  count: (h, t, { muProduct }) => ({ muProduct: productAfter(muProduct, momentumAt(h, t)) }),
  state: () => ({ expAvg: {}, expAvgSq: {} }),
  scalars: (h, t, { muProduct }) => {
    const { lr, eps } = h;
    const mu = momentumAt(h, t);
    const muNext = momentumAt(h, add(t, 1));
    const product = productAfter(muProduct, mu);
    return {
      gradientStep: div(mul(lr, sub(1, mu)), sub(1, product)),
      averageStep: div(mul(lr, muNext), sub(1, mul(product, muNext))),
      correction2: sqrt(sub(1, pow(h.betas[1], t))),
      eps,
      ...momentScalars(h),
    };
  },
  update: (_p, g, state, s) => {
    const next = moments(state, g, s);
    const { expAvg: m, expAvgSq: v } = next;
    const direction = add(mul(g, s.gradientStep), mul(m, s.averageStep));
    const step = div(direction, add(div(sqrt(v), s.correction2), s.eps));
    return { step, ...next };
  },
};

/** The rule of {@link NAdam}. */
export const nadam: Rule<NAdamGroup> = /* @__PURE__ */ eitherDecayed(rule);

/**
 * NAdam (Dozat 2016): Adam that looks ahead by one step of its momentum, with a momentum that grows towards β₁.
 *
 * Defaults: lr 2e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0, momentumDecay 4e-3. PyTorch: `torch.optim.NAdam`.
 * @example new NAdam(model.parameters(), { lr: 2e-3 })
 */
export class NAdam extends Optimizer<NAdamGroup> {
  constructor(params: ParamsOrGroups<Partial<NAdamGroup>>, options?: NAdamOptions) {
    super(nadam, params, options);
  }
}
