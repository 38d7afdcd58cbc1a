/**
 * @file A strict JSON reader for untrusted files. `JSON.parse` silently lets the last of two equal keys win, turns `1e999` into
 * Infinity, and makes `__proto__` a risk; this one refuses the first two, limits the depth, and returns Maps.
 */
import { FormatError } from '../errors.js';
import { quoted } from './quoted.js';

/** A JSON value; objects are Maps, so that no key can reach a prototype. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

export interface JsonOptions {
  /** Accept only whole numbers from 0 to 2^53 - 1, written in digits, as offsets and dimensions are. */
  readonly naturalNumbers?: boolean;
  /** How deeply arrays and objects may nest. */
  readonly maxDepth?: number;
  /** Called with each entry of the outermost object as it is read; the object itself then stays empty. */
  readonly visit?: (key: string, value: JsonValue) => void;
}

const WHITESPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// A run of ordinary characters: everything from U+0020 on except the quote and the backslash.
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads `text` as one JSON value, with nothing but white space around it.
 *
 * @param what The name of the text in errors: `model.safetensors: header`.
 * @throws {FormatError} on anything that RFC 8259 forbids, and also on a duplicate key, a number beyond float64, a lone
 * surrogate and nesting deeper than `maxDepth`.
 */
export function readJson(text: string, what: string, options: JsonOptions = {}): JsonValue {
  const { naturalNumbers = false, maxDepth = 64, visit } = options;
  let at = 0;

  const fail = (reason: string): never => {
    throw new FormatError(`${what}: ${reason} at character ${at} of the JSON text`);
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  /** Skips white space and returns the character that follows, '' at the end. */
  const peek = (): string => {
    match(WHITESPACE);
    return text.charAt(at);
  };

  const readString = (): string => {
    at++; // the opening quote
    let value = '';
    for (;;) {
      value += match(PLAIN);
      const next = text.charAt(at++);
      if (next === '"') break;
      if (next !== '\\') {
        at--;
        return fail(
          next === '' ? 'the text ends inside a string' : 'a control character inside a string',
        );
      }
      const escape = text.charAt(at++);
      if (escape === 'u') {
        const digits = match(HEX4);
        if (digits === '') return fail('\\u without four hexadecimal digits');
        value += String.fromCharCode(parseInt(digits, 16));
      } else {
        const character = Object.hasOwn(ESCAPES, escape) ? ESCAPES[escape] : undefined;
        if (character === undefined)
          return fail(`an unknown escape ${JSON.stringify('\\' + escape)}`);
        value += character;
      }
    }
    if (LONE_SURROGATE.test(value)) return fail('half a surrogate pair');
    return value;
  };

  const readNumber = (): number => {
    const digits = match(NUMBER);
    if (digits === '')
      return fail(text.charAt(at) === '' ? 'the text ends too early' : 'an unexpected character');
    const value = Number(digits);
    if (!Number.isFinite(value)) return fail(`the number ${digits.slice(0, 40)} is out of range`);
    if (naturalNumbers && (!/^\d+$/.test(digits) || !Number.isSafeInteger(value))) {
      return fail(`${digits.slice(0, 40)} is not a whole number from 0 to 2^53 - 1`);
    }
    return value;
  };

  const readWord = <T extends null | boolean>(word: string, value: T): T => {
    if (!text.startsWith(word, at)) return fail('an unexpected word');
    at += word.length;
    return value;
  };

  /** The items of an array or object up to `end`, each read by `item`. */
  const readItems = (end: string, depth: number, item: () => void): void => {
    if (depth >= maxDepth) fail(`nested deeper than ${maxDepth}`);
    at++; // the opening bracket
    if (peek() === end) {
      at++;
      return;
    }
    for (;;) {
      item();
      const next = peek();
      if (next !== ',' && next !== end)
        fail(next === '' ? 'the text ends too early' : `expected ',' or '${end}'`);
      at++;
      if (next === end) return;
    }
  };

  const readValue = (depth: number): JsonValue => {
    switch (peek()) {
      case '"':
        return readString();
      case 't':
        return readWord('true', true);
      case 'f':
        return readWord('false', false);
      case 'n':
        return readWord('null', null);
      case '[': {
        const array: JsonValue[] = [];
        readItems(']', depth, () => array.push(readValue(depth + 1)));
        return array;
      }
      case '{': {
        const object: JsonObject = new Map();
        // Of visited entries only the keys are kept.
        const keys = visit !== undefined && depth === 0 ? new Set<string>() : object;
        readItems('}', depth, () => {
          if (peek() !== '"') fail('expected a key in double quotes');
          const key = readString();
          if (keys.has(key)) fail(`the key ${quoted(key)} occurs twice`);
          if (peek() !== ':') fail("expected ':'");
          at++;
          const value = readValue(depth + 1);
          if (keys instanceof Map) return void keys.set(key, value);
          keys.add(key);
          visit?.(key, value);
        });
        return object;
      }
      default:
        return readNumber();
    }
  };

  const value = readValue(0);
  if (peek() !== '') fail('unexpected text after the value');
  return value;
}

/** Decodes UTF-8 and refuses invalid text; a byte order mark is kept, and so refused by {@link readJson}. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(`${what}: the text is not valid UTF-8`);
  }
}

/** `value` as an object; throws, naming what it is instead. */
export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (value instanceof Map) return value;
  throw new FormatError(`${what}: expected an object, found ${describeJson(value)}`);
}

export function asString(value: JsonValue | undefined, what: string): string {
  if (typeof value === 'string') return value;
  throw new FormatError(`${what}: expected a string, found ${describeJson(value)}`);
}

export function asArray(value: JsonValue | undefined, what: string): JsonValue[] {
  if (Array.isArray(value)) return value;
  throw new FormatError(`${what}: expected an array, found ${describeJson(value)}`);
}

/** `value` as a whole number from 0 to 2^53 - 1. */
export function asNatural(value: JsonValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FormatError(
    `${what}: expected a whole number from 0 to 2^53 - 1, found ${describeJson(value)}`,
  );
}

/** Describes a value of the wrong kind for a message. */
export function describeJson(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Map) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
