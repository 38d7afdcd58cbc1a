/** @file The shares of all ranks cover every element once; reductions round to the array's dtype. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkOf, pieceAt, pieceBytes, SLOT_WORDS } from './local/layout.js';
import { seedOf } from './randomStreams.js';
import { reduceInto, shareOf } from './reduceInto.js';
import { groupsOf } from './bucket.js';
import { hashBits } from './agreement.js';
import { zeros } from '@chainrule/autograd';

test('the shares of all ranks are all elements, in order', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 64 }), (n, size) => {
      let next = 0;
      for (let r = 0; r < size; r++) {
        const [from, to] = shareOf(n, r, size);
        expect(from).toBe(next);
        next = to;
      }
      expect(next).toBe(n);
    }),
  );
});

test('float32 sums are rounded at each step, as float32 addition rounds', () => {
  const pair = fc.tuple(fc.float(), fc.float());
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1 }), (pairs) => {
      const a = Float32Array.from(pairs, ([x]) => x);
      reduceInto(
        a,
        Float32Array.from(pairs, ([, y]) => y),
        'sum',
      );
      expect(Array.from(a)).toEqual(pairs.map(([x, y]) => Math.fround(x + y)));
    }),
  );
});

test('max and min propagate NaN', () => {
  const a = Float64Array.of(1, NaN, 3);
  reduceInto(a, Float64Array.of(NaN, 0, 4), 'max');
  expect(Array.from(a)).toEqual([NaN, NaN, 4]);
  const b = Float64Array.of(1, NaN, 3);
  reduceInto(b, Float64Array.of(NaN, 0, 4), 'min');
  expect(Array.from(b)).toEqual([NaN, NaN, 3]);
});

test('pieces do not overlap, and the file stays below 64 MiB', () => {
  for (let size = 1; size <= 256; size++) {
    expect(pieceBytes(size) % 4096).toBe(0);
    expect(pieceBytes(size)).toBeGreaterThan(0);
    expect(pieceAt(1, 0, size)).toBe(pieceAt(0, size, size) + pieceBytes(size));
    expect(pieceAt(1, size, size) + pieceBytes(size)).toBeLessThan(64 * 2 ** 20);
  }
});

test('detects a torn slot', () => {
  const words = Int32Array.from({ length: SLOT_WORDS }, (_, i) => i * 7919);
  const whole = checkOf(words);
  for (let i = 0; i < SLOT_WORDS - 1; i++) {
    const torn = words.slice();
    torn[i] = (torn[i] as number) + 1;
    expect(checkOf(torn)).not.toBe(whole);
  }
});

test("streams: rank 0 keeps the job's, the others have their own", () => {
  const seeds = Array.from({ length: 1000 }, (_, r) => seedOf(5, r));
  expect(seeds[0]).toBe(5);
  expect(new Set(seeds).size).toBe(1000);
  expect(seeds.every(Number.isSafeInteger)).toBe(true);
});

test('buckets hold one dtype, in order, and are not larger than they may be unless one gradient is', () => {
  const xs = [zeros([10]), zeros([4], { dtype: 'float64' }), zeros([5]), zeros([100]), zeros([1])];
  expect(groupsOf(xs, 64)).toEqual([[0, 2], [1], [3], [4]]);
});

test('the hash depends on every byte', () => {
  for (const n of [1, 2, 3, 4, 5, 8, 9]) {
    const hashes = new Set<number>([hashBits(new Uint8Array(n))]);
    for (let i = 0; i < n; i++) hashes.add(hashBits(new Uint8Array(n).fill(1, i, i + 1)));
    expect(hashes.size).toBe(n + 1);
  }
});
