/**
 * @file .npy and .npz against NumPy's own files, in round trips, and against files that NumPy's readers had to learn to refuse.
 */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbArray, bits } from '../../test/io/arrays.js';
import { expectedOf, fixture, valuesOf } from '../../test/io/fixtures.js';
import { FormatError } from '../errors.js';
import { readNpy, writeNpy } from './npy.js';
import { readNpz } from './npz.js';
import { crc32 } from './zip/crc32.js';
import { readZip } from './zip/readZip.js';

const dtypes: Record<string, string> = {
  f32: 'float32',
  f16: 'float32',
  big_half: 'float32',
  empty: 'float32',
};
const integers = ['big_int', 'i64', 'u16'];

describe.each(['stored.npz', 'deflated.npz'])('%s, as NumPy wrote it', (file) => {
  it.each(expectedOf('npz'))('%s', async (name, expected) => {
    const array = (await readNpz(fixture(file)))[name];
    expect(array?.shape).toEqual(expected.shape);
    expect(valuesOf(array?.data ?? new Uint8Array())).toEqual(expected.values);
    const dtype = integers.includes(name)
      ? 'int32'
      : name === 'bool'
        ? 'bool'
        : (dtypes[name] ?? 'float64');
    expect(array?.dtype).toBe(dtype);
  });
});

describe('npy', () => {
  it.each([1, 2, 3])('reads version %i', (version) => {
    const { dtype, shape, data } = readNpy(fixture(`version${version}.npy`));
    expect({ dtype, shape, data }).toEqual({
      dtype: 'int32',
      shape: [1, 3],
      data: Int32Array.of(1, 2, 3),
    });
  });

  it('writes byte for byte what NumPy writes', () => {
    const original = fixture('version1.npy');
    expect(writeNpy(readNpy(original))).toEqual(original);
  });

  it('writes byte for byte what NumPy writes, for every dtype', async () => {
    const files = await readZip(fixture('stored.npz'));
    for (const name of ['c_order', 'f32', 'bool', 'scalar', 'empty']) {
      const original = files[`${name}.npy`] as Uint8Array;
      expect(writeNpy(readNpy(original))).toEqual(original.slice());
    }
  });

  it('reads back bit for bit', () => {
    fc.assert(
      fc.property(arbArray, (array) => {
        expect(bits(readNpy(writeNpy(array)))).toEqual(bits(array));
      }),
    );
  });

  it('reads Fortran order of any shape', () => {
    fc.assert(
      fc.property(arbArray, (array) => {
        // The same bytes in Fortran order are the transpose of the array with reversed dimensions.
        const text = new TextDecoder('latin1').decode(writeNpy(array));
        const at = text.indexOf('False');
        const fortran = writeNpy(array);
        fortran.set(new TextEncoder().encode('True '), at);
        const read = readNpy(fortran);
        const { shape, data } = array;
        for (let i = 0; i < data.length; i++) {
          let rest = i;
          let offset = 0;
          let stride = 1;
          const index = [...shape].reverse().map((dim) => {
            const digit = rest % dim;
            rest = Math.floor(rest / dim);
            return digit;
          });
          index.reverse().forEach((digit, d) => {
            offset += digit * stride;
            stride *= shape[d] ?? 1;
          });
          expect(Object.is(read.data[i], data[offset])).toBe(true);
        }
      }),
    );
  });

  /** A file with this text as its header. */
  const fileOf = (header: string, data = 0, version = 1): Uint8Array => {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(8 + (version === 1 ? 2 : 4) + text.length + data);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
    if (version === 1) new DataView(bytes.buffer).setUint16(8, text.length, true);
    else new DataView(bytes.buffer).setUint32(8, text.length, true);
    bytes.set(text, version === 1 ? 10 : 12);
    return bytes;
  };
  const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  const invalidUtf8 = fileOf(good, 8, 3);
  invalidUtf8[12 + good.indexOf('<')] = 0xff;

  it.each<[string, Uint8Array, RegExp]>([
    ['pickled objects', fixture('object.npy'), /pickled Python code, which is never run/],
    ['structured dtype', fixture('structured.npy'), /structured dtype/],
    ['complex numbers', fixture('complex.npy'), /'<c16' is not supported/],
    ['text', fileOf(good.replace('<f4', '<U4'), 32), /not supported/],
    ['a byte order that is unknown', fileOf(good.replace('<f4', '|f4'), 8), /not supported/],
    [
      'more dimensions than a tensor has',
      fileOf(good.replace('(2,)', `(${'1,'.repeat(65)})`), 4),
      /65 dimensions; a tensor has at most 64/,
    ],
    ['other magic', new Uint8Array(64), /magic/],
    ['an unknown version', fileOf(good, 8, 9), /version 9\.0/],
    ['a huge header', fileOf(good.padEnd(10_001), 8), /header of 10001 bytes; at most 10000/],
    [
      'a header of 4 GB',
      Uint8Array.of(...fileOf('', 0, 2).subarray(0, 8), 255, 255, 255, 255),
      /header of 4294967295/,
    ],
    ['a header past the end', fileOf(good, 8).subarray(0, 40), /ends inside its header/],
    ['too little data', fileOf(good, 7), /truncated/],
    ['too much data', fileOf(good, 9), /bytes follow/],
    ['a negative dimension', fileOf(good.replace('(2,)', '(-2,)'), 8), /not of the form/],
    [
      'a product over 2^53',
      fileOf(good.replace('(2,)', '(4294967296, 4294967296)'), 8),
      /over 2\^53/,
    ],
    ['a missing key', fileOf("{'descr': '<f4', 'shape': (2,), }", 8), /not of the form/],
    ['a key twice', fileOf(good.replace('{', "{'descr': '<f4', "), 8), /not of the form/],
    ['another key', fileOf(good.replace('{', "{'x': 1, "), 8), /not of the form/],
    ['code', fileOf("__import__('os').system('true')", 8), /not of the form/],
    ['code in the shape', fileOf(good.replace('(2,)', '(1+1,)'), 8), /not of the form/],
    ['text after the dictionary', fileOf(`${good}x`, 8), /not of the form/],
    ['a shape that is no tuple', fileOf(good.replace('(2,)', '(2)'), 8), /not of the form/],
    ['an empty header', fileOf('', 0, 3), /not of the form/],
    ['invalid UTF-8 in version 3', invalidUtf8, /not valid UTF-8/],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => readNpy(bytes, 'a.npy')).toThrow(reason);
    expect(() => readNpy(bytes, 'a.npy')).toThrow(FormatError);
  });
});

