/** @file Parameter groups: parameters with their own hyperparameters, checked when set and when changed. */
import {
  defineOptions,
  kinds,
  passes,
  reading,
  cell,
  ChainruleError,
  Tensor,
  tensor,
  readList,
} from '@chainrule/autograd';
import type { Cell, Kind, Parameter } from '@chainrule/autograd';
import { display, ensure, type Hypers, type HyperValue } from './checks.js';
import type { CompleteRule, Symbols } from './rule.js';

/** Parameters, perhaps with names: `model.parameters()` or `model.namedParameters()`. */
export type Params = Iterable<Parameter | readonly [name: string, parameter: Parameter]>;

/** A group as a user gives it: its parameters, and the hyperparameters that differ from the defaults. */
export type GroupOptions<O> = { readonly params: Params | Parameter } & O;

/** The first argument of optimizers: parameters, or groups of them. */
export type ParamsOrGroups<O> = Params | readonly GroupOptions<O>[] | GroupOptions<O>;

/**
 * A group of an optimizer: `params`, and every hyperparameter as a property that can be read and changed.
 *
 * Numbers are stored in zero-dimensional tensors, so a compiled step sees a change without a new plan.
 */
export type ParamGroup<H> = { -readonly [K in keyof H]: H[K] } & {
  readonly params: readonly Parameter[];
  /** Their names, where they were given with names. */
  readonly paramNames: readonly string[] | null;
  /** The learning rate that schedules start from. */
  initialLr?: number;
};

/** A group, and the tensors that hold its hyperparameters. */
export interface BuiltGroup<H> {
  readonly group: ParamGroup<H>;
  /** The group as users see it: changes are checked, including the names of properties. */
  readonly view: ParamGroup<H>;
  readonly symbols: Symbols<H>;
  /** Increases when a change of a hyperparameter changes the graph of a step. */
  readonly changes: { count: number };
}

/** The groups in an optimizer's first argument. */
export function groupsOf<O>(owner: string, given: ParamsOrGroups<O>): readonly GroupOptions<O>[] {
  if (isGroup<O>(given)) return [given];
  if (given instanceof Tensor) return [{ params: [given] } as unknown as GroupOptions<O>];
  const items = listOf(owner, given);
  if (items.length === 0) {
    throw new ChainruleError(
      `${owner}: got no parameters; pass model.parameters() of a model that has some`,
    );
  }
  const groups = items.filter((item) => isGroup<O>(item));
  if (groups.length === 0) return [{ params: items } as unknown as GroupOptions<O>];
  if (groups.length < items.length) {
    throw new ChainruleError(
      `${owner}: parameters and groups are mixed; pass either parameters, or only groups`,
    );
  }
  return groups;
}

const group = kinds.kind<GroupOptions<never>>(
  'be a group { params, … }',
  (x) => kinds.object.test(x) && 'params' in x,
);

function isGroup<O>(x: unknown): x is GroupOptions<O> {
  return passes(group, x);
}

/** @internal A parameter, a pair with its name, or a group; the contents are checked later, one by one. */
export const entry = kinds.kind<object>(
  'be a parameter, a pair of a name and a parameter, or a group { params, … }',
  (x) => typeof x === 'object' && x !== null,
);

function listOf(owner: string, x: unknown): unknown[] {
  if (!passes(kinds.iterable, x)) {
    throw new ChainruleError(
      `${owner}: expected parameters or groups { params, … }, got ${display(x)}; pass model.parameters()`,
    );
  }
  return readList(owner, 'params', x, entry);
}

/**
 * Makes a group for a rule; `used` are the parameters of the groups before it, `index` its position.
 * @throws {ChainruleError} if a parameter or a hyperparameter cannot be used.
 */
export function buildGroup<H extends Hypers>(
  rule: CompleteRule<H>,
  defaults: H,
  given: GroupOptions<Partial<H>>,
  used: ReadonlyMap<Parameter, string>,
  index: number,
): BuiltGroup<H> {
  const read = defineOptions<Record<string, unknown>>({
    params: kinds.anything,
    ...(rule.checks as Record<string, Kind>),
    initialLr: kinds.finite,
    paramNames: kinds.anything,
  });
  const { params: givenParams, ...options } = read(rule.name, given);
  const { params, names } = checkParams(rule.name, givenParams, used, index);
  const initialLr = options['initialLr'];
  const values: Record<string, HyperValue> = { ...defaults };
  for (const name of Object.keys(rule.checks)) {
    if (options[name] !== undefined) values[name] = options[name] as HyperValue;
  }
  checkHypers(rule, values as H, params);
  const symbols: Record<string, unknown> = {};
  const group = { params: Object.freeze(params), paramNames: names };
  const changes = { count: 0 };
  for (const name of Object.keys(rule.checks))
    symbols[name] = defineHyper(rule, group, name, values, changes);
  if (typeof initialLr === 'number') Object.assign(group, { initialLr });
  const view = new Proxy(group, {
    set(target, key, value: unknown) {
      if (key === 'params' || key === 'paramNames')
        throw new ChainruleError(
          `${rule.name}: ${key} of a group cannot be replaced; add parameters with addParamGroup`,
        );
      if (!(key in target)) read(rule.name, { params, [key]: value }); // refuses a key that is not an option
      if (Reflect.set(target, key, value)) return true;
      throw new ChainruleError(
        `${rule.name}: ${String(key)} of a group cannot be set: the group was frozen, by Object.freeze or by a store`,
      );
    },
  });
  return {
    group: group as ParamGroup<H>,
    view: view as ParamGroup<H>,
    symbols: symbols as Symbols<H>,
    changes,
  };
}

