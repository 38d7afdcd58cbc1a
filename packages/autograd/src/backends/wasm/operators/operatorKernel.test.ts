/** @file Kernels of their own kind against the reference kernels: indices, windows, positions, sorting, random numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { operatorKernel } from '../../../engine/compile/operatorKernel.js';
import type { Instruction } from '../../../engine/program.js';
import { allocate, type DType, type TypedArray } from '../../../graph/dtype.js';
import { primitives, type Attrs, type Value } from '../../../graph/primitive.js';
import { sizeOf } from '../../../graph/shape.js';
import '../../../ops/index.js';
import { runKernels } from '../run/testBench.js';

/** The kernel's result and the reference's, each element rounded once. */
function both(
  name: string,
  inputs: readonly Value[],
  attrs: Attrs,
  shape: readonly number[],
  dtype: DType = inputs[0]!.dtype,
): [TypedArray, TypedArray] {
  const op = primitives.find((p) => p.name === name)!;
  const instructions: Instruction[] = inputs.map((x) => ({
    ...{ op: null, attrs: null, inputs: [], shape: x.shape, dtype: x.dtype },
  }));
  const slots = inputs.map((_, i) => i);
  instructions.push({ op, attrs, inputs: slots, shape, dtype });
  const kernel = operatorKernel(instructions, inputs.length, slots);
  if (kernel === null) throw new Error(`${name} has no kernel`);
  const blank = allocate(dtype, sizeOf(shape)).fill(77);
  const got = runKernels([kernel], [...inputs.map((x) => x.data), blank])[inputs.length]!;
  const want = allocate(dtype, sizeOf(shape));
  op.kernel(inputs, { data: want, shape, dtype }, attrs);
  return [got, want];
}

const SPECIAL = [NaN, Infinity, -Infinity, -0, 0, 1, 1];

/** Numbers with a few special ones and ties among them. */
function numbers(shape: readonly number[], dtype: DType, seed: number, special = true): Value {
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const random = Math.sin((i + 1) * 78.233 * (seed + 1)) * 43758.5453;
    const unit = random - Math.floor(random);
    if (dtype === 'bool') data[i] = unit > 0.5 ? 1 : 0;
    else if (dtype === 'int32') data[i] = Math.floor(unit * 20) - 10;
    else if (special && unit < 0.1) data[i] = SPECIAL[i % SPECIAL.length]!;
    else data[i] = Math.round(unit * 64) / 16 - 2;
  }
  return { data, shape, dtype };
}

function indices(shape: readonly number[], limit: number, seed: number): Value {
  const value = numbers(shape, 'int32', seed);
  for (let i = 0; i < value.data.length; i++) {
    const random = Math.sin((i + 1) * 12.9898 * (seed + 1)) * 43758.5453;
    value.data[i] = Math.floor((random - Math.floor(random)) * limit);
  }
  return value;
}

const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool');
const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

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

  test('products and extremes of what meets at one place', () => {
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
        // Powers of two, of which every product is exact.
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

  test('rows of an embedding that is shared out by threads', () => {
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

  test('order, medians and where they are: ties, NaN, −0, any dimension', () => {
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

  test('numbers of every magnitude', () => {
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

  test('searching in sorted rows', () => {
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

describe('windows', () => {
  /** Sliding, clipped at the edges, or adaptive windows along one dimension. */
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

  test('the largest element, sums and their transpose', () => {
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

describe('distances', () => {
  const sizes = fc.record({
    dtype: fc.constantFrom<'float32' | 'float64'>('float32', 'float64'),
    batch: fc.integer({ min: 1, max: 2 }),
    rows: fc.integer({ min: 1, max: 9 }),
    others: fc.integer({ min: 1, max: 19 }),
    length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 520 })),
    seed: fc.nat(1000),
  });

  /** Relative to the exact result. */
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

  test('from products: rows far apart, near, equal, and beside infinities', () => {
    fc.assert(
      fc.property(sizes, ({ dtype, batch, rows, others, length, seed }) => {
        const x = numbers([batch, rows, length], dtype, seed, seed % 4 === 0);
        const y = numbers([batch, others, length], dtype, seed + 1, seed % 4 === 1);
        // Every third row is that of x, nearly; the squares and products are rounded, as kernels give them.
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

  test('no square overflows or vanishes, and near rows keep their digits', () => {
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