interface ZipEntry {
  name: string;
  content?: Uint8Array;
  /** Values to write into the headers instead of the true ones. */
  unpacked?: number;
  localUnpacked?: number;
  crc?: number;
  method?: number;
  flags?: number;
  headerAt?: number;
}

/** Writes a zip archive whose headers may be wrong. */
function zipOf(
  entries: readonly ZipEntry[],
  { count = entries.length, comment = '' } = {},
): Uint8Array {
  const local: number[] = [];
  const directory: number[] = [];
  const u16 = (n: number) => [n & 255, (n >> 8) & 255];
  const u32 = (n: number) => [...u16(n), ...u16(n >>> 16)];
  for (const { name, content = new Uint8Array(), method = 8, flags = 0, ...lies } of entries) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const key = [...new TextEncoder().encode(name)];
    const headerAt = lies.headerAt ?? local.length;
    const crc = u32(lies.crc ?? crc32(content));
    const unpacked = lies.unpacked ?? content.length;
    const fields = (size: number) => [
      ...u16(flags),
      ...u16(method),
      ...u32(0),
      ...crc,
      ...u32(packed.length),
      ...u32(size),
      ...u16(key.length),
      ...u16(0),
    ];
    directory.push(
      ...u32(0x02014b50),
      ...u16(20),
      ...u16(20),
      ...fields(unpacked),
      ...u16(0),
      ...u16(0),
      ...u16(0),
      ...u32(0),
      ...u32(headerAt),
      ...key,
    );
    local.push(
      ...u32(0x04034b50),
      ...u16(20),
      ...fields(lies.localUnpacked ?? unpacked),
      ...key,
      ...packed,
    );
  }
  return Uint8Array.from([
    ...local,
    ...directory,
    ...u32(0x06054b50),
    ...u32(0),
    ...u16(count),
    ...u16(count),
    ...u32(directory.length),
    ...u32(local.length),
    ...u16(comment.length),
    ...new TextEncoder().encode(comment),
  ]);
}

