/**
 * @file State dictionaries: the state of an optimizer as plain objects, checked as a whole before any of it is used.
 */
import {
  cell,
  evaluate,
  FormatError,
  kinds,
  noGrad,
  passes,
  plural,
  Tensor,
  tensor,
} from '@chainrule/autograd';
import type { Cell, Parameter } from '@chainrule/autograd';
import { Clock } from './clock.js';
import { display, type Hypers, type HyperValue } from './checks.js';
import type { ParamState } from './parameterStates.js';
import { checkHypers, type BuiltGroup } from './paramGroup.js';
import type { CompleteRule } from './rule.js';

/** A saved group: its hyperparameters, and its parameters by name, or by position if they have none. */
export interface SavedGroup {
  /** The numbers of the group's parameters, counted over all groups. */
  readonly params: readonly (string | number)[];
  readonly [hyper: string]: unknown;
}

/** The result of an optimizer's `stateDict()`: plain objects, numbers and tensors. */
export interface OptimizerState {
  /** The optimizer's name. */
  readonly optimizer: string;
  /** For each parameter, the step count and the state of the rule. */
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
  /** The options of each group, and the numbers of its parameters. */
  readonly paramGroups: readonly SavedGroup[];
}

/** The keys of the parameters: their names, or their positions over all groups. */
function keysOf<H>(built: readonly BuiltGroup<H>[]): (string | number)[][] {
  let position = 0;
  return built.map(({ group }) =>
    group.params.map((_, i) => {
      const key = group.paramNames?.[i] ?? position;
      position++;
      return key;
    }),
  );
}

/** A copy that later steps do not change. It is computed or copied only when necessary. */
function snapshot(t: Tensor): Tensor {
  return noGrad(() => t.clone());
}

export function save<H extends Hypers>(
  rule: CompleteRule<H>,
  built: readonly BuiltGroup<H>[],
  states: ReadonlyMap<Parameter, ParamState>,
): OptimizerState {
  const keys = keysOf(built);
  const state: Record<string, Record<string, Tensor>> = {};
  const clocks = new Map<Clock, Record<string, Tensor>>();
  built.forEach(({ group }, g) => {
    group.params.forEach((p, i) => {
      const parameterState = states.get(p);
      if (parameterState === undefined) return;
      let clockState = clocks.get(parameterState.clock);
      if (clockState === undefined) {
        clockState = snapshots({
          step: parameterState.clock.step,
          ...parameterState.clock.counters,
        });
        clocks.set(parameterState.clock, clockState);
      }
      state[String(keys[g]?.[i])] = { ...clockState, ...snapshots(parameterState.cells) };
    });
  });
  return {
    optimizer: rule.name,
    state,
    paramGroups: built.map(({ group }, g) => ({
      ...Object.fromEntries(
        Object.keys(rule.checks).map((name) => [name, group[name] as HyperValue]),
      ),
      ...(group.initialLr === undefined ? {} : { initialLr: group.initialLr }),
      params: keys[g] as (string | number)[],
    })),
  };
}

function snapshots(cells: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(cells).map(([name, c]) => [name, snapshot(c)]));
}

/**
 * Restores a saved state.
 * @throws {FormatError} if it does not fit. Nothing has changed then.
 */
export function load<H extends Hypers>(
  rule: CompleteRule<H>,
  built: readonly BuiltGroup<H>[],
  states: Map<Parameter, ParamState>,
  saved: OptimizerState,
): void {
  const refuse = (why: string): never => {
    throw new FormatError(`${rule.name}.loadStateDict: ${why}`);
  };
  if (!isSaved(saved)) refuse(`expected { optimizer, state, paramGroups }, got ${display(saved)}`);
  if (saved.optimizer !== rule.name)
    refuse(`the state belongs to ${display(saved.optimizer)}, not to '${rule.name}'`);
  if (saved.paramGroups.length !== built.length) {
    refuse(
      `the state has ${plural(saved.paramGroups.length, 'group')}, this optimizer ${built.length}`,
    );
  }
  const hypers = built.map((group, g) =>
    hypersOf(rule, group, saved.paramGroups[g] as SavedGroup, g, refuse),
  );
  const usedKeys = new Set<string>();
  const found = new Map<Parameter, Record<string, Tensor>>();
  built.forEach(({ group }, g) => {
    const keys = match(group, saved.paramGroups[g] as SavedGroup, g, refuse);
    const values = hypers[g] as H & { initialLr?: number };
    group.params.forEach((p, i) => {
      const key = String(keys[i]);
      usedKeys.add(key);
      const entry = saved.state[key];
      if (entry !== undefined) found.set(p, checkState(rule, values, p, entry, key, refuse));
    });
  });
  const extra = Object.keys(saved.state).filter((key) => !usedKeys.has(key));
  if (extra.length > 0) refuse(`the state has entries of unknown parameters: ${extra.join(', ')}`);
  built.forEach(({ group }, g) => Object.assign(group, hypers[g]));
  states.clear();
  for (const { group } of built) takeOver(rule, group as unknown as H, group.params, found, states);
}

