/** @file Rules that wrap other rules: clipped gradients, a schedule inside the step, slow weights. */
import {
  add,
  cast,
  ChainruleError,
  clamp,
  display,
  defineOptions,
  kinds,
  passes,
  reading,
  div,
  eq,
  minimum,
  mul,
  remainder,
  sqrt,
  sub,
  sum,
  where,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { count, ensure, fraction, positive, type Hypers } from './checks.js';
import { number } from './paramGroup.js';
import { complete, paramAfter, type Rule, type Symbols, type Update } from './rule.js';

/** The hyperparameter that {@link clipped} adds. */
export type ClipNorm = {
  /** The largest norm of all gradients together. */
  readonly maxNorm: number;
};
/** Clips every element of the gradients. */
export type ClipValue = {
  /** The largest absolute value of an element. */
  readonly maxValue: number;
};

/**
 * The rule with clipped gradients. `maxNorm` scales all gradients of the step, over all groups, so that their joint norm is at
 * most that (PyTorch: `clip_grad_norm_`, with the same 1e-6 added to the norm); `maxValue` clamps each element to ± that
 * (`clip_grad_value_`). The bound becomes a hyperparameter of the groups. `.grad` itself does not change.
 * @throws {ChainruleError} unless exactly one bound is given, above 0.
 * @example new Optimizer(clipped(rules.adamW, { maxNorm: 1 }), model.parameters(), { lr: 1e-3 })
 */
export function clipped<H extends Hypers>(rule: Rule<H>, bound: ClipNorm): Rule<H & ClipNorm>;
export function clipped<H extends Hypers>(rule: Rule<H>, bound: ClipValue): Rule<H & ClipValue>;
export function clipped<H extends Hypers>(
  rule: Rule<H>,
  bound: Partial<ClipNorm & ClipValue>,
): Rule<H & Partial<ClipNorm & ClipValue>> {
  if (!passes(kinds.object, bound)) {
    throw new ChainruleError(`clipped: give either maxNorm or maxValue, got ${display(bound)}`);
  }
  const [name, ...others] = reading('clipped', 'bound', () => Object.keys(bound));
  if ((name !== 'maxNorm' && name !== 'maxValue') || others.length > 0) {
    throw new ChainruleError(`clipped: give either maxNorm or maxValue, got ${display(bound)}`);
  }
  ensure('clipped', name, bound[name], positive);
  const inner = complete(rule);
  const byNorm = name === 'maxNorm';
  return {
    ...inner,
    name: `clipped(${inner.name})`,
    defaults: { ...inner.defaults, ...bound },
    checks: { ...inner.checks, [name]: positive },
    measures: (gradients) => ({
      ...inner.measures?.(gradients),
      ...(byNorm ? { 'clip.norm': normOf(gradients) } : {}),
    }),
    scalars: (h, t, counters, group, measures) => {
      const limit = h[name] as unknown as Tensor;
      const factor = byNorm
        ? minimum(div(limit, add(measures['clip.norm'] as Tensor, 1e-6)), 1)
        : limit;
      return { ...inner.scalars(h, t, counters, group, measures), 'clip.by': factor };
    },
    update: (p, g, state, s, group) => {
      const by = s['clip.by'] as Tensor;
      return inner.update(p, byNorm ? mul(g, by) : clamp(g, by.neg(), by), state, s, group);
    },
  };
}

function normOf(gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((g) => cast(sum(mul(g, g)), 'float64'));
  return sqrt(squares.reduce((a, b) => add(a, b), number(0)));
}

/**
 * The rule with `lr · factor(t)` in place of `lr`, where the tensor `t` counts previous steps: 0 for the first. The
 * factor is part of the step: it needs no `schedule.step()`, is saved with the step count, and works in a compiled step.
 * Rules that wrap the result, such as `decayed`, see the plain `lr`. Optax: `scale_by_schedule`.
 * @example scheduled(rules.sgd, (t) => minimum(t.add(1).div(100), 1)) // 100 steps of warm-up
 */
export function scheduled<H extends Hypers & { readonly lr: number }>(
  rule: Rule<H>,
  factor: (t: Tensor) => Tensor | number,
): Rule<H> {
  const inner = complete(rule);
  const at = (h: Symbols<H>, t: Tensor): Symbols<H> => ({
    ...h,
    lr: mul(h.lr as Tensor, factor(sub(t, 1))),
  });
  return {
    ...inner,
    name: `scheduled(${inner.name})`,
    scalars: (h, t, ...rest) => inner.scalars(at(h, t), t, ...rest),
    ...(rule.count === undefined
      ? {}
      : { count: (h, t, counters) => rule.count?.(at(h, t), t, counters) ?? {} }),
  };
}

/** The hyperparameters that {@link lookahead} adds. */
export type Lookahead = {
  /** The number of steps after which the slow weights move; k in the paper. */
  readonly syncPeriod: number;
  /** The fraction of the way to the parameters that they move; α in the paper. */
  readonly slowStepSize: number;
};

const readLookahead = defineOptions<Partial<Lookahead>>({
  syncPeriod: kinds.number,
  slowStepSize: kinds.number,
});

/**
 * The rule with slow weights (Zhang et al. 2019, arXiv:1907.08610): after every `syncPeriod` steps (default 5) state `slow`
 * moves by `slowStepSize` (default 0.5) of the way to the parameter, which then starts again from there.
 * @example new Optimizer(lookahead(rules.radam), model.parameters(), { lr: 1e-3 })
 */
export function lookahead<H extends Hypers>(
  rule: Rule<H>,
  options?: Partial<Lookahead>,
): Rule<H & Lookahead> {
  const { syncPeriod = 5, slowStepSize = 0.5 } = readLookahead('lookahead', options);
  ensure('lookahead', 'syncPeriod', syncPeriod, count);
  ensure('lookahead', 'slowStepSize', slowStepSize, fraction);
  const inner = complete(rule);
  return {
    ...inner,
    name: `lookahead(${inner.name})`,
    defaults: { ...inner.defaults, syncPeriod, slowStepSize },
    checks: { ...inner.checks, syncPeriod: count, slowStepSize: fraction },
    state: (group, p) => ({ ...inner.state(group, p), slow: {} }),
    scalars: (h, t, ...rest) => ({
      ...inner.scalars(h, t, ...rest),
      'slow.first': eq(t, 1),
      'slow.due': eq(remainder(t, h.syncPeriod as Tensor), 0),
      'slow.step': h.slowStepSize,
    }),
    update: (p, g, { slow, ...state }, s, group) => {
      const { step, param, ...next } = inner.update(p, g, state, s, group);
      const fast = paramAfter(p, { step, param } as Update);
      const from = where(s['slow.first'] as Tensor, p, slow as Tensor);
      const followed = add(from, mul(sub(fast, from), s['slow.step'] as Tensor));
      const due = s['slow.due'] as Tensor;
      return { ...next, param: where(due, followed, fast), slow: where(due, followed, from) };
    },
  };
}
