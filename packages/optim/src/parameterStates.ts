/** @file The state that an optimizer keeps for each parameter: the rule's cells, and a clock that counts its steps. */
import {
  borrowGrad,
  cell,
  tensor,
  type Cell,
  type Parameter,
  type Tensor,
} from '@chainrule/autograd';
import type { Hypers } from './checks.js';
import { Clock } from './clock.js';
import type { ParamGroup } from './paramGroup.js';
import type { CompleteRule, Initial } from './rule.js';

/** The state that an optimizer keeps for one parameter. */
export interface ParamState {
  clock: Clock;
  readonly cells: Record<string, Cell>;
}

export class ParameterStates<H extends Hypers> {
  /** The states by parameter; parameters that have made no step yet have none. */
  readonly states = new Map<Parameter, ParamState>();
  /** Increases when parameters move to other clocks, or states to other cells. */
  changes = 0;
  private readonly rule: CompleteRule<H>;

  constructor(rule: CompleteRule<H>) {
    this.rule = rule;
  }

  /** The parameters that have a gradient, grouped by their clocks; a parameter's first step creates its state. */
  clocksOf(group: ParamGroup<H>): Map<Clock, readonly Parameter[]> {
    const byClock = new Map<Clock, Parameter[]>();
    let fresh: Clock | null = null;
    for (const p of group.params) {
      if (borrowGrad(p) === null) continue;
      let state = this.states.get(p);
      if (state === undefined) {
        if (fresh === null) this.changes++;
        fresh ??= Clock.start(this.rule.counters?.(group) ?? {});
        fresh.members.add(p);
        this.states.set(p, (state = { clock: fresh, cells: {} }));
      }
      const members = byClock.get(state.clock);
      if (members === undefined) byClock.set(state.clock, [p]);
      else members.push(p);
    }
    const result = new Map<Clock, readonly Parameter[]>();
    for (const [clock, params] of byClock) {
      const own = clock.for(params);
      if (own !== clock) {
        this.changes++;
        for (const p of params) (this.states.get(p) as ParamState).clock = own;
      }
      result.set(own, params);
    }
    return result;
  }

  /** The cells of a parameter; missing ones are created. */
  of(values: H, p: Parameter): Record<string, Cell> {
    const { cells } = this.states.get(p) as ParamState;
    for (const [name, initial] of Object.entries(this.rule.state(values, p))) {
      cells[name] ??= cell(initialTensor(initial as Initial, p));
    }
    return cells;
  }
}

/** A state's first value: elements and not a graph, so that a compiled step does not start from it at every call. */
function initialTensor({ fill = 0, shape }: Initial, p: Tensor): Tensor {
  const size = (shape ?? p.shape).reduce((n, d) => n * d, 1);
  const elements = p.dtype === 'float64' ? new Float64Array(size) : new Float32Array(size);
  return tensor(fill === 0 ? elements : elements.fill(fill), { shape: shape ?? p.shape });
}
