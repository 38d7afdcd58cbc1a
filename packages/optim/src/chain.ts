/** @file Chains of rules: the step of one rule is the gradient of the next. */
import { ChainruleError, sub } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import type { Hypers } from './checks.js';
import { number } from './paramGroup.js';
import { complete, type CompleteRule, type Rule, type Symbols, type Update } from './rule.js';

/**
 * The hyperparameters of the earlier rules of a chain, so that their steps are gradients: rate and decay belong to the last
 * rule.
 */
const NEUTRAL: Readonly<Record<string, number | boolean>> = {
  lr: 1,
  weightDecay: 0,
  maximize: false,
};

/**
 * Chains rules: the step that one would take at `lr` 1 is the gradient of the next, and the last one takes the step. It has
 * the hyperparameters of all rules; `lr`, `weightDecay` and `maximize` are those of the last.
 * Optax: `chain`.
 * @throws {ChainruleError} if two rules share any other hyperparameter.
 * @example chain(rules.rmsprop, signum) // the sign of an RMSprop step
 */
export function chain<A extends Hypers, B extends Hypers>(
  first: Rule<A>,
  last: Rule<B>,
): Rule<A & B>;
export function chain<A extends Hypers, B extends Hypers, C extends Hypers>(
  first: Rule<A>,
  second: Rule<B>,
  last: Rule<C>,
): Rule<A & B & C>;
export function chain(...given: readonly Rule<Hypers>[]): Rule<Hypers>;
export function chain(...given: readonly unknown[]): unknown {
  if (given.length === 0) throw new ChainruleError('chain: got no rules');
  const all = (given as readonly Rule<Hypers>[]).map(complete);
  const links = all.map((rule, i): Link => ({ rule, key: `${i}.`, isLast: i === all.length - 1 }));
  checkNames(all);
  const own = <T>({ key }: Link, values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, x]) =>
        name.startsWith(key) ? [[name.slice(key.length), x]] : [],
      ),
    );
  const joined = <T>(part: (link: Link) => Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      links.flatMap((link) => Object.entries(part(link)).map(([k, x]) => [link.key + k, x])),
    );
  const merged = (part: (rule: CompleteRule<Hypers>) => object): object =>
    Object.assign({}, ...all.map(part)) as object;
  const chained: Rule<Hypers> = {
    name: `chain(${all.map(({ name }) => name).join(', ')})`,
    defaults: merged((rule) => rule.defaults) as Hypers,
    checks: merged((rule) => rule.checks),
    structural: all.flatMap(({ structural = [] }) => structural),
    refuse: (group, params) =>
      links.reduce<string | null>(
        (why, link) => why ?? link.rule.refuse?.(groupOf(link, group), params) ?? null,
        null,
      ),
    counters: (group) => joined((link) => link.rule.counters?.(groupOf(link, group)) ?? {}),
    count: (h, t, counters) =>
      joined((link) => link.rule.count?.(symbolsOf(link, h), t, own(link, counters)) ?? {}),
    state: (group, p) =>
      joined((link) => link.rule.state(groupOf(link, group), p) as Record<string, object>),
    measures: (gradients) => joined(({ rule }) => rule.measures?.(gradients) ?? {}),
    scalars: (h, t, counters, group, measures) =>
      joined((link) =>
        link.rule.scalars(
          symbolsOf(link, h),
          t,
          own(link, counters),
          groupOf(link, group),
          own(link, measures),
        ),
      ),
    update: (p, g, state, s, group) => {
      let gradient = g;
      let update: Update = { step: g };
      const next = joined((link) => {
        const inner = groupOf(link, group);
        update = link.rule.update(p, gradient, own(link, state), own(link, s), inner);
        const { step, param, ...rest } = update;
        gradient = step ?? sub(p, param);
        return rest as Record<string, Tensor>;
      });
      const { step, param } = update;
      return { ...next, ...(step === undefined ? { param } : { step }) } as Update;
    },
  };
  return chained;
}

interface Link {
  readonly rule: CompleteRule<Hypers>;
  readonly key: string;
  readonly isLast: boolean;
}

function groupOf({ rule, isLast }: Link, group: Hypers): Hypers {
  return isLast ? group : { ...group, ...neutral(rule, (x) => x) };
}

function symbolsOf({ rule, isLast }: Link, h: Symbols<Hypers>): Symbols<Hypers> {
  if (isLast) return h;
  return { ...h, ...neutral(rule, (x) => (typeof x === 'number' ? number(x) : x)) };
}

function neutral<T>(
  { defaults }: CompleteRule<Hypers>,
  as: (x: number | boolean) => T,
): Record<string, T> {
  const names = Object.keys(NEUTRAL).filter((name) => name in defaults);
  return Object.fromEntries(names.map((name) => [name, as(NEUTRAL[name] as number | boolean)]));
}

function checkNames(all: readonly CompleteRule<Hypers>[]): void {
  const seen = new Map<string, string>();
  for (const { name: rule, defaults } of all) {
    for (const name of Object.keys(defaults)) {
      const other = seen.get(name);
      if (other !== undefined && !(name in NEUTRAL)) {
        throw new ChainruleError(
          `chain: both ${other} and ${rule} have a hyperparameter '${name}'; only lr, weightDecay and maximize may occur in several`,
        );
      }
      seen.set(name, rule);
    }
  }
}
