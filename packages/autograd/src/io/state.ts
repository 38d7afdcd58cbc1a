/**
 * @file The state of a training run as JSON and tensors, and back: nested arrays, objects, Maps, numbers (NaN and the
 * infinities too, which JSON lacks), typed arrays; tensors are stored separately, by name.
 */
import { FormatError } from '../errors.js';
import { Tensor } from '../graph/tensor.js';
import { plainRecord } from './elements.js';
import { asArray, asNatural, asString, describeJson } from './json.js';
import type { JsonValue } from './json.js';
import { quoted } from './quoted.js';

/** Anything that returns its state and accepts it back: modules, optimizers, schedules, averages. */
export interface Stateful {
  /** The state, as plain values and tensors. */
  stateDict(): unknown;
  /** Replaces the current state. */
  loadStateDict(state: never): unknown;
}

export function isStateful(value: unknown): value is Stateful {
  if (typeof value !== 'object' || value === null) return false;
  const { stateDict, loadStateDict } = value as Partial<Record<keyof Stateful, unknown>>;
  return typeof stateDict === 'function' && typeof loadStateDict === 'function';
}

const TYPED_ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
} as const;
const BIG_ARRAYS = { BigInt64Array, BigUint64Array } as const;
const MAX_DEPTH = 60;
const MAX_DIGITS = 1000;
const HALF_PAIR = /\p{Surrogate}/u;

/** A string. Half a surrogate pair, with which a truncated string may end, is not valid text for a strict reader. */
function encodeText(text: string): unknown {
  if (!HALF_PAIR.test(text)) return text;
  return { [TAG.text]: Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)) };
}

/** Values that JSON cannot express are stored in an object with one of these keys. */
const TAG = {
  tensor: '$tensor',
  number: '$number',
  bigint: '$bigint',
  text: '$text',
  array: '$array',
  map: '$map',
  object: '$object',
} as const;

/**
 * Converts `value` for JSON.stringify; its tensors are added to `tensors`, named by their paths.
 *
 * @param what The name of the call and the value in errors.
 * @throws {FormatError} for a function, a class instance without stateDict, a cycle.
 */
export function encodeState(value: unknown, what: string, tensors: Map<string, Tensor>): unknown {
  const encode = (item: unknown, path: readonly (string | number)[]): unknown => {
    const fail = (reason: string): never => {
      const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
      throw new FormatError(`${what}${place} is ${reason}`);
    };
    if (path.length > MAX_DEPTH)
      return fail(`nested deeper than ${MAX_DEPTH}; does it contain itself?`);
    if (item instanceof Tensor) {
      let name = path.join('/').replace(new RegExp(HALF_PAIR, 'gu'), '\ufffd') || 'value';
      while (tensors.has(name)) name += '~';
      tensors.set(name, item as Tensor);
      return { [TAG.tensor]: name };
    }
    switch (typeof item) {
      case 'string':
        return encodeText(item);
      case 'boolean':
        return item;
      case 'number':
        return Number.isFinite(item) && !Object.is(item, -0)
          ? item
          : { [TAG.number]: Object.is(item, -0) ? '-0' : String(item) };
      case 'bigint': {
        const digits = String(item);
        if (digits.length > MAX_DIGITS) return fail(`a bigint of more than ${MAX_DIGITS} digits`);
        return { [TAG.bigint]: digits };
      }
      case 'object':
        break;
      default:
        return fail(
          `${typeof item === 'undefined' ? 'undefined' : `a ${typeof item}`}, which cannot be saved`,
        );
    }
    if (item === null) return null;
    if (isStateful(item)) return encode(item.stateDict(), path);
    if (Array.isArray(item)) return Array.from(item, (part, i) => encode(part, [...path, i]));
    if (ArrayBuffer.isView(item) && !(item instanceof DataView)) {
      const values = Array.from(item as unknown as ArrayLike<number | bigint>, (part) =>
        typeof part === 'bigint' ? String(part) : encode(part, path),
      );
      return { [TAG.array]: [item.constructor.name, values] };
    }
    if (item instanceof Map) {
      return {
        [TAG.map]: [...item].map(([key, part], i) => [
          encode(key, [...path, i]),
          encode(part, [...path, typeof key === 'number' ? key : String(key)]),
        ]),
      };
    }
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype !== null && prototype !== Object.prototype) {
      return fail(
        `an instance of ${item.constructor.name} without stateDict() and loadStateDict(), which cannot be saved`,
      );
    }
    const pairs = Object.entries(item)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]): [string, unknown] => [key, encode(part, [...path, key])]);
    if (pairs.some(([key]) => key.startsWith('$') || HALF_PAIR.test(key)))
      return { [TAG.object]: pairs.map(([key, part]) => [encodeText(key), part]) };
    return Object.fromEntries(pairs);
  };
  return encode(value, []);
}

