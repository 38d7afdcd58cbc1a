/** @file The graph of a step: the next values of parameters, their states and counts, by the rule. */
import { borrowGrad, cast, neg } from '@chainrule/autograd';
import type { Cell, DType, Tensor } from '@chainrule/autograd';
import type { Hypers } from './checks.js';
import type { BuiltGroup } from './paramGroup.js';
import type { ParameterStates } from './parameterStates.js';
import { paramAfter, type CompleteRule } from './rule.js';

/** The assignments of a step, in order. */
export function updatesOf<H extends Hypers>(
  rule: CompleteRule<H>,
  built: readonly BuiltGroup<H>[],
  states: ParameterStates<H>,
): [Cell, Tensor][] {
  const measures = rule.measures?.(gradientsOf(built)) ?? {};
  return built.flatMap((group) => updateGroup(rule, group, states, measures));
}

function gradientsOf<H extends Hypers>(built: readonly BuiltGroup<H>[]): Tensor[] {
  const params = built.flatMap(({ group }) => group.params);
  return params.map((p) => borrowGrad(p)).filter((g) => g !== null);
}

function updateGroup<H extends Hypers>(
  rule: CompleteRule<H>,
  { group, symbols }: BuiltGroup<H>,
  states: ParameterStates<H>,
  measures: Readonly<Record<string, Tensor>>,
): [Cell, Tensor][] {
  const values = group as unknown as H;
  const assignments: [Cell, Tensor][] = [];
  for (const [clock, params] of states.clocksOf(group)) {
    const t = clock.step.add(1);
    const scalars = rule.scalars(symbols, t, clock.counters, values, measures);
    assignments.push([clock.step, t]);
    for (const [name, next] of Object.entries(rule.count?.(symbols, t, clock.counters) ?? {})) {
      assignments.push([clock.counters[name] as Cell, next]);
    }
    const cache = new Map<DType, Record<string, Tensor>>();
    for (const p of params) {
      const state = states.of(values, p);
      const scalarsOfType = castAll(scalars, p.dtype, cache);
      const gradient = borrowGrad(p) as Tensor;
      const g = group['maximize'] === true ? neg(gradient) : gradient;
      const update = rule.update(p, g, state, scalarsOfType, values);
      const { param: _param, step: _step, ...rest } = update;
      assignments.push([p, paramAfter(p, update)]);
      for (const [name, value] of Object.entries(rest))
        assignments.push([state[name] as Cell, value as Tensor]);
    }
  }
  return assignments;
}

function castAll(
  scalars: Record<string, Tensor>,
  dtype: DType,
  cache: Map<DType, Record<string, Tensor>>,
): Record<string, Tensor> {
  let result = cache.get(dtype);
  if (result === undefined) {
    // Conditions keep their dtype.
    const as = (x: Tensor): Tensor => (x.dtype === 'bool' ? x : cast(x, dtype));
    result = Object.fromEntries(Object.entries(scalars).map(([name, x]) => [name, as(x)]));
    cache.set(dtype, result);
  }
  return result;
}
