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
      if (isAsLast(known, given)) return given as O;
      return checked(op, known, given) as O;
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
    let all: Record<string, unknown> | undefined;
    let options: O | undefined;
    for (let i = 0; i < given.length; i++) {
      const value = given[i];
      if (value === undefined) continue;
      const name = names[i];
      if (name === undefined || isOptions(value)) options = { ...options, ...read(op, value as O) };
      else (all ??= {})[name] = checkArgument(op, name, value, kinds[name] as Kind);
    }
    if (all !== undefined) return { ...all, ...options } as O;
    return options ?? read(op, undefined);
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

  constructor(table: object) {
    this.kinds = new Map(Object.entries<Kind>(table as Record<string, Kind>));
    this.required = [...this.kinds.keys()].filter((name) => this.kinds.get(name)?.required);
  }
}

/** Whether these are the same options as last time, name by name and value by value: they pass as those did. */
function isAsLast({ lastNames, lastValues }: KnownOptions, given: unknown): boolean {
  if (typeof given !== 'object' || given === null || given.constructor !== Object) return false;
  let i = 0;
  for (const name in given) {
    const value = (given as Values)[name];
    if (name !== lastNames[i] || value !== lastValues[i] || value === undefined) return false;
    i++;
  }
  return i > 0 && i === lastNames.length;
}

function checked(op: string, known: KnownOptions, given: unknown): Values {
  const { kinds, required, lastNames, lastKinds, lastValues } = known;
  const options = valuesOf(op, kinds, given);
  let i = 0;
  for (const name in options) {
    const value = options[name];
    if (name !== lastNames[i]) {
      const kind = kinds.get(name);
      if (kind === undefined) {
        // What somebody put on Object.prototype was not given here.
        if (Object.hasOwn(options, name)) refuseName(op, name, kinds);
        continue;
      }
      lastNames[i] = name;
      lastKinds[i] = kind;
      lastValues[i] = undefined;
    }
    if (value !== lastValues[i] && value !== undefined) {
      const kind = lastKinds[i] as Kind;
      if (!kind.test(value)) refuseArgument(op, name, value, kind);
      const lasts = typeof value !== 'object' && typeof value !== 'function';
      lastValues[i] = lasts ? value : undefined;
    }
    i++;
  }
  for (const name of required) {
    if (options[name] === undefined) refuseArgument(op, name, undefined, kinds.get(name) as Kind);
  }
  return options;
}

function valuesOf(op: string, kinds: Kinds, given: unknown): Values {
  if (given === undefined) return {};
  if (typeof given === 'object' && given !== null) {
    // Several times as quick as to ask for the prototype.
    if (given.constructor === Object) return given as Values;
    if (Object.getPrototypeOf(given) === null) return { ...given };
    if (isRecord(given)) return fromInstance(given as Values, kinds);
  }
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