function hypersOf<H extends Hypers>(
  rule: CompleteRule<H>,
  { group }: BuiltGroup<H>,
  saved: SavedGroup,
  g: number,
  refuse: (why: string) => never,
): H & { initialLr?: number } {
  if (!isRecord(saved) || !Array.isArray(saved.params)) return refuse(`group ${g} has no params`);
  const names = Object.keys(rule.checks);
  const missing = names.filter((name) => saved[name] === undefined);
  if (missing.length > 0) refuse(`group ${g} lacks ${missing.join(', ')}`);
  const unknown = Object.keys(saved).filter(
    (n) => !names.includes(n) && n !== 'params' && n !== 'initialLr',
  );
  if (unknown.length > 0) refuse(`group ${g} has unknown entries: ${unknown.join(', ')}`);
  const values = Object.fromEntries(names.map((name) => [name, saved[name]])) as unknown as H;
  try {
    checkHypers(rule, values, group.params);
  } catch (error) {
    refuse(`group ${g}: ${(error as Error).message}`);
  }
  const { initialLr } = saved;
  if (initialLr === undefined) return values;
  if (typeof initialLr !== 'number')
    return refuse(`group ${g}: initialLr must be a number; got ${display(initialLr)}`);
  return { ...values, initialLr };
}

/** The saved keys of a group's parameters: by name if both sides have names, else by order. */
function match(
  group: BuiltGroup<unknown>['group'],
  { params: keys }: SavedGroup,
  g: number,
  refuse: (why: string) => never,
): readonly (string | number)[] {
  if (keys.length !== group.params.length) {
    refuse(
      `group ${g} of the state has ${plural(keys.length, 'parameter')}, that of this optimizer ${group.params.length}`,
    );
  }
  if (new Set(keys).size < keys.length) refuse(`group ${g} of the state names a parameter twice`);
  const names = group.paramNames;
  if (names === null || keys.some((key) => typeof key !== 'string')) return keys;
  const missing = names.filter((name) => !keys.includes(name));
  if (missing.length > 0) {
    const unexpected = keys.filter((key) => !names.includes(key as string));
    refuse(
      `group ${g} of the state lacks ${missing.join(', ')} and has ${unexpected.join(', ')} instead`,
    );
  }
  return names;
}

/** The saved tensors of one parameter, if they are those that the rule keeps. */
function checkState<H extends Hypers>(
  rule: CompleteRule<H>,
  values: H,
  p: Parameter,
  saved: Readonly<Record<string, Tensor>>,
  key: string,
  refuse: (why: string) => never,
): Record<string, Tensor> {
  const expected: Record<string, { shape: readonly number[]; dtype: string }> = {};
  for (const name of ['step', ...Object.keys(rule.counters?.(values) ?? {})]) {
    expected[name] = { shape: [], dtype: 'float64' };
  }
  for (const [name, initial] of Object.entries(rule.state(values, p))) {
    expected[name] = {
      shape: (initial as { shape?: readonly number[] }).shape ?? p.shape,
      dtype: p.dtype,
    };
  }
  if (!isRecord(saved)) return refuse(`the state of parameter ${key} is ${display(saved)}`);
  const missing = Object.keys(expected).filter((name) => saved[name] === undefined);
  if (missing.length > 0) refuse(`the state of parameter ${key} lacks ${missing.join(', ')}`);
  const extra = Object.keys(saved).filter((name) => expected[name] === undefined);
  if (extra.length > 0)
    refuse(`the state of parameter ${key} has unknown entries: ${extra.join(', ')}`);
  for (const [name, { shape, dtype }] of Object.entries(expected)) {
    const t = saved[name];
    if (!(t instanceof Tensor))
      refuse(`${name} of parameter ${key} is ${display(t)}, not a tensor`);
    const given = t;
    if (given.shape.join() !== shape.join() || given.dtype !== dtype) {
      refuse(
        `${name} of parameter ${key} is ${given.dtype} of shape [${given.shape.join(', ')}]; ` +
          `it must be ${dtype} of shape [${shape.join(', ')}]`,
      );
    }
  }
  return { ...saved };
}

/** Creates the states; parameters with the same counts share a clock again. */
function takeOver<H extends Hypers>(
  rule: CompleteRule<H>,
  values: H,
  params: readonly Parameter[],
  found: ReadonlyMap<Parameter, Record<string, Tensor>>,
  states: Map<Parameter, ParamState>,
): void {
  const counters = Object.keys(rule.counters?.(values) ?? {});
  const clocks = new Map<string, Clock>();
  for (const p of params) {
    const saved = found.get(p);
    if (saved === undefined) continue;
    const numbers = ['step', ...counters].map((name) => (saved[name] as Tensor).item());
    let clock = clocks.get(numbers.join());
    if (clock === undefined) {
      const counted = counters.map((name, i): [string, number] => [name, numbers[i + 1] as number]);
      clock = Clock.at(numbers[0] as number, Object.fromEntries(counted));
      clocks.set(numbers.join(), clock);
    }
    clock.members.add(p);
    const cells: Record<string, Cell> = {};
    for (const name of Object.keys(rule.state(values, p)))
      cells[name] = cell(copyAt(saved[name] as Tensor, p.device));
    states.set(p, { clock, cells });
  }
}

/** A copy on a device, evaluated and in memory of its own. */
export function copyAt(t: Tensor, device: Tensor['device']): Tensor {
  if (t.device === 'cpu' || device === 'cpu')
    return tensor(t.dataSync(), { shape: t.shape, device });
  const copy = t.detach().clone();
  evaluate(copy);
  return copy;
}

/** Whether `x` has the parts of a state, and they can be read. */
export function isSaved(x: unknown): x is OptimizerState {
  return passes(parts, x);
}

const parts = kinds.kind<OptimizerState>('be { optimizer, state, paramGroups }', (x) => {
  const { optimizer, state, paramGroups } = x as Partial<OptimizerState>;
  return kinds.object.test(state) && kinds.array.test(paramGroups) && optimizer !== undefined;
});

function isRecord(x: unknown): x is Record<string, unknown> {
  return passes(kinds.object, x);
}
