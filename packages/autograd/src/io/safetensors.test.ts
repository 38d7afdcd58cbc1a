/** @file safetensors against the reference implementation's files, in round trips, and against every known malformation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbArrays, bits } from '../../test/io/arrays.js';
import { expectedOf, fixture, valuesOf } from '../../test/io/fixtures.js';
import { FormatError } from '../errors.js';
import type { ArrayRecord } from './elements.js';
import { plainRecord } from './elements.js';
import { MAX_HEADER_BYTES, readSafetensors, writeSafetensors } from './safetensors.js';

/** A file with this header, followed by `data` zero bytes or the given ones. */
function fileOf(header: string | Uint8Array, data: number | readonly number[] = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : Uint8Array.from(data);
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const f32 = (shape: string, offsets: string) =>
  `{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;

describe('reading what Python wrote', () => {
  const { arrays, metadata } = readSafetensors(fixture('all.safetensors'));

  it('finds the same names and metadata', () => {
    expect(Object.keys(arrays).sort()).toEqual(
      expectedOf('safetensors')
        .map(([name]) => name)
        .sort(),
    );
    expect({ ...metadata }).toEqual({ format: 'np' });
  });

  it.each(expectedOf('safetensors'))('%s', (name, expected) => {
    const array = Object.getOwnPropertyDescriptor(arrays, name)?.value as ArrayRecord;
    expect(array.shape).toEqual(expected.shape);
    expect(valuesOf(array.data)).toEqual(expected.values);
    const wide =
      name === 'f64'
        ? 'float64'
        : name === 'bool'
          ? 'bool'
          : /^[iu]\d|__proto__/.test(name)
            ? 'int32'
            : 'float32';
    expect(array.dtype).toBe(wide);
  });

  it('reads the same bytes at any offset in memory', () => {
    const bytes = fixture('all.safetensors');
    for (let shift = 1; shift < 8; shift++) {
      const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      expect(bits(readSafetensors(shifted).arrays['f64'] as ArrayRecord)).toEqual(
        bits(arrays['f64'] as ArrayRecord),
      );
    }
  });
});

describe('writing', () => {
  it('gives byte for byte what Python writes', () => {
    const { arrays, metadata } = readSafetensors(fixture('ours.safetensors'));
    expect(Object.keys(arrays)).toHaveLength(expectedOf('ours').length);
    expect(writeSafetensors(arrays, metadata)).toEqual(fixture('ours.safetensors'));
  });

  it('reads back bit for bit', () => {
    fc.assert(
      fc.property(
        arbArrays,
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (arrays, metadata) => {
          const back = readSafetensors(writeSafetensors(arrays, metadata));
          expect(Object.keys(back.arrays).sort()).toEqual(Object.keys(arrays).sort());
          for (const name of Object.keys(arrays)) {
            expect(bits(back.arrays[name] as ArrayRecord)).toEqual(
              bits(arrays[name] as ArrayRecord),
            );
          }
          expect({ ...back.metadata }).toEqual({ ...metadata });
        },
      ),
    );
  });

  it('refuses what could not be read back', () => {
    const array: ArrayRecord = { dtype: 'bool', shape: [1], data: Uint8Array.of(1) };
    expect(() => writeSafetensors({ __metadata__: array })).toThrow(FormatError);
    expect(() => writeSafetensors({ '\ud800': array })).toThrow(/half a surrogate pair/);
    expect(() => writeSafetensors({}, { a: 1 as unknown as string })).toThrow(
      /must be a string, got [0-9]/,
    );
  });
});

describe('types', () => {
  const element = (dtype: string, data: readonly number[], count = 1) =>
    readSafetensors(
      fileOf(
        `{"x":{"dtype":"${dtype}","shape":[${count}],"data_offsets":[0,${data.length}]}}`,
        data,
      ),
    ).arrays['x']?.data[0];

  it('widen bfloat16', () => {
    expect(element('BF16', [0x80, 0x3f])).toBe(1);
    expect(element('BF16', [0x49, 0xc0])).toBe(-3.140625);
    expect(element('BF16', [0xc0, 0x7f])).toBeNaN();
    expect(element('BF16', [0x01, 0x00])).toBe(2 ** -133); // subnormal
  });

  it.each([
    ['I64', [0, 0, 0, 0x80, 0, 0, 0, 0], /element 0 of type I64 is 2147483648, outside int32/],
    ['I64', [255, 255, 255, 127, 255, 255, 255, 255], /is -2147483649, outside int32/],
    ['U64', [0, 0, 0, 0, 1, 0, 0, 0], /is 4294967296, outside int32/],
    ['U32', [0, 0, 0, 0x80], /is 2147483648, outside int32/],
    ['BOOL', [2], /is 2, neither 0 nor 1/],
    ['F8_E4M3', [1], /dtype "F8_E4M3" is not supported; supported are F64, F32/],
    ['toString', [1], /not supported/],
  ])('%s refuses %j', (dtype, data, reason) => {
    expect(() => element(dtype, data)).toThrow(reason);
    expect(() => element(dtype, data)).toThrow(/tensor "x"/);
  });
});

describe('malformed files are refused with a reason', () => {
  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 60n, true);
  const overLimit = new Uint8Array(16);
  new DataView(overLimit.buffer).setBigUint64(0, BigInt(MAX_HEADER_BYTES + 1), true);
  const beyond = new Uint8Array(16);
  new DataView(beyond.buffer).setBigUint64(0, 9n, true);

  it.each<[string, Uint8Array, RegExp]>([
    ['empty file', new Uint8Array(0), /0 bytes are too few/],
    ['seven bytes', new Uint8Array(7), /7 bytes are too few/],
    ['header length 2^60', huge, /header of 1152921504606846976 bytes; at most/],
    ['header length over the limit', overLimit, /at most 100000000/],
    ['header longer than the file', beyond, /truncated/],
    [
      'more dimensions than a tensor has',
      fileOf(
        `{"x":{"dtype":"F32","shape":[${new Array(65).fill(1).join()}],"data_offsets":[0,4]}}`,
        [0, 0, 0, 0],
      ),
      /tensor "x".*65 dimensions; a tensor has at most 64/,
    ],
    ['header of no bytes', fileOf(''), /does not start with '\{'/],
    ['header that starts with a space', fileOf(' {}'), /does not start with '\{'/],
    ['array header', fileOf('[]'), /does not start with '\{'/],
    ['header that is no JSON', fileOf('{x}'), /JSON/],
    ['invalid UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), /UTF-8/],
    [
      'duplicate names',
      fileOf(`{"a":${f32('[1]', '[0,4]')},"a":${f32('[1]', '[4,8]')}}`, 8),
      /"a" occurs twice/,
    ],
    [
      'a duplicate key in a tensor',
      fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4),
      /"shape" occurs twice/,
    ],
    ['deep JSON', fileOf(`{"a":${'['.repeat(1e6)}`), /nested deeper/],
    ['overlap', fileOf(`{"a":${f32('[2]', '[0,8]')},"b":${f32('[2]', '[4,12]')}}`, 12), /overlaps/],
    [
      'two tensors in one place',
      fileOf(`{"a":${f32('[2]', '[0,8]')},"b":${f32('[2]', '[0,8]')}}`, 8),
      /overlaps/,
    ],
    [
      'a hole',
      fileOf(`{"a":${f32('[1]', '[0,4]')},"b":${f32('[1]', '[8,12]')}}`, 12),
      /leaves a hole/,
    ],
    ['a hole at the start', fileOf(`{"a":${f32('[1]', '[4,8]')}}`, 8), /leaves a hole/],
    ['trailing bytes', fileOf(`{"a":${f32('[1]', '[0,4]')}}`, 5), /belong to no tensor/],
    ['trailing bytes without tensors', fileOf('{}', 1), /belong to no tensor/],
    ['truncated data', fileOf(`{"a":${f32('[2]', '[0,8]')}}`, 7), /truncated/],
    [
      'shape larger than the data',
      fileOf(`{"a":${f32('[1000,1000]', '[0,16]')}}`, 16),
      /takes 4000000 bytes/,
    ],
    [
      'a product over 2^53',
      fileOf(`{"a":${f32('[4503599627370496,4503599627370496]', '[0,16]')}}`, 16),
      /over 2\^53 elements/,
    ],
    [
      'a product that wraps to 0',
      fileOf(`{"a":${f32('[4294967296,4294967296]', '[0,0]')}}`),
      /over 2\^53 elements/,
    ],
    [
      'negative dimensions',
      fileOf(`{"a":${f32('[-1,-4]', '[0,16]')}}`, 16),
      /-1 is not a whole number/,
    ],
    [
      'a fractional dimension',
      fileOf(`{"a":${f32('[2.5]', '[0,10]')}}`, 10),
      /2\.5 is not a whole number/,
    ],
    [
      'a dimension as text',
      fileOf(`{"a":${f32('["4"]', '[0,16]')}}`, 16),
      /expected a whole number/,
    ],
    ['a negative offset', fileOf(`{"a":${f32('[3]', '[-8,4]')}}`, 4), /-8 is not a whole number/],
    [
      'offsets the wrong way round',
      fileOf(`{"a":${f32('[1]', '[4,0]')}}`, 4),
      /data_offsets are \[4, 0\]/,
    ],
    ['one offset', fileOf(`{"a":${f32('[1]', '[4]')}}`, 4), /1 numbers instead of 2/],
    [
      'no shape',
      fileOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4),
      /shape: expected an array, found nothing/,
    ],
    ['a tensor that is a number', fileOf('{"a":1}'), /expected an object, found 1/],
    [
      'metadata that is no text',
      fileOf('{"__metadata__":{"a":1}}'),
      /__metadata__\["a"\]: expected a string/,
    ],
    ['metadata that is no object', fileOf('{"__metadata__":"a"}'), /expected an object/],
    ['an empty tensor beyond the end', fileOf(`{"a":${f32('[0]', '[400,400]')}}`), /leaves a hole/],
  ])('%s', (_, bytes, reason) => {
    expect(() => readSafetensors(bytes, 'model.safetensors')).toThrow(reason);
    expect(() => readSafetensors(bytes, 'model.safetensors')).toThrow(/^model\.safetensors: /);
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
  });

  it('any truncation of a good file', () => {
    const bytes = fixture('all.safetensors');
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readSafetensors(bytes.subarray(0, length))).toThrow(FormatError);
    }
  });
});

describe('unusual but valid files load', () => {
  it('empty tensors may share an offset', () => {
    const file = fileOf(
      `{"a":${f32('[0]', '[0,0]')},"b":${f32('[0,9007199254740991]', '[0,0]')},"c":${f32('[1]', '[0,4]')}}`,
      4,
    );
    expect(Object.keys(readSafetensors(file).arrays)).toEqual(['a', 'b', 'c']);
  });

  it('tensors in any order, at odd offsets, with a header padded by spaces', () => {
    const header = `{"f":${f32('[1]', '[1,5]')},"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}   `;
    const { arrays } = readSafetensors(fileOf(header, [1, 0, 0, 128, 63]));
    expect([arrays['b']?.data[0], arrays['f']?.data[0]]).toEqual([1, 1]);
  });

  it('reads names such as __proto__ as plain names', () => {
    const { arrays } = readSafetensors(
      fileOf(`{"__proto__":${f32('[1]', '[0,4]')},"constructor":${f32('[]', '[4,8]')}}`, 8),
    );
    expect(Object.keys(arrays)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['shape']).toBeUndefined();
  });

  it('100,000 tensors', () => {
    const arrays = plainRecord<ArrayRecord>();
    for (let i = 0; i < 100_000; i++)
      arrays[`t${i}`] = { dtype: 'float32', shape: [1], data: Float32Array.of(i) };
    const back = readSafetensors(writeSafetensors(arrays)).arrays;
    expect(back['t99999']?.data[0]).toBe(99_999);
  });
});
