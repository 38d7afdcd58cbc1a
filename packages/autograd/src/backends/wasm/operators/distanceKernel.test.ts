/** @file Distances by kernels against their references: far, near, equal and infinite rows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate, type TypedArray } from '../../../graph/dtype.js';
import { type Value } from '../../../graph/primitive.js';
import { sizeOf } from '../../../graph/shape.js';
import { both, numbers } from './testCases.js';

describe('distances', () => {
  const sizes = fc.record({
    dtype: fc.constantFrom<'float32' | 'float64'>('float32', 'float64'),
    batch: fc.integer({ min: 1, max: 2 }),
    rows: fc.integer({ min: 1, max: 9 }),
    others: fc.integer({ min: 1, max: 19 }),
    length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 520 })),
    seed: fc.nat(1000),
  });

  /** Errors relative to the exact result. */
  const close = (got: TypedArray, want: TypedArray, units: number): void => {
    const unit = got instanceof Float32Array ? 2 ** -24 : 2 ** -53;
    for (let i = 0; i < want.length; i++) {
      const [g, w] = [got[i]!, want[i]!];
      if (!Object.is(g, w))
        expect(Math.abs(g - w), `${g} for ${w}`).toBeLessThanOrEqual(units * unit * w);
    }
  };

  test.each(['l1', 'l2', 'max'])('%s of rows of any size', (norm) => {
    fc.assert(
      fc.property(sizes, ({ dtype, batch, rows, others, length, seed }) => {
        const x = numbers([batch, rows, length], dtype, seed, seed % 3 === 0);
        const y = numbers([batch, others, length], dtype, seed + 1, false);
        const [got, want] = both('rowDistances', [x, y], { norm }, [batch, rows, others]);
        close(got, want, 64);
      }),
      { numRuns: 60 },
    );
  });

  test('computes distances by products: rows far apart, near, equal, and with infinities', () => {
    fc.assert(
      fc.property(sizes, ({ dtype, batch, rows, others, length, seed }) => {
        const x = numbers([batch, rows, length], dtype, seed, seed % 4 === 0);
        const y = numbers([batch, others, length], dtype, seed + 1, seed % 4 === 1);
        // Every third row is nearly one of x; the squares and products are rounded, as the kernels round them.
        for (let j = 0; j < batch * others; j += 3)
          for (let k = 0; k < length; k++) {
            const i = Math.floor(j / others) * rows + (j % rows);
            y.data[j * length + k] = x.data[i * length + k]! + (k === seed % length ? 2 ** -12 : 0);
          }
        const dot = (a: Value, i: number, b: Value, j: number): number => {
          let sum = 0;
          for (let k = 0; k < length; k++) sum += a.data[i * length + k]! * b.data[j * length + k]!;
          return sum;
        };
        const made = (shape: number[], f: (i: number) => number): Value => {
          const data = allocate(dtype, sizeOf(shape));
          return { data: data.map((_, i) => f(i)), shape, dtype };
        };
        const gram = made([batch, rows, others], (at) => {
          const i = Math.floor(at / others);
          return dot(x, i, y, Math.floor(i / rows) * others + (at % others));
        });
        const [own, other] = [
          made([batch, rows], (i) => dot(x, i, x, i)),
          made([batch, others], (j) => dot(y, j, y, j)),
        ];
        const given = [x, y, gram, own, other];
        const [got, want] = both('rowDistances', given, { norm: 'l2' }, [batch, rows, others]);
        close(got, want, 64);
      }),
      { numRuns: 60 },
    );
  });

  test('weighted sums of differences, of any size', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.boolean(),
        ({ dtype, batch, rows, others, length, seed }, transposed) => {
          const w = numbers(
            [batch, transposed ? length : rows, transposed ? rows : length],
            dtype,
            seed,
            false,
          );
          const x = numbers([batch, rows, others], dtype, seed + 1, false);
          const y = numbers([batch, length, others], dtype, seed + 2, false);
          const [got, want] = both('rowPulls', [w, x, y], { transposed }, [batch, rows, others]);
          // Sixteenths below 2: every sum is exact.
          got.forEach((v, i) => expect(Math.abs(v - want[i]!)).toBe(0));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('squares neither overflow nor underflow, and near rows keep their digits', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const far = dtype === 'float32' ? 1e20 : 1e200;
      const rows = [
        [far, 1, 1],
        [1 / far, 2 / far, 2 / far],
        [0, 0, 0],
        [1000, 1000, 1000],
        [1000.0009765625, 1000, 1000],
        [NaN, 0, 0],
        [Infinity, 0, 0],
        [3, 4, 0],
      ];
      const data = allocate(dtype, rows.length * 3);
      data.set(rows.flat());
      const x: Value = { data, shape: [rows.length, 3], dtype };
      const [got, want] = both('rowDistances', [x, x], { norm: 'l2' }, [rows.length, rows.length]);
      close(got, want, 8);
      expect(got[2]! / far).toBeCloseTo(1, 6);
      expect(got[8 + 2]! * far).toBeCloseTo(3, 5);
      expect(got[3 * 8 + 4]).toBe(0.0009765625);
    }
  });
});
