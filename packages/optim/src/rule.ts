/** @file An optimizer's update rule. Everything that optimizers share is in `optimizer.ts`. */
import { sub } from '@chainrule/autograd';
import type { Parameter, Shape, Tensor } from '@chainrule/autograd';
import { checkArgument, kinds, type Kind } from '@chainrule/autograd';
import { finite, flag, tuple, type Check, type Hypers } from './checks.js';

/** A hyperparameter as formulas see it: a number is a tensor without dimensions, in float64. */
export type Symbolic<T> = T extends number
  ? Tensor
  : T extends readonly unknown[]
    ? { readonly [I in keyof T]: Symbolic<T[I]> }
    : T;

/** Hyper-parameters as formulas see them. */
export type Symbols<H> = { readonly [K in keyof H]: Symbolic<H[K]> };

/** The first value of a state: a constant, with the parameter's dtype, and its shape by default. */
export interface Initial {
  /** The value of every element. */
  readonly fill?: number;
  /** The shape. Default: the parameter's. */
  readonly shape?: Shape;
}

/** The result of a rule: the step, `p ← p − step`, or the updated parameter; and the new state. */
export type Update<State extends string = string> = (
  | { readonly step: Tensor; readonly param?: never }
  | { readonly param: Tensor; readonly step?: never }
) &
  Partial<Record<State, Tensor>>;

/**
 * An update rule: the core of an optimizer. `new Optimizer(rule, params, options)` adds parameter groups, checked
 * hyperparameters that may change at any time, state dictionaries, `onNonFinite`, `compile` and resuming; `decayed`,
 * `clipped`, `scheduled`, `lookahead` and `chain` derive further rules from it.
 *
 * A rule computes with tensors only, even in the first step, so that a compiled step replays correctly. `Scalar` names the
 * numbers that all parameters of a group share in a step, `State` the state kept for each parameter, `Counter` the numbers
 * kept with the step count.
 * @example
 * const signum: Rule<{ lr: number; beta: number }, 'lr' | 'beta', 'average'> = {
 *   name: 'Signum',
 *   defaults: { lr: 1e-3, beta: 0.9 },
 *   state: () => ({ average: {} }),
 *   update: (p, g, { average }, { lr, beta }) => {
 *     const next = average.add(g.sub(average).mul(beta.neg().add(1)));
 *     return { step: next.sign().mul(lr), average: next };
 *   },
 * };
 * const optimizer = new Optimizer(signum, model.parameters(), { lr: 1e-4 });
 */
export interface Rule<
  H extends Hypers,
  Scalar extends string = string,
  State extends string = string,
  Counter extends string = string,
> {
  /** The optimizer's name, in messages and state dictionaries. */
  readonly name: string;
  /** Every hyperparameter, with its default. Schedules drive `lr`, if it is one of them. */
  readonly defaults: H;
  /** The checks of hyperparameters. By default numbers must be finite, and booleans must be booleans. */
  readonly checks?: { readonly [K in keyof H]?: Check };
  /**
   * Numbers whose value shapes the graph, such as a count of iterations. For other numbers, only whether they are 0 may do
   * so.
   */
  readonly structural?: readonly string[];
  /** Checks several hyperparameters together, or the parameters: returns what is wrong, or null. */
  refuse?(group: H, params: readonly Parameter[]): string | null;
  /** The first values of the counters. */
  counters?(group: H): Record<Counter, number>;
  /** The state kept for each parameter, given the group's options. By default none. */
  state?(group: H, param: Parameter): Partial<Record<State, Initial>>;
  /** The counters after step `t`. */
  count?(h: Symbols<H>, t: Tensor, counters: Record<Counter, Tensor>): Record<Counter, Tensor>;
  /** Numbers computed from all gradients of a step together, over all groups, such as their norm. Without dimensions. */
  measures?(gradients: readonly Tensor[]): Record<string, Tensor>;
  /**
   * The numbers of step `t` (1 for the first), from the counters before it. They are computed in float64 once for a group,
   * and cast to the dtype of each parameter. By default the hyperparameters that are numbers.
   */
  scalars?(
    h: Symbols<H>,
    t: Tensor,
    counters: Record<Counter, Tensor>,
    group: H,
    measures: Readonly<Record<string, Tensor>>,
  ): Record<Scalar, Tensor>;
  /** The step and the state after it. `g` is the gradient, already negated if the group has `maximize` set. */
  update(
    p: Tensor,
    g: Tensor,
    state: Record<State, Tensor>,
    s: Record<Scalar, Tensor>,
    group: H,
  ): Update<State>;
}

/** A rule with all defaults filled in. */
export interface CompleteRule<H extends Hypers> extends Rule<H> {
  readonly checks: { readonly [K in keyof H]: Check };
  state(group: H, param: Parameter): Partial<Record<string, Initial>>;
  scalars(
    h: Symbols<H>,
    t: Tensor,
    counters: Record<string, Tensor>,
    group: H,
    measures: Readonly<Record<string, Tensor>>,
  ): Record<string, Tensor>;
}

const aRule = kinds.kind<Rule<never>>('be a rule { name, defaults, update }', (x) => {
  const { name, defaults, update } = x as Record<string, unknown>;
  return typeof name === 'string' && kinds.object.test(defaults) && typeof update === 'function';
});

/** Refuses values that are not rules. */
export function checkRule<H extends Hypers>(op: string, rule: Rule<H>): Rule<H> {
  checkArgument(op, 'the rule', rule, aRule);
  return rule;
}

/** Fills in the defaults of a rule. */
export function complete<H extends Hypers>(rule: Rule<H>): CompleteRule<H> {
  checkRule('Optimizer', rule);
  const checks = Object.entries(rule.defaults).map(([name, value]): [string, Check] => [
    name,
    rule.checks?.[name] ?? defaultCheck(value),
  ]);
  return {
    ...rule,
    checks: Object.fromEntries(checks) as CompleteRule<H>['checks'],
    state: (group, param) => rule.state?.(group, param) ?? {},
    scalars: (h, t, counters, group, measures) =>
      rule.scalars?.(h, t, counters, group, measures) ?? numbersOf(h, group),
  };
}

function defaultCheck(value: unknown): Check {
  if (typeof value === 'number') return finite;
  if (typeof value === 'boolean') return flag;
  if (Array.isArray(value)) return tuple(...value.map((x) => defaultCheck(x) as Kind));
  return { must: 'have the type of its default', test: (x) => typeof x === typeof value };
}

function numbersOf<H extends Hypers>(h: Symbols<H>, group: H): Record<string, Tensor> {
  const names = Object.keys(h).filter((name) => typeof group[name] === 'number');
  return Object.fromEntries(names.map((name) => [name, h[name] as Tensor]));
}

/** The parameter after an update. */
export function paramAfter(p: Tensor, { step, param }: Update): Tensor {
  return step === undefined ? param : sub(p, step);
}
