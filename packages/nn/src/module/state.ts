/** @file Loading a state dictionary: all of it or nothing. */
import {
  checkArgument,
  kinds,
  type Kind,
  type Cell,
  FormatError,
  noGrad,
  Tensor,
  printable,
} from '@chainrule/autograd';
import type { Module } from './module.js';
import { isModule, presentKeys } from './slots.js';

/** Tensors by name: what `stateDict()` gives and `loadSafetensors` reads. */
export type StateDict = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

/** The entries of a state dictionary: a plain object, or a Map. */
export function entriesOf(op: string, state: StateDict): Map<string, unknown> {
  checkArgument(op, 'the state', state, dictionary);
  return new Map<string, unknown>(state instanceof Map ? state : Object.entries(state));
}

const dictionary: Kind<StateDict> = kinds.kind(
  'be an object of tensors by name, as stateDict() gives it, or a Map from names to tensors',
  (x) =>
    kinds.object.test(x) &&
    !isModule(x) &&
    (x instanceof Map
      ? [...x.keys()].every((key) => typeof key === 'string')
      : Object.entries(x).length >= 0),
  FormatError,
);
/** A cell, its new value, and its name. */
type Load = readonly [target: Cell, value: Tensor, key: string];

export function loadState(
  module: Module,
  targets: ReadonlyMap<string, Cell>,
  state: StateDict,
  strict: boolean,
): { missingKeys: string[]; unexpectedKeys: string[] } {
  const given = entriesOf('loadStateDict', state);
  for (const [former, key] of presentKeys(module)) {
    if (!given.has(former) || given.has(key)) continue;
    given.set(key, given.get(former));
    given.delete(former);
  }
  const missingKeys = [...targets.keys()].filter((key) => !given.has(key));
  const unexpectedKeys = [...given.keys()].filter((key) => !targets.has(key));
  const misshapen: string[] = [];
  const loads: Load[] = [];
  for (const [key, target] of targets) {
    if (!given.has(key)) continue;
    const value = given.get(key);
    const expected = `[${target.shape.join(', ')}]`;
    if (!(value instanceof Tensor))
      misshapen.push(`${key} is not a tensor, expected one of shape ${expected}`);
    else if (String(value.shape) === String(target.shape) && value.ndim === target.ndim)
      loads.push([target, value as Tensor, key]);
    else
      misshapen.push(
        `${key} has shape [${(value as Tensor).shape.join(', ')}], expected ${expected}`,
      );
  }
  const problems = [
    ...(strict && missingKeys.length > 0 ? [`missing: ${listed(missingKeys)}`] : []),
    ...(strict && unexpectedKeys.length > 0 ? [`unexpected: ${listed(unexpectedKeys)}`] : []),
    ...(misshapen.length > 0 ? [`misshapen: ${listed(misshapen, '; ')}`] : []),
  ];
  if (problems.length > 0) {
    throw new FormatError(
      `loadStateDict: the state does not fit this ${module.constructor.name}, and nothing was loaded:\n  ${problems.join('\n  ')}`,
    );
  }
  warnOfCasts(module, loads);
  noGrad(() => {
    // All values are read before the first is assigned: the state may hold this module's own cells.
    const values = loads.map(([target, value]) => {
      const fixed = value.detach();
      return fixed.dtype === target.dtype ? fixed : fixed.cast(target.dtype);
    });
    loads.forEach(([target], i) => target.assign(values[i] as Tensor));
  });
  return { missingKeys, unexpectedKeys };
}

const MAX_LISTED = 30;
const MAX_TEXT = 200;

/** Shortens keys from a file for a message: there may be a million of them, of any length. */
function listed(items: readonly string[], between = ', '): string {
  const shown = items
    .slice(0, MAX_LISTED)
    .map((item) => (item.length > MAX_TEXT ? `${item.slice(0, MAX_TEXT)}…` : item));
  const more = items.length > MAX_LISTED ? ` and ${items.length - MAX_LISTED} more` : '';
  return `${shown.join(between)}${more}`;
}

/** The capacity of a dtype: a cast to a smaller one loses information. */
const WIDTH = { bool: 0, int32: 1, float32: 2, float64: 3 } as const;

/** Warns if a cast loses information: a model in float32 differs from the saved one in float64. */
function warnOfCasts(module: Module, loads: readonly Load[]): void {
  const narrowed = loads.filter(([target, value]) => WIDTH[value.dtype] > WIDTH[target.dtype]);
  if (narrowed.length === 0) return;
  const some = narrowed
    .slice(0, 5)
    .map(([target, value, key]) => `${key} from ${value.dtype} to ${target.dtype}`);
  const more = narrowed.length > some.length ? ` and ${narrowed.length - some.length} more` : '';
  const [[, { dtype }]] = narrowed as [Load];
  console.warn(
    `loadStateDict: numbers are rounded when they are loaded into this ${printable(module.constructor.name)}: ` +
      `${some.map(printable).join(', ')}${more}. Convert the module first: module.to('${dtype}')`,
  );
}
