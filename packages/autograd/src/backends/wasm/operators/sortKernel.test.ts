/** @file Sorting, medians and searching by kernels match the references, for every order and every magnitude. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate, type DType } from '../../../graph/dtype.js';
import { type Value } from '../../../graph/primitive.js';
import { both, numbers, dtypes } from './testCases.js';

describe('sorting', () => {
  const rows = fc.record({
    dtype: dtypes,
    // Short rows are sorted by insertion, long ones digit by digit.
    shape: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 60, max: 700 })),
      fc.integer({ min: 1, max: 3 }),
    ),
    dim: fc.nat(2),
    seed: fc.nat(1000),
  });

  test('sorts and finds medians with their indices: ties, NaN, −0, any dimension', () => {
    fc.assert(
      fc.property(rows, ({ dtype, shape, dim, seed }) => {
        const x = numbers(shape, dtype, seed);
        const folded = shape.filter((_, d) => d !== dim);
        for (const [got, want] of [
          both('argsort', [x], { dim, descending: false }, shape, 'int32'),
          both('argsort', [x], { dim, descending: true }, shape, 'int32'),
          both('argmedian', [x], { dim, keepdim: false }, folded, 'int32'),
          both('median', [x], { dims: [dim], keepdim: false }, folded),
          both('median', [x], { dims: [1, 2], keepdim: false }, [shape[0]]),
        ]) {
          expect(got).toEqual(want);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the first elements of a partial sort are those of the full sort', () => {
    fc.assert(
      fc.property(
        rows,
        fc.boolean(),
        fc.integer({ min: 1, max: 70 }),
        ({ dtype, shape, dim, seed }, descending, most) => {
          const x = numbers(shape, dtype, seed);
          const leading = Math.min(most, shape[dim] as number);
          const [got, want] = both('argsort', [x], { dim, descending, leading }, shape, 'int32');
          const step = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
          const isRead = (_: number, i: number): boolean =>
            Math.floor(i / step) % (shape[dim] as number) < leading;
          expect(Array.from(got).filter(isRead)).toEqual(Array.from(want).filter(isRead));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('sorts numbers of every magnitude', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { minLength: 1, maxLength: 200 }),
        fc.constantFrom<DType>('float32', 'float64', 'int32'),
        fc.boolean(),
        (list, dtype, descending) => {
          const data = allocate(dtype, list.length);
          data.set(list.map((v) => (dtype === 'int32' ? v * 2 ** 40 : v)));
          const x: Value = { data, shape: [list.length], dtype };
          const [got, want] = both('argsort', [x], { dim: 0, descending }, x.shape, 'int32');
          expect(got).toEqual(want);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('searches sorted rows', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), ({ dtype, shape, seed }, right) => {
        const unsorted = numbers(shape, dtype, seed);
        const sorted = { ...unsorted, data: unsorted.data.slice() };
        const n = shape[2];
        for (let i = 0; i < sorted.data.length; i += n) sorted.data.subarray(i, i + n).sort();
        const wanted = numbers([shape[0], shape[1], 1 + (seed % 5)], dtype, seed + 1);
        const [got, want] = both(
          'searchsorted',
          [sorted, wanted],
          { right },
          wanted.shape,
          'int32',
        );
        expect(got).toEqual(want);
        const one = { data: sorted.data.subarray(0, n), shape: [n], dtype };
        const [found, expected] = both(
          'searchsorted',
          [one, wanted],
          { right },
          wanted.shape,
          'int32',
        );
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
