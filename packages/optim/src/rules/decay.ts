/**
 * @file Weight decay, as functions that derive a rule from a rule: decay shrinks the parameter itself, or is a penalty in the
 * gradient.
 */
import { add, defineOptions, kinds, mul, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { flag, nonNegative, type Hypers } from '../checks.js';
import { checkRule, complete, type CompleteRule, type Rule, type Update } from '../rule.js';

/** The hyperparameter of a rule with weight decay. */
export type Decay = {
  /** The factor of the penalty. */
  readonly weightDecay: number;
};

/** The hyperparameters of a rule that supports both kinds of weight decay. */
export type EitherDecay = Decay & {
  /** Shrink the parameter itself, apart from the gradient, instead of adding a penalty to it. */
  readonly decoupledWeightDecay: boolean;
};

export interface DecayOptions {
  /** Default 1e-2. */
  readonly weightDecay?: number;
  /** The name of the rule in messages. */
  readonly name?: string;
}

const decayOptions = defineOptions<DecayOptions>({
  weightDecay: kinds.nonNegative,
  name: kinds.text,
});

/**
 * The rule with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101): the parameter is multiplied by
 * `1 − lr · weightDecay` before the step of `rule`, which sees neither the decay nor its effect.
 *
 * Adds the hyperparameter `weightDecay`, by default 1e-2; where the rule has one of its own (an L2 penalty), that one is
 * 0 from now on. Optax: `add_decayed_weights` after the scaling.
 * @example new Optimizer(decayed(rules.sgd, { weightDecay: 0.1 }), model.parameters(), { lr: 0.1 }) // SGDW
 */
export function decayed<H extends Hypers & { readonly lr: number }>(
  rule: Rule<H>,
  options?: DecayOptions,
): Rule<H & Decay> {
  const { weightDecay = 1e-2, name = `decayed(${checkRule('decayed', rule).name})` } = decayOptions(
    'decayed',
    options,
  );
  return withDecay(rule, { name, weightDecay }, (p, update, { kept, lost }) => {
    const { step, param, ...rest } = update;
    const next = step === undefined ? sub(param, mul(p, lost)) : sub(mul(p, kept), step);
    return { ...rest, param: next };
  });
}

/** The rule with an L2 penalty: `weightDecay · p` is added to the gradient. */
export function penalized<H extends Hypers & { readonly lr: number }>(
  rule: Rule<H>,
): Rule<H & Decay> {
  return withDecay(rule, { name: rule.name, weightDecay: 0 });
}

/** The rule with a penalty, or with decoupled decay if the group says so, as in Adam and its relatives. */
export function eitherDecayed<H extends Hypers & { readonly lr: number }>(
  rule: Rule<H>,
  { name = rule.name, weightDecay = 0, decoupled = false } = {},
): Rule<H & EitherDecay> {
  const penalty = complete(penalized(rule) as unknown as Rule<H & EitherDecay>);
  const shrinking = complete(decayed(rule) as unknown as Rule<H & EitherDecay>);
  return {
    ...penalty,
    name,
    defaults: { ...penalty.defaults, weightDecay, decoupledWeightDecay: decoupled },
    checks: { ...penalty.checks, decoupledWeightDecay: flag },
    scalars: (...args) => ({ ...penalty.scalars(...args), ...shrinking.scalars(...args) }),
    update: (p, g, state, s, group) =>
      (group.decoupledWeightDecay ? shrinking : penalty).update(p, g, state, s, group),
  };
}

/** The fraction of a parameter that remains after the decay of a step, and the fraction that is lost. */
interface Shares {
  readonly kept: Tensor;
  readonly lost: Tensor;
}

type Shrink = (p: Tensor, update: Update, shares: Shares) => Update;

// Names that no user-defined rule has.
const [WEIGHT, KEPT, LOST] = ['decay.weight', 'decay.kept', 'decay.lost'] as const;

/** `shrink` applies the decay in the update; without it the decay is part of the gradient. */
function withDecay<H extends Hypers & { readonly lr: number }>(
  rule: Rule<H>,
  { name, weightDecay }: { readonly name: string; readonly weightDecay: number },
  shrink?: Shrink,
): Rule<H & Decay> {
  const inner = complete(rule) as unknown as CompleteRule<H & Decay>;
  const without = (group: H & Decay): H & Decay => ({ ...group, weightDecay: 0 });
  return {
    ...inner,
    name,
    defaults: { ...inner.defaults, weightDecay },
    checks: { ...inner.checks, weightDecay: nonNegative },
    scalars: (h, t, counters, group, measures) => {
      const decay = h.weightDecay as Tensor;
      const lost = mul(h.lr as Tensor, decay);
      const own = inner.scalars(h, t, counters, without(group), measures);
      const shares = shrink === undefined ? {} : { [LOST]: lost, [KEPT]: sub(1, lost) };
      return { ...own, ...shares, [WEIGHT]: decay };
    },
    update: (p, gradient, state, s, group) => {
      if (group.weightDecay === 0) return inner.update(p, gradient, state, s, group);
      const penalty = shrink === undefined;
      const g = penalty ? add(gradient, mul(p, s[WEIGHT] as Tensor)) : gradient;
      const update = inner.update(p, g, state, s, without(group));
      return penalty
        ? update
        : shrink(p, update, { kept: s[KEPT] as Tensor, lost: s[LOST] as Tensor });
    },
  };
}
