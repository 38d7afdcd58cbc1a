/** @file Selection against sorting, for any numbers. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { mode, tensor } from '../../index.js';
import { medianPosition } from './selection.js';

const numbers = fc.array(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, -0, Infinity)),
  {
    minLength: 1,
    maxLength: 40,
  },
);

/** The position that a stable sort puts in the middle. */
function bySorting(data: readonly number[], skipNaN: boolean): number {
  if (!skipNaN && data.some(Number.isNaN)) return data.findIndex(Number.isNaN);
  const order = data.map((_, i) => i).filter((i) => !Number.isNaN(data[i]));
  order.sort((i, j) => (data[i]! < data[j]! ? -1 : data[i]! > data[j]! ? 1 : i - j));
  return order[(order.length - 1) >> 1] ?? 0;
}

test('equals the sorted element', () => {
  fc.assert(
    fc.property(numbers, fc.boolean(), (data, skipNaN) => {
      const spread = Float64Array.from({ length: 3 * data.length + 1 }, (_, i) =>
        i % 3 === 1 ? data[(i - 1) / 3]! : 7,
      );
      expect(medianPosition(spread, 1, 3, data.length, skipNaN)).toBe(bySorting(data, skipNaN));
    }),
    { numRuns: 500 },
  );
});

test.each<[string, (i: number) => number]>([
  ['rising', (i) => i],
  ['falling', (i) => -i],
  ['equal', () => 1],
  ['two values', (i) => i % 2],
  ['an organ pipe', (i) => Math.min(i, 2e6 - i)],
])('takes linear time: %s', (_, f) => {
  const data = Float64Array.from({ length: 2e6 }, (_, i) => f(i));
  const start = process.cpuUsage();
  medianPosition(data, 0, 1, data.length);
  expect(process.cpuUsage(start).user).toBeLessThan(1e6); // microseconds
});

test('the mode is the last of the most frequent elements, of equally frequent ones the smallest', () => {
  const long = fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(NaN, -0)), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(
    fc.property(long, (data) => {
      const count = (x: number): number => data.filter((y) => y === x).length;
      const best = data
        .filter((x) => !Number.isNaN(x))
        .sort((x, y) => count(y) - count(x) || x - y)[0];
      const { indices } = mode(tensor(Float64Array.from(data)), 0);
      expect(indices.item()).toBe(best === undefined ? 0 : data.lastIndexOf(best));
    }),
  );
});
