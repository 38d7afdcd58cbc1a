/** @file Tests of letters, windows and counted baselines. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Alphabet, countedSurprise, windows } from './text.js';

describe('Alphabet', () => {
  test('numbers letters in the order of their codes, and back', () => {
    const alphabet = new Alphabet('banana—b');
    expect(alphabet.letters).toEqual(['a', 'b', 'n', '—']);
    expect([...alphabet.encode('nab')]).toEqual([2, 0, 1]);
    expect(alphabet.decode([3, 1])).toBe('—b');
    expect(() => alphabet.encode('x')).toThrow("the letter 'x' is not in the alphabet");
  });
});

describe('windows', () => {
  test('go on where the last one ended, and ask for the letters that follow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        (size, count, length) => {
          const codes = Int32Array.from({ length: size }, (_, i) => i);
          const strand = Math.floor((size - 1) / count);
          const all = [...windows(codes, count, length)];
          expect(all).toHaveLength(Math.floor(strand / length));
          all.forEach(({ x, y, first }, at) => {
            const wanted = Array.from({ length: count }, (_, k) =>
              Array.from({ length }, (_, i) => k * strand + at * length + i),
            );
            expect(x.toArray()).toEqual(wanted);
            expect(y.toArray()).toEqual(wanted.map((row) => row.map((code) => code + 1)));
            expect(first).toBe(at === 0);
          });
        },
      ),
    );
  });
});

describe('countedSurprise', () => {
  test('is the cross-entropy of the counts', () => {
    const train = Int32Array.of(0, 1, 0, 1, 0, 1, 0, 2);
    const known = Int32Array.of(0, 1);
    // Four of eight are 0, three are 1; a tenth is added to each of three counts.
    const alone = -(Math.log(4.1 / 8.3) + Math.log(3.1 / 8.3)) / 2;
    expect(countedSurprise(train, known, 3, 0)).toBeCloseTo(alone, 12);
    // The first letter counts as following letter 0: that row has 1 × 0, 3 × 1, 1 × 2.
    const after = -(Math.log(1.1 / 5.3) + Math.log(3.1 / 5.3)) / 2;
    expect(countedSurprise(train, known, 3, 1)).toBeCloseTo(after, 12);
  });
});
