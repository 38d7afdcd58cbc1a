/**
 * @file Options: the last argument of a function or a constructor, `{ keepdim: true }`. A table names each with its
 * kind. The table is what options are checked with, and what the messages are made of.
 */
import { ChainruleError } from '../errors.js';
import { isTensor } from '../graph/isTensor.js';
import { passes, refuseArgument } from './check.js';
import { display } from './display.js';
import { isArray, object, type Kind } from './kinds.js';
import { nearest } from './nearest.js';

/** The kind of each option. Leaving one out is a type error. */
export type OptionTable<O extends object> = {
  readonly [K in keyof O]-?: Kind<Exclude<O[K], undefined>>;
};

/** Reads each option once: `({ keepdim }) => ({ keepdim })`. */
export type OptionPick<O extends object> = (given: O) => {
  // Not `-?`, which takes away `undefined` where exactOptionalPropertyTypes is off.
  readonly [K in keyof Required<O>]: O[K] | undefined;
};

/** Checks the options given to `op` and returns them; an empty object if there are none. */
export interface OptionsReader<O extends object> {
  (op: string, given: O | undefined): O;
  /** The kinds by name, to be spread into a larger table. */
  readonly table: OptionTable<O>;
}

/**
 * Makes the reader of a function's options from the table of their kinds. Make it once, beside the function.
 *
 * Reading allocates nothing if no options are given. Otherwise each key is checked: an unknown name is refused, with
 * the nearest known one; a value of the wrong kind is refused, with what it must be; `undefined` counts as not
 * given.
 *
 * @example
 * const sumOptions = defineOptions<{ keepdim?: boolean }>({ keepdim: kinds.flag });
 * function sum(x: Tensor, dim?: number, options?: { keepdim?: boolean }) {
 *   const { keepdim = false } = sumOptions('sum', options);
 * }
 * // sum: there is no option 'keepDim'; did you mean keepdim?
 * @param pick for a function that is called often: reads each option by its name, `({ keepdim }) => ({ keepdim })`, which
 * is several times as quick as a copy of whatever names are given. Options that are not given are then undefined.
 */
export function defineOptions<O extends object>(
  table: OptionTable<O>,
  pick?: OptionPick<O>,
): OptionsReader<O> {
  const known = new KnownOptions(table, pick);
  const none = Object.freeze({}) as O;
  const read = (op: string, given: O | undefined): O => {
    if (given === undefined && known.required.length === 0) return none;
    try {
      const quick = known.changes
        ? (picked(op, known, given) ?? sameAsLast(known, given))
        : (sameAsLast(known, given) ?? picked(op, known, given));
      return (quick ?? checked(op, known, given)) as O;
    } catch (error) {
      if (error instanceof ChainruleError) throw error;
      throw new ChainruleError(`${op}: the options cannot be read: ${display(given)}`, {
        cause: error,
      });
    }
  };
  return Object.assign(read, { table });
}

type Kinds = ReadonlyMap<string, Kind>;
type Values = Readonly<Record<string, unknown>>;

/** The options that a function knows. */
class KnownOptions {
  readonly kinds: Kinds;
  readonly required: readonly string[];
  /** The last options in their order, their kinds, and those values that cannot change: the next are mostly the same. */
  readonly lastNames: string[] = [];
  readonly lastKinds: Kind[] = [];
  readonly lastValues: unknown[] = [];
  /** The last options, if none of their values can change; else null. */
  last: Values | null = null;
  readonly pick: ((given: object) => Values) | null;
  /** For `pick`: its kinds in the order of its names, values that passed and cannot change, and the names last given. */
  readonly pickedKinds: Kind[] = [];
  readonly pickedValues: unknown[] = [];
  readonly givenNames: string[] = [];
  /** Whether the last options were others than those before: then the next mostly are too. */
  changes = false;

  constructor(table: object, pick?: unknown) {
    this.kinds = new Map(Object.entries<Kind>(table as Record<string, Kind>));
    this.required = [...this.kinds.keys()].filter((name) => this.kinds.get(name)?.required);
    this.pick = this.required.length > 0 ? null : ((pick ?? null) as KnownOptions['pick']);
  }
}

/** The last options, if these are the same name by name and value by value: they pass as those did. Else null. */
function sameAsLast({ last, lastNames, lastValues }: KnownOptions, given: unknown): Values | null {
  if (last === null || typeof given !== 'object' || given === null) return null;
  if (given.constructor !== Object) return null;
  let i = 0;
  for (const name in given) {
    if (name !== lastNames[i] || (given as Values)[name] !== lastValues[i]) return null;
    i++;
  }
  return i === lastNames.length ? last : null;
}

/**
 * The options as `pick` reads them, if all names are known and the values are not the last ones again; else null. What
 * it picks always has the same form, which is why it is quicker than a copy name by name; and each is read once.
 */
