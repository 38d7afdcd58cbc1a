/** @file Operator kernels against the reference kernels: indices, windows, positions, scans, random numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DType } from '../../../graph/dtype.js';
import { type Value } from '../../../graph/primitive.js';
import { both, numbers, indices, dtypes, shapes } from './testCases.js';

describe('indices', () => {
  const cases = fc.record({ dtype: dtypes, shape: shapes, pick: fc.nat(), seed: fc.nat(1000) });

  test('gather, scatterAdd and scatter', () => {
    fc.assert(
      fc.property(cases, ({ dtype, shape, pick, seed }) => {
        const dim = pick % shape.length;
        const own = shape.map((n, d) => (d === dim ? 1 + (seed % 9) : Math.max(1, n - (seed % 2))));
        const index = indices(own, shape[dim]!, seed);
        const [x, src] = [numbers(shape, dtype, seed, false), numbers(own, dtype, seed + 1, false)];
        for (const [got, want] of [
          both('gather', [x, index], { dim }, own),
          both('scatterAdd', [x, index, src], { dim }, shape),
          both('scatter', [x, index, src], { dim }, shape),
        ]) {
          expect(got).toEqual(want);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('reduces values with equal indices by product, minimum and maximum', () => {
    fc.assert(
      fc.property(cases, ({ dtype, shape, pick, seed }) => {
        const dim = pick % shape.length;
        const own = shape.map((n, d) => (d === dim ? 1 + (seed % 9) : Math.max(1, n - (seed % 2))));
        const index = indices(own, shape[dim]!, seed);
        const [x, src] = [numbers(shape, dtype, seed), numbers(own, dtype, seed + 1)];
        for (const sign of [1, -1]) {
          const [got, want] = both('scatterExtreme', [x, index, src], { dim, sign }, shape);
          expect(got).toEqual(want);
        }
        // Powers of two, whose products are all exact.
        const exact = (v: Value): Value => ({
          ...v,
          data: v.data.map((n) =>
            v.data instanceof Float32Array || v.data instanceof Float64Array
              ? Math.sign(n) * 2 ** ((n % 2) | 0)
              : n,
          ),
        });
        const [got, want] = both('scatterProd', [exact(x), index, exact(src)], { dim }, shape);
        expect(got).toEqual(want);
      }),
      { numRuns: 150 },
    );
  });

  test('take, indexAdd and one-hot rows', () => {
    fc.assert(
      fc.property(cases, ({ dtype, shape, pick, seed }) => {
        const dim = pick % shape.length;
        const index = indices([2, 1 + (seed % 5)], shape[dim]!, seed);
        const taken = [...shape.slice(0, dim), ...index.shape, ...shape.slice(dim + 1)];
        const x = numbers(shape, dtype, seed, false);
        const src = numbers(taken, dtype, seed + 1, false);
        for (const [got, want] of [
          both('take', [x, index], { dim }, taken),
          both('indexAdd', [x, index, src], { dim }, shape),
          both('oneHot', [index], { count: shape[dim]! }, [...index.shape, shape[dim]!]),
        ]) {
          expect(got).toEqual(want);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('looks up embedding rows on several threads', () => {
    const [x, index] = [numbers([70, 128], 'float32', 1, false), indices([300], 70, 2)];
    const src = numbers([300, 128], 'float32', 3, false);
    const [got, want] = both('indexAdd', [x, index, src], { dim: 0 }, [70, 128]);
    expect(got).toEqual(want);
    const [taken, expected] = both('take', [x, index], { dim: 0 }, [300, 128]);
    expect(taken).toEqual(expected);
  });
});

test('positions of the largest and smallest elements: ties, NaN, any dimension', () => {
  fc.assert(
    fc.property(
      fc.record({ dtype: dtypes, shape: shapes, pick: fc.nat(), seed: fc.nat(1000) }),
      ({ dtype, shape, pick, seed }) => {
        const dim = pick % shape.length;
        const x = numbers(shape, dtype, seed);
        const folded = shape.filter((_, d) => d !== dim);
        for (const name of ['argmax', 'argmin']) {
          const [got, want] = both(name, [x], { dim, keepdim: false }, folded, 'int32');
          expect(got).toEqual(want);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('running sums, products, extremes and recurrences along any dimension', () => {
  const cases = fc.record({ dtype: dtypes, shape: shapes, pick: fc.nat(), seed: fc.nat(1000) });
  fc.assert(
    fc.property(cases, ({ dtype, shape, pick, seed }) => {
      const dim = pick % shape.length;
      const x = numbers(shape, dtype, seed, seed % 2 === 0);
      const sums = dtype === 'bool' ? 'int32' : dtype;
      for (const [got, want] of [
        both('cumsum', [x], { dim, reverse: false }, shape, sums),
        both('cumsum', [x], { dim, reverse: true }, shape, sums),
        both('cumprod', [x], { dim }, shape, sums),
        both('cumulativeExtreme', [x], { dim, sign: 1 }, shape, 'int32'),
        both('cumulativeExtreme', [x], { dim, sign: -1 }, shape, 'int32'),
      ]) {
        expect(got).toEqual(want);
      }
      if (dtype !== 'float32' && dtype !== 'float64') return;
      const b = numbers(shape, dtype, seed + 1);
      for (const reverse of [false, true]) {
        const [got, want] = both('linearRecurrence', [x, b], { dim, reverse }, shape);
        expect(got).toEqual(want);
      }
    }),
    { numRuns: 200 },
  );
});

describe('windows', () => {
  /** Windows along one dimension: sliding, clipped at the edges, or adaptive. */
  const span = fc
    .record({
      size: fc.integer({ min: 1, max: 12 }),
      length: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      pad: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: 1, max: 2 }),
      adaptive: fc.boolean(),
    })
    .map(({ size, length, stride, pad, step, adaptive }) => {
      const places = adaptive
        ? Array.from({ length: Math.min(length, size) }, (_, o, n = Math.min(length, size)) => ({
            start: Math.floor((o * size) / n),
            end: Math.ceil(((o + 1) * size) / n),
          }))
        : Array.from({ length: Math.floor((size + 2 * pad - length) / stride) + 1 }, (_, o) => ({
            start: Math.max(0, o * stride - pad),
            end: Math.min(size, o * stride - pad + length),
          })).filter(({ start, end }) => start < end);
      return { size, step: adaptive ? 1 : step, places };
    })
    .filter(({ places }) => places.length > 0);

  const windows = fc.record({
    lead: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 0, maxLength: 2 }),
    spans: fc.array(span, { minLength: 1, maxLength: 3 }),
    dtype: fc.constantFrom<DType>('float32', 'float64'),
    seed: fc.nat(1000),
  });

  test('max pooling, window sums and their transpose', () => {
    fc.assert(
      fc.property(windows, ({ lead, spans, dtype, seed }) => {
        const size = spans.map((s) => s.size);
        const starts = spans.map((s) => s.places.map((p) => p.start));
        const ends = spans.map((s) => s.places.map((p) => p.end));
        const step = spans.map((s) => s.step);
        const counts = starts.map((list) => list.length);
        const x = numbers([...lead, ...size], dtype, seed);
        const argmax = { size, starts, ends, step };
        const [at, expected] = both('windowArgmax', [x], argmax, [...lead, ...counts], 'int32');
        expect(at).toEqual(expected);
        // Sixteenths add up exactly in any order.
        const y = numbers([...lead, ...size], dtype, seed, false);
        const [sums, wanted] = both('windowSum', [y], { size, starts, ends }, [...lead, ...counts]);
        expect(sums).toEqual(wanted);
        const z = numbers([...lead, ...counts], dtype, seed, false);
        const [spread, over] = both('windowSpread', [z], { size, starts, ends }, x.shape);
        expect(spread).toEqual(over);
      }),
      { numRuns: 150 },
    );
  });
});

describe('random numbers', () => {
  const scalar = (value: number): Value => ({
    data: Float64Array.of(value),
    shape: [],
    dtype: 'float64',
  });
  test.each(['uniform', 'normal'])('%s: the bits of the reference', (name) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.oneof(
          fc.integer({ min: 0, max: 2 ** 52 }),
          fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 3 }),
        ),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom<DType>('float32', 'float64'),
        (seed, offset, n, dtype) => {
          const inputs = [scalar(seed), scalar(offset)];
          const [got, want] = both(name, inputs, { shape: [n], dtype }, [n], dtype);
          expect(got).toEqual(want);
        },
      ),
      { numRuns: 200 },
    );
  });
});
