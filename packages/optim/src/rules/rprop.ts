/** @file Rprop: steps by the sign of the gradient only, with a step size for each element. */
import { gt, lt, maximum, minimum, mul, sign, where } from '@chainrule/autograd';
import { finite, flag, nonNegative, tuple } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';

/** Hyper-parameters of {@link Rprop}. */
export type RpropGroup = {
  /** The first step size of each element. */
  readonly lr: number;
  /** Factors of the step size where the sign of the gradient changed, and where it did not. */
  readonly etas: readonly [number, number];
  /** The smallest and the largest step size. */
  readonly stepSizes: readonly [number, number];
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `Rprop`. */
export type RpropOptions = Partial<RpropGroup> & CommonOptions;

/** The rule of {@link Rprop}. */
export const rprop: Rule<
  RpropGroup,
  'shrink' | 'grow' | 'smallest' | 'largest',
  'prev' | 'stepSize'
> = {
  name: 'Rprop',
  defaults: { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false },
  checks: {
    lr: nonNegative,
    etas: tuple(finite, finite),
    stepSizes: tuple(finite, finite),
    maximize: flag,
  },
  refuse: ({ etas: [shrink, grow] }) =>
    shrink > 0 && shrink < 1 && grow > 1
      ? null
      : `etas must be a factor in (0, 1) and one above 1; got [${shrink}, ${grow}]`,
  state: ({ lr }) => ({ prev: {}, stepSize: { fill: lr } }),
  scalars: ({ etas: [shrink, grow], stepSizes: [smallest, largest] }) => ({
    shrink,
    grow,
    smallest,
    largest,
  }),
  update: (p, g, { prev, stepSize }, s) => {
    const agreement = mul(g, prev);
    const turned = lt(agreement, 0);
    const scaled = mul(stepSize, where(gt(agreement, 0), s.grow, where(turned, s.shrink, 1)));
    const size = minimum(maximum(scaled, s.smallest), s.largest);
    // After a change of sign, the element skips one step.
    const next = where(turned, 0, g);
    return { step: mul(sign(next), size), prev: next, stepSize: size };
  },
};

/**
 * Resilient backpropagation (Riedmiller & Braun 1993): each element moves against the sign of its gradient by a step
 * size that grows while the sign stays and shrinks when it changes. For full batches.
 *
 * Defaults: lr 1e-2, etas [0.5, 1.2], stepSizes [1e-6, 50]. PyTorch: `torch.optim.Rprop`.
 * @example new Rprop(model.parameters(), { lr: 1e-2 })
 */
export class Rprop extends Optimizer<RpropGroup> {
  constructor(params: ParamsOrGroups<Partial<RpropGroup>>, options?: RpropOptions) {
    super(rprop, params, options);
  }
}
