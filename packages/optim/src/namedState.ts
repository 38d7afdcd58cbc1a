/** @file Names the cells that an optimizer's steps read and change besides the parameters. */
import { Cell, type Parameter } from '@chainrule/autograd';
import type { Hypers } from './checks.js';
import type { Clock } from './clock.js';
import type { BuiltGroup } from './paramGroup.js';
import type { ParamState } from './parameterStates.js';

/** States by parameter (`weight.expAvg`), hyperparameters by group (`group0.lr`), then step counts and counters. */
export function namedState<H extends Hypers>(
  built: readonly BuiltGroup<H>[],
  states: ReadonlyMap<Parameter, ParamState>,
): [name: string, state: Cell][] {
  const named: [string, Cell][] = [];
  const clocks = new Set<Clock>();
  let place = 0;
  built.forEach(({ group, symbols }, g) => {
    group.params.forEach((p, i) => {
      const key = group.paramNames?.[i] ?? (p.label === '' ? `parameter${place}` : p.label);
      place++;
      const state = states.get(p);
      if (state === undefined) return;
      for (const [name, c] of Object.entries(state.cells)) named.push([`${key}.${name}`, c]);
      clocks.add(state.clock);
    });
    for (const [name, symbol] of Object.entries(symbols)) {
      if (isCell(symbol)) named.push([`group${g}.${name}`, symbol]);
      else if (Array.isArray(symbol)) {
        symbol.forEach((c: unknown, k) => {
          if (isCell(c)) named.push([`group${g}.${name}.${k}`, c]);
        });
      }
    }
  });
  [...clocks].forEach(({ step, counters }, k) => {
    const end = k === 0 ? '' : `.${k}`;
    named.push([`step${end}`, step]);
    for (const [name, c] of Object.entries(counters)) named.push([`${name}${end}`, c]);
  });
  return named;
}

function isCell(x: unknown): x is Cell {
  return x instanceof Cell;
}
