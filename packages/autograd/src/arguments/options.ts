/**
 * @file Options: the last argument of a function or a constructor, `{ keepdim: true }`. A table names each with its
 * kind. The table is what options are checked with, and what the messages are made of.
 */
import { ChainruleError } from '../errors.js';
import { isTensor } from '../graph/isTensor.js';
import { checkArgument, passes, refuseArgument } from './check.js';
import { display } from './display.js';
import { object, type Kind } from './kinds.js';
import { nearest } from './nearest.js';

/** The kind of each option. Leaving one out is a type error. */
export type OptionTable<O extends object> = {
  readonly [K in keyof O]-?: Kind<Exclude<O[K], undefined>>;
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
 */
export function defineOptions<O extends object>(table: OptionTable<O>): OptionsReader<O> {
  const known = new KnownOptions(table);
  const none = Object.freeze({}) as O;
  const read = (op: string, given: O | undefined): O => {
    if (given === undefined && known.required.length === 0) return none;
    try {
      return (sameAsLast(known, given) ?? checked(op, known, given)) as O;
    } catch (error) {
      if (error instanceof ChainruleError) throw error;
      throw new ChainruleError(`${op}: the options cannot be read: ${display(given)}`, {
        cause: error,
      });
    }
  };
  return Object.assign(read, { table });
}

/**
 * Makes a reader of options that may also be given by position, in the order of `names`: `linear(x, w, bias)` is
 * `linear(x, w, { bias })`. An options object may stand in place of any of them, and after the last.
 *
 * @example
 * const read = byPosition(defineOptions<LinearOptions>({ bias: kinds.orNull(kinds.tensor) }), 'bias');
 * function linear(x: Tensor, w: Tensor, bias?: Tensor | null | LinearOptions, options?: LinearOptions) {
 *   const given = read('linear', bias, options);
 * }
 */
export function byPosition<O extends object>(
  read: OptionsReader<O>,
  ...names: readonly (keyof O & string)[]
): (op: string, ...given: readonly unknown[]) => O {
  const kinds = read.table as Readonly<Record<string, Kind>>;
  const several = (op: string, given: readonly unknown[]): O => {
    const all: Record<string, unknown> = {};
    let options: readonly unknown[] | undefined;
    let count = 0;
    for (let i = 0; i < given.length; i++) {
      const value = given[i];
      if (value === undefined) continue;
      count++;
      const name = names[i];
      if (name === undefined || isOptions(value)) options = [...(options ?? []), value];
      else all[name] = checkArgument(op, name, value, kinds[name] as Kind);
    }
    if (options === undefined) return all as O;
    if (count === 1) return read(op, options[0] as O);
    // In a loop: to spread objects of all kinds in one place takes a microsecond.
    for (const object of options) {
      const own: Values = read(op, object as O) as Values;
      for (const name in own) if (own[name] !== undefined) all[name] = own[name];
    }
    return all as O;
  };
  // Six at most, by position: a rest parameter would allocate where nothing is given.
  return (op, a?, b?, c?, d?, e?, f?) =>
    a === undefined &&
    b === undefined &&
    c === undefined &&
    d === undefined &&
    e === undefined &&
    f === undefined
      ? read(op, undefined)
      : several(op, [a, b, c, d, e, f]);
}

/** Whether a value in the place of an optional argument is an options object. */
function isOptions(value: unknown): boolean {
  return passes(object, value);
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

  constructor(table: object) {
    this.kinds = new Map(Object.entries<Kind>(table as Record<string, Kind>));
    this.required = [...this.kinds.keys()].filter((name) => this.kinds.get(name)?.required);
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
          if (source !== given) refuseOptions(op, kinds, given); // an instance of some class: a loader, a model
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
  return refuseOptions(op, kinds, given);
}

function refuseOptions(op: string, kinds: Kinds, given: unknown): never {
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