describe('zip', () => {
  const text = new TextEncoder().encode('some text, some text, some text');

  it('knows the CRC-32 of the check string', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });

  it('reads stored and deflated entries, folders left out, with a comment behind', async () => {
    const bytes = zipOf(
      [
        { name: 'a', content: text },
        { name: 'folder/', method: 0 },
        { name: 'folder/b', content: text, method: 0 },
      ],
      { comment: 'PK' },
    );
    const files = await readZip(bytes);
    expect(Object.keys(files)).toEqual(['a', 'folder/b']);
    expect([files['a'], files['folder/b']]).toEqual([text, text]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['no archive', text, /no end record/],
    [
      'a bomb that says so',
      zipOf([{ name: 'a', content: new Uint8Array(3e6) }]),
      /over the limit of 1000000/,
    ],
    [
      'a bomb that claims to be small',
      zipOf([{ name: 'a', content: new Uint8Array(1e6), unpacked: 10 }]),
      /unpacks to more than the 10 bytes/,
    ],
    [
      'an impossible ratio',
      zipOf([{ name: 'a', content: text, unpacked: 900_000 }]),
      /which is impossible/,
    ],
    [
      'a size that is too large',
      zipOf([{ name: 'a', content: text, unpacked: 40 }]),
      /unpacks to 31 bytes instead of/,
    ],
    [
      'a local header that lies',
      zipOf([{ name: 'a', content: text, localUnpacked: 9 }]),
      /disagree/,
    ],
    [
      'entries that share bytes',
      zipOf([
        { name: 'a', content: text },
        { name: 'a', content: text, headerAt: 0 },
      ]),
      /two entries are named/,
    ],
    [
      'overlapping entries',
      zipOf([
        { name: 'a', content: text },
        { name: 'b', content: text, headerAt: 0 },
      ]),
      /shares bytes/,
    ],
    ['a wrong checksum', zipOf([{ name: 'a', content: text, crc: 1 }]), /checksum/],
    [
      'damaged data',
      zipOf([{ name: 'a', content: text }]).map((b, i) => (i === 33 ? 255 : b)),
      /damaged/,
    ],
    ['encryption', zipOf([{ name: 'a', content: text, flags: 1 }]), /encrypted/],
    ['an unknown method', zipOf([{ name: 'a', content: text, method: 12 }]), /method 12/],
    [
      'more entries than the directory has',
      zipOf([{ name: 'a' }], { count: 2 }),
      /no header|outside/,
    ],
    ['fewer entries', zipOf([{ name: 'a' }, { name: 'b' }], { count: 1 }), /not as long/],
    ['../', zipOf([{ name: '../a.npy', content: text }]), /not a plain relative path/],
    ['a/../../b', zipOf([{ name: 'a/../../b', content: text }]), /not a plain relative path/],
    ['absolute', zipOf([{ name: '/etc/passwd', content: text }]), /not a plain relative path/],
    ['backslash', zipOf([{ name: '..\\a', content: text }]), /not a plain relative path/],
    ['drive', zipOf([{ name: 'C:a', content: text }]), /not a plain relative path/],
    ['NUL', zipOf([{ name: 'a\0b', content: text }]), /not a plain relative path/],
  ])('refuses %s', async (_, bytes, reason) => {
    await expect(readZip(bytes, 'a.npz', { maxBytes: 1e6 })).rejects.toThrow(reason);
    await expect(readZip(bytes, 'a.npz', { maxBytes: 1e6 })).rejects.toThrow(FormatError);
  });

  it('refuses too many entries', async () => {
    await expect(
      readZip(zipOf([{ name: 'a' }, { name: 'b' }]), 'zip', { maxEntries: 1 }),
    ).rejects.toThrow(/2 entries/);
  });

  it('refuses any truncation of a good archive', async () => {
    const bytes = fixture('deflated.npz');
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(readNpz(bytes.subarray(0, length))).rejects.toThrow(FormatError);
    }
  });

  it('refuses an archive of other files as npz', async () => {
    await expect(readNpz(zipOf([{ name: 'a.txt', content: text }]))).rejects.toThrow(
      /not a \.npy file/,
    );
  });
});