/** The part of a hyperparameter that the graph of a step may depend on: for most numbers only whether it is 0. */
export function structureOf<H extends Hypers>(
  { structural = [] }: CompleteRule<H>,
  name: string,
  x: HyperValue,
): HyperValue {
  const isNumber = typeof x === 'number' || Array.isArray(x);
  return structural.includes(name) || !isNumber ? x : x === 0;
}

/** @throws {ChainruleError} if a value, or a combination of values, cannot be used. */
export function checkHypers<H extends Hypers>(
  rule: CompleteRule<H>,
  values: H,
  params: readonly Parameter[],
): void {
  for (const [name, check] of Object.entries(rule.checks))
    ensure(rule.name, name, values[name], check);
  const reason = rule.refuse?.(values, params) ?? null;
  if (reason !== null) {
    const words = typeof reason === 'string' ? reason : display(reason);
    throw new ChainruleError(`${rule.name}: ${words}`);
  }
}

/** Defines a property that can be read and changed as a plain value; returns the tensors that formulas use for it. */
function defineHyper<H extends Hypers>(
  rule: CompleteRule<H>,
  group: object,
  name: string,
  values: Record<string, HyperValue>,
  changes: { count: number },
): unknown {
  const cells: (Cell | null)[] = [];
  const first = values[name] as HyperValue;
  const list = Array.isArray(first) ? (first as readonly (number | null)[]) : [first];
  for (const x of list) cells.push(typeof x === 'number' ? cell(number(x)) : null);
  const symbols: unknown[] = list.map((x, i) => cells[i] ?? x);
  const freeze = (x: HyperValue): HyperValue =>
    Array.isArray(x) ? Object.freeze([...(x as readonly number[])]) : x;
  values[name] = freeze(first);
  const set = (x: HyperValue): void => {
    ensure(rule.name, name, x, rule.checks[name] as NonNullable<(typeof rule.checks)[string]>);
    const before = structureOf(rule, name, values[name] as HyperValue);
    values[name] = freeze(x);
    if (!Object.is(before, structureOf(rule, name, x))) changes.count++;
    const parts = Array.isArray(x) ? (x as readonly (number | null)[]) : [x];
    parts.forEach((part, i) => {
      const at = cells[i];
      if (typeof part !== 'number') {
        cells[i] = null;
        symbols[i] = part;
      } else if (at === null || at === undefined) {
        symbols[i] = cells[i] = cell(number(part));
      } else {
        at.assign(part);
      }
    });
  };
  Object.defineProperty(group, name, { enumerable: true, get: () => values[name], set });
  return Array.isArray(first) ? symbols : symbols[0];
}

/** A number as a float64 tensor without dimensions, whose value exists already. */
export function number(x: number): Tensor {
  return tensor(Float64Array.of(x), { shape: [] });
}

function checkParams(
  owner: string,
  given: unknown,
  used: ReadonlyMap<Parameter, string>,
  group: number,
): { params: Parameter[]; names: readonly string[] | null } {
  const items = given instanceof Tensor ? [given] : listOf(owner, given);
  if (items.length === 0) throw new ChainruleError(`${owner}: group ${group} has no parameters`);
  const params: Parameter[] = [];
  const names: string[] = [];
  const seen = new Map(used);
  for (const [i, item] of items.entries()) {
    const [name, param] = reading(owner, `parameter ${i} of group ${group}`, () => namedOf(item));
    const where = `parameter ${name === null ? i : display(name)} of group ${group}`;
    checkParam(owner, where, param);
    const earlier = seen.get(param);
    if (earlier !== undefined) {
      throw new ChainruleError(
        `${owner}: ${where} ${shapeOf(param)} is already ${earlier}; give each parameter once`,
      );
    }
    if (name !== null && names.includes(name)) {
      throw new ChainruleError(
        `${owner}: two parameters of group ${group} are named ${display(name)}`,
      );
    }
    seen.set(param, where);
    params.push(param);
    if (name !== null) names.push(name);
  }
  if (names.length > 0 && names.length < params.length) {
    throw new ChainruleError(
      `${owner}: some parameters of group ${group} have names and some have none`,
    );
  }
  return { params, names: names.length > 0 ? Object.freeze(names) : null };
}

/** The name and the parameter in a pair `[name, parameter]`; for a single parameter the name is null. */
function namedOf(item: unknown): [string | null, unknown] {
  const pair = Array.isArray(item) && item.length === 2 ? (item as unknown[]) : null;
  return typeof pair?.[0] === 'string' ? [pair[0], pair[1]] : [null, item];
}

function checkParam(owner: string, where: string, param: unknown): asserts param is Parameter {
  if (!isTensor(param)) {
    throw new ChainruleError(`${owner}: ${where} is ${display(param)}, not a Parameter`);
  }
  if (typeof (param as Partial<Cell>).assign !== 'function') {
    throw new ChainruleError(
      `${owner}: ${where} is a tensor ${shapeOf(param)}, which cannot change; make it a parameter: new Parameter(t)`,
    );
  }
  if (!param.requiresGrad) {
    throw new ChainruleError(
      `${owner}: ${where} ${shapeOf(param)} is frozen (requiresGrad is false); leave it out: ` +
        `model.parameters().filter((p) => p.requiresGrad)`,
    );
  }
}

function isTensor(x: unknown): x is Tensor {
  return x instanceof Tensor;
}

function shapeOf({ shape }: { readonly shape: readonly number[] }): string {
  return `[${shape.join(', ')}]`;
}