function picked(op: string, known: KnownOptions, given: unknown): Values | null {
  const { pick, kinds, givenNames, pickedKinds, pickedValues } = known;
  if (pick === null || typeof given !== 'object' || given === null) return null;
  let i = 0;
  for (const name in given) {
    if (name !== givenNames[i]) {
      if (!kinds.has(name)) return null;
      givenNames[i] = name;
    }
    i++;
  }
  if (i === 0) return null; // perhaps an object of a class
  const options = pick(given);
  let changed = false;
  i = 0;
  for (const name in options) {
    const value = options[name];
    if (value !== pickedValues[i]) {
      changed = true;
      if (value !== undefined) {
        const kind = (pickedKinds[i] ??= kinds.get(name) as Kind);
        if (!kind.test(value)) refuseArgument(op, name, value, kind);
      }
      pickedValues[i] = typeof value === 'object' || typeof value === 'function' ? NEVER : value;
    }
    i++;
  }
  // The same twice: `checked` remembers it for `sameAsLast`, which is quicker still.
  known.changes = changed;
  return changed ? options : null;
}

/** Equal to no value. */
const NEVER = NaN;

/** The options in an object of their own: each is read once, so what was checked is what is used. */
function checked(op: string, known: KnownOptions, given: unknown): Values {
  const { kinds, required, lastNames, lastKinds, lastValues } = known;
  const source = valuesOf(op, kinds, given);
  const options: Record<string, unknown> = {};
  let i = 0;
  let lasts = true;
  known.last = null;
  for (const name in source) {
    if (name !== lastNames[i]) {
      const kind = kinds.get(name);
      if (kind === undefined) {
        // What somebody put on Object.prototype was not given here.
        if (Object.hasOwn(source, name)) {
          if (source !== given) refuseValue(op, kinds, given); // an instance of some class: a loader, a model
          refuseName(op, name, kinds);
        }
        continue;
      }
      lastNames[i] = name;
      lastKinds[i] = kind;
      lastValues[i] = undefined;
    }
    const value = source[name];
    if (value === undefined) lasts = false;
    else {
      if (value !== lastValues[i]) {
        const kind = lastKinds[i] as Kind;
        if (!kind.test(value)) refuseArgument(op, name, value, kind);
        if (typeof value === 'object' || typeof value === 'function') lasts = false;
        else lastValues[i] = value;
      }
      options[name] = value;
    }
    i++;
  }
  for (const name of required) {
    if (options[name] === undefined) refuseArgument(op, name, undefined, kinds.get(name) as Kind);
  }
  lastNames.length = i;
  if (lasts && i > 0) known.last = options;
  return options;
}

function valuesOf(op: string, kinds: Kinds, given: unknown): Values {
  if (given === undefined) return {};
  if (typeof given === 'object' && given !== null) {
    // Several times as quick as to ask for the prototype.
    if (given.constructor === Object) return given as Values;
    if (Object.getPrototypeOf(given) === null) return given as Values;
    if (isRecord(given)) return fromInstance(given as Values, kinds);
  }
  return refuseValue(op, kinds, given);
}

function refuseValue(op: string, kinds: Kinds, given: unknown): never {
  const names = `${kinds.size > 1 ? 'some of ' : ''}${[...kinds.keys()].join(', ')}`;
  throw new ChainruleError(
    names === ''
      ? `${op}: it takes no options, got ${display(given)}`
      : `${op}: the options must be an object with ${names}, got ${display(given)}`,
  );
}

/** No array, tensor, map, date …: an object of a class of the user's own, or of another realm. */
function isRecord(given: object): boolean {
  return !isTensor(given) && Object.prototype.toString.call(given) === '[object Object]';
}

/** The fields of an instance, and what its class computes under the names that are known. */
function fromInstance(given: Values, kinds: Kinds): Values {
  const values: Record<string, unknown> = { ...given };
  for (const name of kinds.keys()) values[name] = given[name];
  return values;
}

function refuseName(op: string, name: string, kinds: Kinds): never {
  const known = [...kinds.keys()];
  const meant = nearest(name, known);
  const all = `${known.length === 1 ? 'only option is' : 'options are'} ${known.join(', ')}`;
  throw new ChainruleError(
    known.length === 0
      ? `${op}: it takes no options, got ${display(name)}`
      : `${op}: there is no option ${display(name)}; ` +
          (meant === null ? `its ${all}` : `did you mean ${meant}? Its ${all}`),
  );
}

const noOptions = defineOptions<Record<never, never>>({});

/**
 * Refuses options, and other arguments, where a function takes no more. A number, a list and null are let through:
 * `[x, y].map(relu)` gives an index and the array.
 */
export function refuseSurplus(op: string, given: unknown): void {
  if (given === undefined || given === null || typeof given === 'number' || isArray(given)) return;
  if (passes(object, given)) noOptions(op, given);
  throw new ChainruleError(`${op}: it takes no more arguments, got ${display(given)}`);
}

/** Refuses the options of other frameworks after the arguments of a function that is called with them: it would be given them. */
export function refuseOptions(op: string, args: readonly unknown[], ...names: string[]): void {
  const last = args.at(-1);
  const name = passes(object, last) ? names.find((key) => key in last) : undefined;
  if (name !== undefined)
    throw new ChainruleError(
      `${op}: there is no option ${display(name)}; what follows the function are its arguments`,
    );
}