/**
 * Restores what {@link encodeState} wrote, including its tensors; objects have no prototype.
 *
 * @throws {FormatError} if a tensor is missing or a tag is not known.
 */
export function decodeState(
  value: JsonValue,
  what: string,
  tensors: Readonly<Record<string, Tensor>>,
): unknown {
  const decode = (item: JsonValue): unknown => {
    if (Array.isArray(item)) return item.map(decode);
    if (!(item instanceof Map)) return item;
    const [tag, content] = [...item][0] ?? [];
    if (tag === undefined || content === undefined || !tag.startsWith('$')) return recordOf(item);
    if (item.size !== 1) throw new FormatError(`${what}: ${tag} stands beside other keys`);
    switch (tag) {
      case TAG.tensor: {
        const name = asString(content, `${what}: ${tag}`);
        const tensor = tensors[name];
        if (!tensor) throw new FormatError(`${what}: the tensor ${quoted(name)} is missing`);
        return tensor;
      }
      case TAG.number: {
        const text = asString(content, `${what}: ${tag}`);
        if (!['NaN', 'Infinity', '-Infinity', '-0'].includes(text))
          throw new FormatError(`${what}: ${tag} ${describeJson(text)}`);
        return Number(text);
      }
      case TAG.bigint:
        return bigintOf(content);
      case TAG.text:
        return textOf(content);
      case TAG.array:
        return typedArrayOf(asArray(content, `${what}: ${tag}`));
      case TAG.map:
        return new Map(
          asArray(content, `${what}: ${tag}`)
            .map(pairOf)
            .map(([key, part]) => [decode(key), decode(part)]),
        );
      case TAG.object:
        return recordOf(
          asArray(content, `${what}: ${tag}`)
            .map(pairOf)
            .map(([key, part]) => [asText(key), part]),
        );
      default:
        throw new FormatError(
          `${what}: ${quoted(tag)} is not known; was it written by a newer version?`,
        );
    }
  };
  const recordOf = (pairs: Iterable<[string, JsonValue]>): Record<string, unknown> => {
    const record = plainRecord<unknown>();
    for (const [key, part] of pairs) record[key] = decode(part);
    return record;
  };
  const pairOf = (pair: JsonValue): [JsonValue, JsonValue] => {
    const [key, part, ...rest] = asArray(pair, what);
    if (key === undefined || part === undefined || rest.length > 0)
      throw new FormatError(`${what}: expected a pair`);
    return [key, part];
  };
  const textOf = (content: JsonValue): string => {
    const units = asArray(content, `${what}: ${TAG.text}`);
    return units.map((unit) => String.fromCharCode(asNatural(unit, what))).join('');
  };
  const asText = (key: JsonValue): string => {
    const text = decode(key);
    if (typeof text !== 'string') throw new FormatError(`${what}: a key that is not a string`);
    return text;
  };
  const bigintOf = (content: JsonValue): bigint => {
    const text = asString(content, `${what}: ${TAG.bigint}`);
    if (!/^-?\d+$/.test(text) || text.length > MAX_DIGITS)
      throw new FormatError(`${what}: ${describeJson(text)} is not a whole number`);
    return BigInt(text);
  };
  const typedArrayOf = ([name, values]: JsonValue[]): unknown => {
    const items = asArray(values, `${what}: ${TAG.array}`);
    if (typeof name === 'string' && Object.hasOwn(BIG_ARRAYS, name)) {
      return BIG_ARRAYS[name as keyof typeof BIG_ARRAYS].from(items.map(bigintOf));
    }
    if (typeof name !== 'string' || !Object.hasOwn(TYPED_ARRAYS, name)) {
      throw new FormatError(`${what}: ${describeJson(name)} is not the name of a typed array`);
    }
    const numbers = items.map((item) => {
      const number = decode(item);
      if (typeof number !== 'number')
        throw new FormatError(`${what}: ${describeJson(item)} in a ${name}`);
      return number;
    });
    return TYPED_ARRAYS[name as keyof typeof TYPED_ARRAYS].from(numbers);
  };
  return decode(value);
}
