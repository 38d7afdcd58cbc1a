/**
 * @file Options: the last argument of a function or a constructor, `{ keepdim: true }`. A table names each option with its
 * kind; options are checked against it, and messages are written from it.
 */
import { ChainruleError } from '../errors.js';
import { isTensor } from '../graph/isTensor.js';
import { passes, refuseArgument } from './check.js';
import { display } from './display.js';
import { isArray, object, type Kind } from './kinds.js';
import { nearest } from './nearest.js';

/** The kind of each option. Omitting one is a type error. */
export type OptionTable<O extends object> = {
  readonly [K in keyof O]-?: Kind<Exclude<O[K], undefined>>;
};

/** Reads each option once: `({ keepdim }) => ({ keepdim })`. */
export type OptionPick<O extends object> = (given: O) => {
  // Not `-?`, which removes `undefined` where exactOptionalPropertyTypes is off.
  readonly [K in keyof Required<O>]: O[K] | undefined;
};

/** Checks the options given to `op` and returns them; an empty object if there are none. */
export interface OptionsReader<O extends object> {
  (op: string, given: O | undefined): O;
  /** The kinds by name; can be spread into a larger table. */
  readonly table: OptionTable<O>;
}

/**
 * Makes the reader of a function's options from the table of their kinds. Make it once, next to the function.
 *
 * Reading allocates nothing if no options are given. Otherwise each key is checked: an unknown name is refused, and the error
 * suggests the nearest known one; a value of the wrong kind is refused, and the error says what it must be; `undefined` counts
 * as not given.
 *
 * @example
 * const sumOptions = defineOptions<{ keepdim?: boolean }>({ keepdim: kinds.flag });
 * function sum(x: Tensor, dim?: number, options?: { keepdim?: boolean }) {
 *   const { keepdim = false } = sumOptions('sum', options);
 * }
 * // sum: there is no option 'keepDim'; did you mean keepdim?
 * @param pick for a function that is called often: reads each option by its name, `({ keepdim }) => ({ keepdim })`, which is
 * several times as quick as copying whatever names are given. Options that are not given are then undefined.
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

/** The options that a function has. */
class KnownOptions {
  readonly kinds: Kinds;
  readonly required: readonly string[];
  /**
   * The last options in order: their names, kinds, and those values that cannot change. The next options are usually the same.
   */
  readonly lastNames: string[] = [];
  readonly lastKinds: Kind[] = [];
  readonly lastValues: unknown[] = [];
  /** The last options, if none of their values can change; otherwise null. */
  last: Values | null = null;
  readonly pick: ((given: object) => Values) | null;
  /**
   * For `pick`: its kinds in the order of its names, values that passed and cannot change, and the names that were given last.
   */
  readonly pickedKinds: Kind[] = [];
  readonly pickedValues: unknown[] = [];
  readonly givenNames: string[] = [];
  /** Whether the last options differed from those before: then the next ones usually differ too. */
  changes = false;

  constructor(table: object, pick?: unknown) {
    this.kinds = new Map(Object.entries<Kind>(table as Record<string, Kind>));
    this.required = [...this.kinds.keys()].filter((name) => this.kinds.get(name)?.required);
    this.pick = this.required.length > 0 ? null : ((pick ?? null) as KnownOptions['pick']);
  }
}

/** The last options, if the given ones have the same names and values: they passed before. Otherwise null. */
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
 * The options as read by `pick`, if all names are known and the values are not the same as last time; otherwise null. The
 * objects that `pick` makes always have the same hidden class, so this is quicker than a copy name by name; and each option is
 * read once.
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
  if (i === 0) return null; // perhaps an instance of a class
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
      pickedValues[i] = typeof value === 'object' || typeof value === 'function' ? UNEQUAL : value;
    }
    i++;
  }
  // The same values twice in a row: `checked` caches them for `sameAsLast`, which is quicker still.
  known.changes = changed;
  return changed ? options : null;
}

/** Equals no value, not even itself. */
const UNEQUAL = NaN;

/** The options in an object of their own: each is read once, so the values used are the values checked. */
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
        // Properties added to Object.prototype were not given here.
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
    // Several times as quick as asking for the prototype.
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

/** Whether this is an instance of a user's class, or an object from another realm: not an array, tensor, map, date … */
function isRecord(given: object): boolean {
  return !isTensor(given) && Object.prototype.toString.call(given) === '[object Object]';
}

/** The fields of an instance, and the known names that its class computes. */
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

/** What transforms take, here or in other frameworks. */
const OPTIONS =
  /^(hasAux|argnums|(in|out)Dims|randomness|useReentrant|preserveRngState|determinismCheck)$/;

/** Refuses the options of other transforms and frameworks after the arguments of a function that is called with them: it would be given them. */
export function refuseOptions(op: string, args: readonly unknown[]): void {
  const last = args.at(-1);
  const name = passes(object, last)
    ? Object.keys(last).find((key) => OPTIONS.test(key))
    : undefined;
  if (name !== undefined)
    throw new ChainruleError(
      `${op}: there is no option ${display(name)}; everything after the function is an argument of it`,
    );
}
