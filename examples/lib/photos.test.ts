/** @file Tests of the PNG reader, of the picture sets, and of what batches do to pictures. */
import { deflateSync } from 'node:zlib';
import { manualSeed, tensor } from '@chainrule/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePng } from './images.js';
import { filterPictures, loadFashion, photoBatch, type Photos } from './photos.js';
import { decodePng } from './png.js';

/** A PNG with the given rows, filters included; it has no checksums, as the reader skips them. */
function rawPng(width: number, height: number, colour: number, rows: Uint8Array, interlace = 0) {
  const chunk = (type: string, data: Uint8Array) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length, 0);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, interlace], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('decodePng', () => {
  test('reads what encodePng writes, gray and in colour', () => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 9 }),
      height: fc.integer({ min: 1, max: 9 }),
      channels: fc.constantFrom(1, 3),
    });
    const pictures = sizes.chain(({ width, height, channels }) => {
      const size = width * height * channels;
      return fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        channels: fc.constant(channels),
        pixels: fc.uint8Array({ minLength: size, maxLength: size }),
      });
    });
    fc.assert(
      fc.property(pictures, (picture) => {
        const png = encodePng(picture.pixels, picture.width, picture.height);
        expect(decodePng(png)).toEqual(picture);
      }),
    );
  });

  test('undoes each filter', () => {
    // Gray, 2 × 5: the same two values 10, 20 in each row but the last, by filters 0 to 4.
    const rows = Uint8Array.of(
      ...[0, 10, 20],
      ...[1, 10, 10], // the left one
      ...[2, 0, 0], // the upper one
      ...[3, 5, 5], // their mean, rounded down: 0 and 10, 10 and 20
      ...[4, 246, 0], // 10 - 10 = 0 by the upper one; then of 0, 20, 10 the nearest to 0 + 20 - 10 is the last
    );
    expect([...decodePng(rawPng(2, 5, 0, rows)).pixels]).toEqual([
      ...[10, 20],
      ...[10, 20],
      ...[10, 20],
      ...[10, 20],
      ...[0, 10],
    ]);
  });

  test('says what it cannot read', () => {
    const gray = Uint8Array.of(0, 1, 2);
    expect(() => decodePng(Uint8Array.of(1, 2, 3))).toThrow('not a PNG');
    expect(() => decodePng(rawPng(2, 1, 3, gray))).toThrow('colour type 3');
    expect(() => decodePng(rawPng(2, 1, 0, gray, 1))).toThrow('interlacing 1');
    expect(() => decodePng(rawPng(2, 2, 0, gray))).toThrow('3 bytes of pixels instead of 6');
    expect(() => decodePng(rawPng(2, 1, 0, Uint8Array.of(5, 1, 2)))).toThrow('unknown filter 5');
  });
});

/** Two pictures of 2 × 2 pixels in two colours. */
const photos: Photos = {
  pixels: Uint8Array.of(0, 51, 102, 153, 204, 255, 0, 51, 255, 0, 255, 0, 255, 0, 255, 0),
  labels: Uint8Array.of(1, 0),
  count: 2,
  channels: 2,
  side: 2,
  classes: ['a', 'b'],
};

describe('photoBatch', () => {
  test('puts the channels first', () => {
    const { images, labels } = photoBatch(photos, [1, 0]);
    expect(images.shape).toEqual([2, 2, 2, 2]);
    expect(images.at(0).flatten().toArray()).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const tenths = images.at(1).mul(5).round().toArray();
    expect(tenths).toEqual([
      [
        [0, 2],
        [4, 0],
      ],
      [
        [1, 3],
        [5, 1],
      ],
    ]);
    expect(labels.toArray()).toEqual([0, 1]);
  });

  test('mirrors and moves by whole pixels, each about as often', () => {
    manualSeed(1);
    const positions = new Array<number>(2000).fill(0);
    const { images } = photoBatch(photos, positions, 1);
    const seen = new Map<string, number>();
    for (const image of images.narrow(1, 0, 1).mul(5).round()) {
      const key = String(image.flatten().toArray());
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    // Rows (0, 2) and (4, 0): moves of -1, 0, 1 show the first, both or the second row, and so do columns.
    const wanted: Record<string, number> = {};
    for (const rows of [
      [0, 0],
      [0, 1],
      [1, 1],
    ]) {
      for (const columns of [
        [0, 0],
        [0, 1],
        [1, 1],
      ]) {
        for (const mirror of [false, true]) {
          const across = mirror ? [...columns].reverse() : columns;
          const values = [
            [0, 2],
            [4, 0],
          ];
          const key = String(rows.flatMap((y) => across.map((x) => values[y]?.[x])));
          wanted[key] = (wanted[key] ?? 0) + 2000 / 18;
        }
      }
    }
    expect([...seen.keys()].sort()).toEqual(Object.keys(wanted).sort());
    for (const [key, count] of seen) {
      expect(Math.abs(count - (wanted[key] ?? 0))).toBeLessThan(6 * Math.sqrt(wanted[key] ?? 0));
    }
  });
});

test('filters as pictures: the largest weight is white or black, none is gray', () => {
  const weights = tensor([2, 0, -2, 1], { shape: [1, 1, 2, 2] });
  expect(filterPictures(weights).map(({ pixels }) => [...pixels])).toEqual([[255, 127, 0, 191]]);
});

test('the clothes that come with the repository are balanced', () => {
  const { train, test: rest } = loadFashion();
  expect([train.count, rest.count, train.side, train.channels]).toEqual([2400, 600, 28, 1]);
  for (let label = 0; label < 10; label++) {
    expect(train.labels.filter((x) => x === label)).toHaveLength(240);
    expect(rest.labels.filter((x) => x === label)).toHaveLength(60);
  }
});
