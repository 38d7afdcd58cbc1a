/** @file The strict JSON reader: agrees with JSON.parse on valid text, and refuses more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../errors.js';
import { asArray, asNatural, asObject, asString, decodeUtf8, readJson } from './json.js';
import type { JsonValue } from './json.js';

/** Maps as ordinary objects, to compare with JSON.parse. */
function toPlain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)]));
  return value;
}

/** Valid JSON text: JSON.stringify escapes lone surrogates, which are refused on purpose. */
const soundJson = fc
  .tuple(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), fc.constantFrom(0, 1, '\t'))
  .map(([value, space]) => JSON.stringify(value, null, space));

describe('readJson', () => {
  it('reads sound JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(soundJson, (text) => {
        expect(toPlain(readJson(text, 'text'))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses every text that JSON.parse refuses, always with a FormatError', () => {
    const mutated = fc
      .tuple(soundJson, fc.nat(), fc.string({ maxLength: 2 }), fc.nat(2))
      .map(([text, at, put, cut]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + cut);
      });
    fc.assert(
      fc.property(mutated, (text) => {
        let value: JsonValue;
        try {
          value = readJson(text, 'text');
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          return;
        }
        expect(toPlain(value)).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a":1,"a":2}', /"a" occurs twice/],
    ['{"a":1,"\\u0061":2}', /"a" occurs twice/],
    ['1e999', /out of range/],
    ['[NaN]', /unexpected character/],
    ['{"a":1,}', /double quotes/],
    ['[1,]', /unexpected character/],
    ['01', /unexpected text/],
    ['"\\ud800"', /surrogate/],
    ['"\\x41"', /unknown escape/],
    ['"\\__proto__"', /unknown escape/],
    ['"a\nb"', /control character/],
    ['"abc', /ends inside a string/],
    ['', /ends too early/],
    ['\ufeff{}', /unexpected character/],
    ['\u00a0{}', /unexpected character/],
    ['{} {}', /unexpected text/],
    ['['.repeat(100_000), /nested deeper than 64/],
    ['{"a":'.repeat(100_000), /nested deeper than 64/],
  ])('refuses %j', (text, reason) => {
    expect(() => readJson(text, 'x.json')).toThrow(reason);
    expect(() => readJson(text, 'x.json')).toThrow(FormatError);
  });

  it('keeps dangerous keys as keys', () => {
    const value = asObject(
      readJson('{"__proto__":{"polluted":1},"constructor":2}', 'text'),
      'text',
    );
    expect([...value.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each(['-1', '-0', '1.0', '1e3', '9007199254740992', '1e400'])(
    'takes %s for no natural number',
    (text) => {
      expect(() => readJson(text, 'text', { naturalNumbers: true })).toThrow(FormatError);
    },
  );

  it('takes the largest exact integer', () => {
    expect(readJson('9007199254740991', 'text', { naturalNumbers: true })).toBe(
      Number.MAX_SAFE_INTEGER,
    );
  });
});

describe('the checks of a value', () => {
  it('name the place and what was found', () => {
    expect(() => asObject([], 'a: b')).toThrow('a: b: expected an object, found an array');
    expect(() => asString(new Map(), 'a')).toThrow('a: expected a string, found an object');
    expect(() => asArray(undefined, 'a')).toThrow('a: expected an array, found nothing');
    expect(() => asNatural(-1, 'a')).toThrow('found -1');
    expect(() => asNatural('x'.repeat(100), 'a')).toThrow(`found "${'x'.repeat(59)}…`);
  });

  it('refuse invalid UTF-8, and keep a byte order mark', () => {
    expect(() => decodeUtf8(Uint8Array.of(0x22, 0xff, 0x22), 'name')).toThrow(
      'name: the text is not valid UTF-8',
    );
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41), 'name')).toBe('\ufeffA');
  });
});
