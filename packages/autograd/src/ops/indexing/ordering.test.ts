/** @file Sorting, searching, counting and creating tensors, against plain JavaScript. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arange,
  argsort,
  bincount,
  eye,
  full,
  grad,
  linspace,
  logspace,
  onesLike,
  searchsorted,
  sort,
  sum,
  tensor,
  topk,
  unique,
  zeros,
  zerosLike,
  type Tensor,
} from '../../index.js';

const arbNumber = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(NaN, Infinity, -Infinity),
);
const arbList = fc.array(arbNumber, { minLength: 1, maxLength: 12 });

/** NaN is larger than all numbers. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

function list(x: Tensor): number[] {
  return Array.from(x.dataSync());
}

describe('ordering', () => {
  it('sort is stable, in both directions, with NaN above all numbers', () => {
    fc.assert(
      fc.property(arbList, fc.boolean(), (xs, descending) => {
        const float64 = tensor(Float64Array.from(xs));
        const order = xs
          .map((_, i) => i)
          .sort(
            (i, j) => (descending ? -1 : 1) * compare(xs[i] as number, xs[j] as number) || i - j,
          );
        const { values, indices } = sort(tensor(xs), 0, { descending });
        expect(list(indices)).toEqual(order);
        expect(list(values)).toEqual(order.map((i) => xs[i]));
        expect(list(argsort(tensor(xs), { descending }))).toEqual(order);
        expect(list(argsort(float64, { descending }))).toEqual(order);
      }),
    );
  });

  it('topk is the beginning of a sort, and its gradient goes where the elements were', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 9 }),
        (xs) => {
          const x = tensor(xs, { requiresGrad: true });
          const { values, indices } = topk(x, 2);
          const best = [...xs].sort((a, b) => b - a).slice(0, 2);
          expect(list(indices)).toEqual(best.map((v) => xs.indexOf(v)));
          const [g] = grad([sum(values)], [x]);
          expect(list(g as Tensor)).toEqual(xs.map((v) => Number(best.includes(v))));
          expect(list(values)).toEqual(best);
        },
      ),
    );
    expect(() => topk(zeros([2]), 3)).toThrow(
      /topk: k is 3, but dimension 0 of shape \[2\] has only 2/,
    );
  });

  it('searchsorted is the number of elements before', () => {
    fc.assert(
      fc.property(arbList, arbList, fc.boolean(), (row, values, right) => {
        const sorted = [...row].sort(compare);
        const expected = values.map(
          (v) => sorted.filter((y) => (right ? compare(y, v) <= 0 : compare(y, v) < 0)).length,
        );
        expect(list(searchsorted(tensor(sorted), tensor(values), { right }))).toEqual(expected);
      }),
    );
  });

  it('unique and bincount count', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 12 }), (xs) => {
        const x = tensor(Int32Array.from(xs));
        const distinct = [...new Set(xs)].sort((a, b) => a - b);
        const { values, inverse, counts } = unique(x, { returnInverse: true, returnCounts: true });
        expect(list(values)).toEqual(distinct);
        expect(list(inverse as Tensor)).toEqual(xs.map((v) => distinct.indexOf(v)));
        expect(list(counts as Tensor)).toEqual(
          distinct.map((v) => xs.filter((y) => y === v).length),
        );
        expect(list(unique(x))).toEqual(distinct);
        const long = bincount(x, { minlength: 9 });
        expect(list(long)).toEqual(
          Array.from({ length: 9 }, (_, k) => xs.filter((y) => y === k).length),
        );
      }),
    );
    expect(() => bincount(tensor(Int32Array.of(1, -2)))).toThrow(
      /bincount: -2 at position 1 is negative/,
    );
    expect(() => bincount(tensor([1, 2]))).toThrow(/expected int32/);
  });
});

describe('creation', () => {
  it('arange counts, in whole numbers where it can', () => {
    expect([arange(3).dtype, arange(0, 1, 0.5).dtype]).toEqual(['int32', 'float32']);
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 9 }),
        fc.nat(9),
        fc.constantFrom(1, 2, -1, -3),
        (start, n, step) => {
          const expected = Array.from({ length: n }, (_, i) => start + i * step);
          expect(list(arange(start, start + n * step, step))).toEqual(expected);
        },
      ),
    );
    expect(() => arange(0, 3, -1)).toThrow(/a step of -1 does not lead from 0 to 3/);
    expect(() => arange(0, 3, 0)).toThrow(/a step of 0/);
    expect(() => arange(NaN)).toThrow(/finite/);
  });

  it('linspace meets both ends and is symmetric', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: -80, max: 80 }),
        (n, eighths) => {
          const a = eighths / 8;
          const y = list(linspace(a, 3, n, { dtype: 'float64' }));
          expect([y[0], y[n - 1], y.length]).toEqual([a, 3, n]);
          for (let i = 1; i < n; i++)
            expect((y[i] as number) - (y[i - 1] as number)).toBeCloseTo((3 - a) / (n - 1), 10);
        },
      ),
    );
  });

  it('has no equal distances to an end that is NaN or infinite, as PyTorch', () => {
    expect(list(linspace(NaN, 1, 3))).toEqual([NaN, NaN, NaN]);
    expect(list(linspace(0, Infinity, 3))).toEqual([NaN, NaN, NaN]);
    expect(list(logspace(-Infinity, 1, 2))).toEqual([NaN, NaN]);
    expect(list(linspace(Infinity, 0, 1))).toEqual([Infinity]);
    expect(list(linspace(NaN, 1, 0))).toEqual([]);
    for (const make of [linspace, logspace])
      expect(() => make(0, Infinity, 3, { dtype: 'int32' })).toThrow(/int32/);
    expect(list(linspace(-1.5e308, 1.5e308, 3, { dtype: 'float64' }))).toEqual([
      -1.5e308, 0, 1.5e308,
    ]);
  });

  it('has the shape, dtype and flags asked for', () => {
    expect(eye(2, 3, { dtype: 'int32' }).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(full([2], true).toArray()).toEqual([true, true]);
    expect(full([], 3).item()).toBe(3);
    expect(full([2], 2, { dtype: 'bool' }).toArray()).toEqual([true, true]);
    const x = zeros([2], { requiresGrad: true, dtype: 'float64' });
    expect([x.isLeaf, x.requiresGrad, onesLike(x).dtype, zerosLike(x).requiresGrad]).toEqual([
      true,
      true,
      'float64',
      false,
    ]);
    expect(() => zeros([2.5])).toThrow(/zeros: dimension 0 of the shape is 2.5/);
    expect(() => eye(-1)).toThrow(/eye: n must be/);
    expect(() => zeros([2], { dtype: 'int32', requiresGrad: true })).toThrow(
      /only float tensors have gradients/,
    );
  });
});
