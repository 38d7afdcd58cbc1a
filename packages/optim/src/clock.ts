/**
 * @file Step counts. Parameters that have made the same steps share a clock, so that values that depend only on the count
 * (bias corrections) are computed once for all of them; a parameter that is skipped continues with a clock of its own.
 */
import { cell } from '@chainrule/autograd';
import type { Cell, Parameter } from '@chainrule/autograd';
import { number } from './paramGroup.js';

export class Clock {
  /** The number of steps made, float64. */
  readonly step: Cell;
  /** Further numbers of the rule that change at every step. */
  readonly counters: Readonly<Record<string, Cell>>;
  readonly members = new Set<Parameter>();

  constructor(step: Cell, counters: Readonly<Record<string, Cell>>) {
    this.step = step;
    this.counters = counters;
  }

  static start(counters: Readonly<Record<string, number>>): Clock {
    return Clock.at(0, counters);
  }

  static at(step: number, counters: Readonly<Record<string, number>>): Clock {
    return new Clock(
      cell(number(step)),
      Object.fromEntries(Object.entries(counters).map(([name, x]) => [name, cell(number(x))])),
    );
  }

  /** The clock of the members that make the next step: this one if all do, else a copy that they move to. */
  for(members: readonly Parameter[]): Clock {
    if (members.length === this.members.size) return this;
    const counters = Object.entries(this.counters).map(([name, c]): [string, Cell] => [
      name,
      cell(c),
    ]);
    const copy = new Clock(cell(this.step), Object.fromEntries(counters));
    for (const p of members) {
      this.members.delete(p);
      copy.members.add(p);
    }
    return copy;
  }
}
